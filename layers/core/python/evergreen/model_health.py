"""How a model's health is named, told and ranked."""

from evergreen.contracts.drift import Measured, Performance
from evergreen.contracts.fleet import Health, ModelHealth
from evergreen.contracts.model_file import LESS_IS_BETTER
from evergreen.figures import metric_text

HEALTH: dict[Health, tuple[str, str]] = {
    "failing": ("bad", "failing"),
    "worse": ("bad", "worse"),
    "drifting": ("warn", "drifting"),
    "waiting": ("", "waiting for data"),
    "ok": ("good", "ok"),
}
"""The colour's kind and the word, most urgent first."""

MEANING: dict[Health, str] = {
    "failing": "The check itself failed; the sentence says why. What stands beside is older.",
    "worse": "Performance is surely worse than at training, measured or estimated.",
    "drifting": "What is asked, answered or turns out has moved; performance is not surely worse.",
    "waiting": "Too few predictions yet for a judgement.",
    "ok": "Checked, and nothing moved that matters.",
}
_ACTIONS = ("hold", "watch", "roll back", "retrain")
"""What is being done about it by itself comes last."""


def urgent(each: ModelHealth) -> tuple[int, float, int, str]:
    """What to sort by: nothing is done about it, most skill lost, most columns moved, name."""
    action = _ACTIONS.index(each.decision.action) if each.decision else -1
    return action, -lost(each.performance), -each.drifted_columns, each.model


def rank(each: ModelHealth) -> tuple[int, tuple[int, float, int, str]]:
    """What to sort all models by: their health, and then as :func:`urgent`."""
    return list(HEALTH).index(each.health), urgent(each)


def lost(found: Performance | None) -> float:
    """Share of the skill of training that is lost: 0 none, 1 all; 0 where it is not known.

    Without the metric of an answer without skill, it is the share of the metric.
    """
    now = shown(found)
    if not found or not now:
        return 0.0
    sign = -1.0 if found.metric in LESS_IS_BETTER else 1.0
    skill = found.at_training - (found.naive if found.naive is not None else 0.0)
    return sign * (found.at_training - now.value) / (abs(skill) or 1.0)


def shown(found: Performance | None) -> Measured | None:
    """The measured performance, or else the estimated."""
    return (found.realised or found.estimated) if found else None


def performance(found: Performance | None) -> str:
    """``roc_auc 0.842, was 0.884``; estimates say so."""
    now = shown(found)
    if not found or not now:
        return ""
    how = "" if found.realised else " (estimated)"
    value, was = (metric_text(found.metric, v) for v in (now.value, found.at_training))
    return f"{found.metric} {value}{how}, was {was} at training"
