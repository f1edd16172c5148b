"""Everything, one after the other: ``make bench-monitoring``."""

import os
import subprocess
import time
from importlib import import_module
from pathlib import Path

from benchmarks import figures

MODULES = ("beside", "halves", "power", "elsewhere")
"""Each has ``measure() -> list[Figure]``."""

_OURS = ("numpy", "msgspec")
_PEERS = ("evidently", "nannyml")


def main() -> None:
    """Measure all, and write the results file."""
    started, begun = os.getloadavg(), time.monotonic()
    figures.heading()
    found: list[figures.Figure] = []
    for name in MODULES:
        found += import_module(f"benchmarks.monitoring.{name}").measure()
    peers = {name: version for name in _PEERS if (version := _version(name))}
    file = figures.write("monitoring", found, ours=_OURS, peers=peers, started=started)
    minutes = (time.monotonic() - begun) / 60
    print(f"Written to {file} after {minutes:.1f} minutes.")  # noqa: T201


def _version(peer: str) -> str:
    python = Path(f"build/peers/{peer}/bin/python")
    if not python.exists():
        return ""
    asked = f"from importlib.metadata import version; print(version('{peer}'))"
    done = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout.strip()


if __name__ == "__main__":
    main()
