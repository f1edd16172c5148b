"""Figures that other runs leave below ``build/bench-monitoring/``, each a list of
:class:`benchmarks.figures.Figure` as JSON: ``fleet.json`` (1,000 models on one schedule),
``deployed.json`` (a sweep of the deployed state machine), ``elapsed.json`` (from the first drifted
request to the new champion on the emulator) and ``simulate-<example>.json`` (what each policy
would have earned)."""

from pathlib import Path

import msgspec

from benchmarks.figures import Figure, shown

FOLDER = Path("build/bench-monitoring")


def measure() -> list[Figure]:
    """Those that are there, by file name."""
    return [
        shown(figure)
        for file in sorted(FOLDER.glob("*.json"))
        for figure in msgspec.json.decode(file.read_bytes(), type=list[Figure])
    ]
