"""Sentences and figures that the pages of monitoring share."""

from datetime import datetime

from evergreen import page
from evergreen.contracts.decision import Action, Decision
from evergreen.contracts.drift import Level, Measured
from evergreen.contracts.model_file import LESS_IS_BETTER
from evergreen.figures import metric_text

LEAD: dict[Action, str] = {
    "retrain": "Retrain",
    "roll back": "Roll back",
    "watch": "Nothing to do",
    "hold": "Hold",
}
_DONE: dict[Action, str] = {
    "retrain": "A run is asked for, once for this decision. Its candidate serves only if it beats"
    " this version on the same later rows, and then step by step.",
    "roll back": "The version before answers again; nothing else was changed.",
    "watch": "Nothing was started. The next check looks again.",
    "hold": "Nothing was started. What the sentence above names has to change first; the next"
    " check looks again.",
}
_TRIGGERS = {
    "performance": "performance, measured",
    "estimated": "performance, estimated",
    "drift": "drift of columns",
    "outcomes": "drift of outcomes",
    "growth": "more data",
    "age": "age",
    "schedule": "schedule",
}
_LEVELS: dict[Level, tuple[str, str]] = {
    "large": ("bad", "moved much"),
    "small": ("warn", "moved little"),
    "none": ("", "did not move"),
}


def lead(decision: Decision) -> str:
    """``Hold: 180 of 500 outcomes.``"""
    return f"{LEAD[decision.action]}: {decision.reason.rstrip('.')}."


def done(decision: Decision) -> str:
    """What the decision led to."""
    named = f" The run is {decision.run_id}." if decision.run_id else ""
    return _DONE[decision.action] + named


def causes(decision: Decision) -> page.Html:
    """What speaks for retraining, if anything does."""
    if not decision.causes:
        return page.Html("")
    return page.items(
        ("warn", _TRIGGERS[cause.trigger], "", _since(cause.sentence, cause.since))
        for cause in decision.causes
    )


def _since(sentence: str, since: str) -> str:
    return sentence + (f", since {moment(since)}" if since else "")


def level(found: Level) -> page.Html:
    """A level as a word in its colour."""
    return page.badge(*_LEVELS[found])


def measured(metric: str, found: Measured) -> str:
    """``0.871 (0.852 to 0.889)``"""
    low, high = metric_text(metric, found.low), metric_text(metric, found.high)
    return f"{metric_text(metric, found.value)} ({low} to {high})"


def better(metric: str) -> str:
    """Which way is up."""
    return "less is better" if metric in LESS_IS_BETTER else "more is better"


def moment(text: str) -> str:
    """A moment to the minute, without an hour at midnight."""
    if not text:
        return "an unknown time"
    return text[:16].replace("T", " ").removesuffix(" 00:00")


def ago(then: str, now: str) -> str:
    """``less than a minute``, ``5 minutes``, ``3 hours``, ``12 days``; empty without a time."""
    if not then:
        return ""
    seconds = (datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds()
    if seconds < 60:
        return "less than a minute"
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or name == "minute":
            count = round(seconds / size)
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    return ""


def percent(share: float) -> str:
    """``12.3 %``, and nothing where there is nothing."""
    if not share:
        return "0"
    return f"{100 * share:.1f}\u00a0%" if share >= 0.0005 else "under\u00a00.1\u00a0%"


def chance(value: float) -> str:
    """A p- or q-value."""
    return "<\u00a00.0001" if value < 0.0001 else f"{value:.2g}"
