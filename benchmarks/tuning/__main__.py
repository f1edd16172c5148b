"""Everything, one after the other: ``make bench-tuning``.

Cells that are missing are run until ``--minutes`` are over; then whatever there is becomes the
figures of ``benchmarks/results/tuning.json``.
"""

import argparse
import os
import time

from benchmarks import figures
from benchmarks.tuning import cells, cost, proposals, quality, size, speedup, tables

_OURS = ("scikit-learn", "hyperopt", "numpy", "scipy", "skl2onnx", "onnx")


def main() -> None:
    """Run what is missing, measure the rest, and write the results file."""
    asked, started = _arguments(), os.getloadavg()
    grid = list(cells.wanted(asked.tables, asked.tools, asked.seeds, asked.budgets))
    cells.run_missing(grid, until=time.monotonic() + asked.minutes * 60)
    if asked.cells_only:
        return
    figures.heading()
    there = cells.found(grid)
    found = [f for budget in asked.budgets for f in quality.figures(there, asked.tools, budget)]
    found += [*size.figures(), *proposals.figures(asked.seeds), *cost.figures(), *speedup.figures()]
    peers = dict(cells.key(tool).split() for tool in cells.PEERS)
    file = figures.write("tuning", found, ours=_OURS, peers=peers, started=started)
    print(f"Written to {file}.")  # noqa: T201 - the benchmark's output


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
