"""What proposing 1,000 configurations takes with so many at once: processor time of this process,
on the losses of one small table."""

import time

from benchmarks.tuning import curve, searches
from benchmarks.tuning.losses import Losses
from benchmarks.tuning.pieces import HERE, PACKAGE, Pieces, digest

_TABLE = "cancer"


def proposing(pieces: Pieces) -> dict[int, float] | None:
    """Seconds by how many at once; None where there was no time for one of them."""
    sources = [
        PACKAGE / "tune" / "proposals",
        PACKAGE / "tune" / "propose.py",
        HERE / "searches.py",
    ]
    key = digest(*sources)
    found = {
        many: pieces.piece(f"proposing/{many}", key, lambda many=many: _seconds(many), float)
        for many in curve.AT_ONCE
    }
    there = {many: seconds for many, seconds in found.items() if seconds is not None}
    return there if len(there) == len(found) else None


def _seconds(many: int) -> float:
    losses = Losses(_TABLE)
    began = time.process_time()
    searches.ours(losses, 0, many, curve.TRIALS)
    return time.process_time() - began
