"""Metrics as people read them."""

from evergreen.contracts.model_file import QUANTILES

_IN_THE_TARGETS_UNIT = frozenset({"rmse", "mae", "poisson_deviance", *QUANTILES})
_WHOLE_FROM = 10_000


def metric_text(metric: str, value: float, digits: int = 3) -> str:
    """``0.812`` where a metric has no unit; in the target's unit as many digits as tell something:
    ``0.01234``, ``41.27``, ``12,346``."""
    if metric not in _IN_THE_TARGETS_UNIT:
        return f"{value:.{digits}f}"
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:.{digits + 1}g}"
