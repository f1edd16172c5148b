"""A shift of a tenth of a standard deviation in one of 25 columns, at 100,000 rows."""

from evergreen.monitor.drift import find_drift

from benchmarks.figures import Figure, alone
from benchmarks.monitoring import in_memory, rows

SEEDS = 20
_SHIFT = 0.1


def measure() -> list[Figure]:
    """How often it is found, and how often something else is."""
    learned = rows.columns(1, moved=False)
    file = in_memory.model_file(learned)
    baseline = in_memory.baseline(file, learned)
    missed = others = 0
    for seed in range(SEEDS):
        now = rows.columns(100 + seed, moved=False)
        name = f"n{seed % rows.NUMBERS:02}"
        now[name] = now[name] + _SHIFT * learned[name].std()
        drifts = find_drift(file, baseline, in_memory.served(baseline, now))
        found = {each.column for each in drifts.columns if each.level != "none"}
        missed += name not in found
        others += len(found - {name})
    shifts, more = f"of {SEEDS}", f"of {SEEDS * 24}"
    return [
        alone("shifts by 0.1 deviations that were missed", missed, unit=shifts, goal="0"),
        alone("columns flagged beside them", others, unit=more, goal="at most 1 %"),
    ]
