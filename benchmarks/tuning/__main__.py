"""Everything, one after the other: ``make bench-tuning``.

Pieces and then cells that are missing are measured until ``--minutes`` are over; then whatever
there is becomes the figures of ``benchmarks/results/tuning.json``. With ``--minutes 0`` nothing is
measured.
"""

import argparse
import os
import time

from benchmarks import figures
from benchmarks.tuning import cells, cost, crowd, curve, proposals, quality, size, speedup, tables
from benchmarks.tuning.pieces import Pieces, no_time

_OURS = ("scikit-learn", "hyperopt", "numpy", "scipy", "skl2onnx", "onnx")
_SEEDS = range(5)
"""Of the proposals; those of the cells are ``--seeds``."""


def main() -> None:
    """Run what is missing, measure the rest, and write the results file."""
    asked, started = _arguments(), os.getloadavg()
    grid = list(cells.wanted(asked.tables, asked.tools, asked.seeds, asked.budgets))
    until = time.monotonic() + asked.minutes * 60
    figures.heading()
    pieces = [] if asked.cells_only else _pieces(Pieces(until))
    cells.run_missing(grid, until)
    if asked.cells_only:
        return
    there = cells.found(grid)
    found = [f for budget in asked.budgets for f in quality.figures(there, asked.tools, budget)]
    found += [*size.figures(), *pieces]
    peers = dict(cells.key(tool).split() for tool in cells.PEERS)
    file = figures.write("tuning", found, ours=_OURS, peers=peers, started=started)
    print(f"Written to {file}.")  # noqa: T201 - the benchmark's output


def _pieces(pieces: Pieces) -> list[figures.Figure]:
    """Parallelism and cost."""
    speed = speedup.measured(pieces)
    found = [*speedup.figures(speed), *proposals.figures(pieces, _SEEDS), *cost.figures(pieces)]
    proposing = crowd.proposing(pieces)
    for table in cost.TABLES:
        seconds = cost.trial_seconds(table, pieces)
        if speed and seconds and proposing:
            found += curve.figures(table, seconds, proposing, speed.between)
        else:
            found.append(no_time(f"computed: {curve.TRIALS:,} trials of {table}"))
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuning")
    parser.add_argument("--budgets", type=float, nargs="+", default=[60.0, 300.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--tables", nargs="+", default=[*tables.TABLES], choices=tables.TABLES)
    parser.add_argument("--tools", nargs="+", default=[*cells.TOOLS], choices=cells.TOOLS)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--cells-only", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
