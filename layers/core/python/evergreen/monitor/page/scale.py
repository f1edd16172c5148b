"""The axis of a metric over time, which a few wild values do not spoil."""

from collections.abc import Sequence

from evergreen import chart
from evergreen.chart import Axis
from evergreen.contracts.drift import Measured

_FEW = 8


def values_axis(found: Sequence[Measured], levels: Sequence[float]) -> tuple[Axis, bool]:
    """An axis with room for the values and levels, and whether a value lies beyond it.

    Of many values those further than three quartile ranges from the middle half lie beyond.
    Intervals may take as much room again as the values, no more.
    """
    values = sorted(each.value for each in found)
    low, high = _usual(values)
    inside = [value for value in values if low <= value <= high]
    shown = [*inside, *levels]
    least, most = min(shown), max(shown)
    room = max(most - least, 0.02 * max(abs(least), abs(most)), 1e-9)
    ends = [
        min(max(end, least - room / 2), most + room / 2)
        for each in found
        if low <= each.value <= high
        for end in (each.low, each.high)
    ]
    return chart.padded(chart.axis([*shown, *ends])), len(inside) < len(values)


def _usual(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < _FEW:
        return values[0], values[-1]
    quarter, three = values[len(values) // 4], values[3 * len(values) // 4]
    reach = 3 * (three - quarter) or abs(quarter) or 1.0
    return quarter - reach, three + reach
