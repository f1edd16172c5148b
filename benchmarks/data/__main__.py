"""Everything, one after the other: ``make bench-data``."""

import os
import time
from importlib import import_module

from benchmarks import figures

MODULES = ("ingest", "features", "page", "join", "windows")
"""Each has ``measure() -> list[Figure]``, and may have ``PEERS``, the versions of its peers."""

_OURS = ("numpy", "pandas", "pyarrow")


def main() -> None:
    """Measure all, and write the results file."""
    started, begun = os.getloadavg(), time.monotonic()
    figures.heading()
    found: list[figures.Figure] = []
    peers: dict[str, str] = {}
    for name in MODULES:
        module = import_module(f"benchmarks.data.{name}")
        found += module.measure()
        peers |= getattr(module, "PEERS", {})
    file = figures.write("data", found, ours=_OURS, peers=peers, started=started)
    minutes = (time.monotonic() - begun) / 60
    print(f"Written to {file} after {minutes:.1f} minutes.")  # noqa: T201


if __name__ == "__main__":
    main()
