"""One check in a process of its own: ``python -m benchmarks.monitoring.ours FOLDER``.

It imports what the monitor function imports for a check. Prints what was found to have moved.
"""

import sys
from pathlib import Path

import msgspec
from evergreen.cli.folder import FolderStore
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import Version
from evergreen.monitor.baseline import read_baseline
from evergreen.monitor.drift import find_drift
from evergreen.monitor.window import read_served

from benchmarks.monitoring.peers.peak import told

SINCE, UNTIL = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"


def main(folder: Path) -> None:
    """Check the window against the version's profile."""
    store = FolderStore(folder)
    file = msgspec.json.decode(store.read("file.json"), type=ModelFile)
    version = msgspec.json.decode(store.read("version.json"), type=Version)
    baseline = read_baseline(store, version)
    served = read_served(store, baseline, file, SINCE, UNTIL)
    found = find_drift(file, baseline, served)
    told([each.column for each in found.columns if each.level != "none"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
