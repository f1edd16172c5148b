"""Everything, one after the other: ``make bench-tuning``."""

import argparse
import time

from benchmarks.tuning import cells, tables


def main() -> None:
    """Run the cells that are missing."""
    asked = _arguments()
    until = time.monotonic() + asked.minutes * 60
    grid = list(cells.wanted(asked.tables, asked.tools, asked.seeds, asked.budgets))
    cells.run_missing(grid, until)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuning")
    parser.add_argument("--budgets", type=float, nargs="+", default=[60.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--tables", nargs="+", default=[*tables.TABLES], choices=tables.TABLES)
    parser.add_argument("--tools", nargs="+", default=[*cells.TOOLS], choices=cells.TOOLS)
    parser.add_argument("--minutes", type=float, default=60.0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
