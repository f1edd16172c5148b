"""How far back a check looks: the window, and further where that tells too little.

A model of few requests would never be judged by a window of days, and one whose outcomes come after
a month would never be measured by a window of four weeks.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.table import seconds
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.served import Served
from evergreen.monitor.window import read_served
from evergreen.ports import ObjectStore, iso

_AHEAD = timedelta(days=1)
"""Callers' clocks may be ahead of this one."""
_TIMES_AT_MOST = 16
_TIMES_WITHOUT_OUTCOMES = 4
"""Where so much of the past holds no outcome at all, nobody reports any."""


class Reached(Struct, frozen=True, eq=False):
    """What drift is looked for in, and what performance is measured on: each is as short as tells
    enough, so that what changed lately is seen soon."""

    served: Served
    judged: Served


def reach(
    features: ObjectStore, baseline: Baseline, file: ModelFile, moved_at: str, now: datetime
) -> Reached:
    """Read the window, twice as much and so on until it holds enough predictions, and until enough
    of them have their outcome, whichever comes first; nothing from before ``moved_at``."""
    asked = file.monitor.rows_at_least

    def read(times: int) -> Served:
        since = iso(now - timedelta(seconds=times * seconds(file.monitor.window)))
        return read_served(features, baseline, file, max(since, moved_at), iso(now + _AHEAD))

    times, served = 1, read(1)
    judged = served
    while len(served) < asked and served.since > moved_at and times < _TIMES_AT_MOST:
        times *= 2
        served = read(times)
        if 2 * len(judged.judged) < asked:
            judged = served
    while 2 * len(judged.judged) < asked and judged.since > moved_at and times < _TIMES_AT_MOST:
        if times >= _TIMES_WITHOUT_OUTCOMES and not len(judged.judged):
            return Reached(served, served)
        times *= 2
        judged = read(times)
    return Reached(served, judged)
