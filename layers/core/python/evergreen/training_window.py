"""Which rows a version learned from, and why those, in words."""

from evergreen.contracts.candidate import WindowReport, WindowTried
from evergreen.figures import metric_text


def stated(found: WindowReport) -> str:
    """The window: ``the newest 50 % of the rows, since 2014-05-01``."""
    since = found.since[:10]
    if found.window.kind == "recent":
        return f"{found.window.words}, since {since}"
    if found.window.kind == "weighted":
        return f"{found.window.words}, so half on {since}"
    return found.window.words


def reasoned(metric: str, found: WindowReport) -> str:
    """The window and what it rests on, in one or two sentences."""
    fitted = f"It learned from {stated(found)} ({found.rows:,} rows)."
    if not found.tried:
        return f"{fitted} No other window was tried: the model file, or too few rows, allow none."
    first, best = found.tried[0], _best(found)
    where = (
        f"on the {found.measured:,} rows from {found.measured_since[:10]} on that came before the"
        f" hold-out ({_fits(found.origins)})"
    )
    if best is first:
        return f"{fitted} No other window did better {where}."
    verb = "reached" if found.window == best.window else "would have reached"
    what = "" if found.window == best.window else f"From {best.window.words} it "
    said = (
        f"{what or 'It '}{verb} {metric} {metric_text(metric, best.value, 4)} instead of"
        f" {metric_text(metric, first.value, 4)} from {first.window.words} {where}. Chosen by"
        f" the rest of that time, it was better in {found.confidence * 100:.0f} % of resamples,"
        f" {found.asked * 100:.0f} % asked."
    )
    return f"{fitted} {said}"


def _fits(count: int) -> str:
    return "one fit each" if count == 1 else f"{count} fits each"


def _best(found: WindowReport) -> WindowTried:
    """Of those that are better than the first in most resamples the surest, else the first."""
    surest = max(found.tried[1:], key=lambda each: each.confidence)
    return surest if surest.confidence > 0.5 else found.tried[0]
