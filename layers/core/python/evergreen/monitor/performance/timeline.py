"""Performance over the stretches of a window, and of its segments."""

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.drift import Measured, Point
from evergreen.contracts.expectation import Expectation
from evergreen.contracts.model_file import ModelFile
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.performance.estimate import estimated
from evergreen.monitor.performance.perform import expectation_of, measurable
from evergreen.monitor.performance.realised import realised
from evergreen.monitor.performance.rows import Judged, judged_of, rows_of
from evergreen.monitor.served import Served
from evergreen.ports import iso

_POINTS = 60
_ROWS = 50
"""A stretch goes on until it has as many, and the last joins the one before it."""
_RESAMPLES = 200
"""For the interval of one of many points."""
_DAY = 86_400 * 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def timeline(file: ModelFile, baseline: Baseline, served: Served) -> tuple[Point, ...]:
    """At most 60 stretches of whole days of answers (UTC), oldest first, each of 50 rows or more
    where the window has as many."""
    if not len(served):
        return ()
    stretch = _stretches(served.served)
    expected = expectation_of(file, baseline)
    return tuple(
        _point(file, baseline, served, stretch == number, expected)
        for number in range(int(stretch.max()) + 1)
    )


def perform_segments(
    file: ModelFile, baseline: Baseline, served: Served
) -> dict[str, dict[str, Measured]]:
    """The realised metric by segment's column and value, of those with enough outcomes."""
    if not measurable(file, baseline):
        return {}
    found: dict[str, dict[str, Measured]] = {}
    for column, places in served.groups.items():
        of_judged = places[served.judged]
        values = {
            value: _realised(file, judged_of(served, of_judged == place))
            for place, value in enumerate(served.group_values[column])
        }
        found[column] = {value: each for value, each in values.items() if each}
    return found


def _point(
    file: ModelFile,
    baseline: Baseline,
    served: Served,
    chosen: NDArray[np.bool_],
    expected: Expectation | None,
) -> Point:
    times = served.served[chosen]
    of_judged = chosen[served.judged]
    measured = measurable(file, baseline)
    return Point(
        since=_iso(int(times.min())),
        until=_iso(int(times.max())),
        version=baseline.version.number,
        rows=len(times),
        outcomes=int(of_judged.sum()),
        realised=_realised(file, judged_of(served, of_judged)) if measured else None,
        estimated=estimated(expected, rows_of(served, chosen)) if expected else None,
    )


def _realised(file: ModelFile, judged: Judged) -> Measured | None:
    return realised(file.metric, judged, resamples=_RESAMPLES)


def _stretches(times: NDArray[np.int64]) -> NDArray[np.intp]:
    """The number of each row's stretch, from 0."""
    days = (times - times.min() // _DAY * _DAY) // _DAY
    step = int(days.max()) // _POINTS + 1
    counts = np.bincount(days // step)
    number, held, numbers = 0, 0, np.zeros(len(counts), dtype=np.intp)
    for place, count in enumerate(counts):
        if held >= _ROWS:
            number, held = number + 1, 0
        numbers[place] = number
        held += int(count)
    if held < _ROWS and number:
        numbers[numbers == number] = number - 1
    stretches: NDArray[np.intp] = numbers[days // step]
    return stretches


def _iso(moment: int) -> str:
    return iso(_EPOCH + timedelta(microseconds=moment // 1000))
