"""Metrics as people read them."""

from evergreen.contracts.model_file import QUANTILES

_IN_THE_TARGETS_UNIT = frozenset({"rmse", "mae", "poisson_deviance", *QUANTILES})
_WHOLE_FROM, _WHOLE_TO = 10_000, 1e12


def metric_text(metric: str, value: float, digits: int = 3) -> str:
    """``0.812`` where a metric has no unit; in the target's unit as many digits as tell something:
    ``0.01234``, ``41.27``, ``12,346``, ``2.931e+29``."""
    if metric not in _IN_THE_TARGETS_UNIT:
        return f"{value:.{digits}f}"
    whole = _WHOLE_FROM <= abs(value) < _WHOLE_TO
    return f"{value:,.0f}" if whole else f"{value:.{digits + 1}g}"
