"""What a process says at its end."""

import json
from pathlib import Path


def told(columns: list[str]) -> None:
    """Print the columns that were flagged, and the most memory (MiB) that the process held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    print(json.dumps({"columns": sorted(columns), "peak": peak}))  # noqa: T201
