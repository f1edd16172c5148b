"""Whether people should be told of a decision."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from evergreen.contracts.checks import Alerted, Memory
from evergreen.contracts.decision import Decision
from evergreen.contracts.drift import Performance
from evergreen.contracts.model_file import LESS_IS_BETTER, ModelFile
from evergreen.monitor.decide.settle import brings_back
from evergreen.ports import iso
from evergreen.retraining import WOULD_NOT_HAVE_HELPED

_AGAIN = timedelta(days=30)
"""After this, what holds on is told once more."""

_WORSE = "worse"

_FOR_PEOPLE = ("captures leave out", "$")
"""How reasons begin of what nothing but a person ends, or ends within the month."""


def needs_alert(
    decision: Decision, file: ModelFile, performance: Performance | None, memory: Memory
) -> str:
    """What people should be told of, in short, for :func:`with_alert`; "" where nothing.

    They are told of every retraining and rollback; of a retraining that would not have helped only
    where performance is below its gate; of performance that is surely worse where the policy does
    not retrain on it, or where outcomes to learn from are missing; and of what waits for a person.
    Nothing is told twice in a month.
    """
    about = _about(decision, file, performance)
    return "" if about in {each.about for each in _lately(memory, decision)} else about


def with_alert(memory: Memory, decision: Decision, about: str) -> Memory:
    """With what people were told of a decision; what was told a month ago is forgotten."""
    return replace(memory, told=(*_lately(memory, decision), Alerted(decision.at, about)))


def _lately(memory: Memory, decision: Decision) -> tuple[Alerted, ...]:
    month_ago = iso(datetime.fromisoformat(decision.at) - _AGAIN)
    return tuple(each for each in memory.told if each.at > month_ago)


def below_gate(file: ModelFile, performance: Performance | None) -> bool:
    """Whether what turned out is worse than the model file allows, or surely worse than at
    training."""
    if performance is None or performance.realised is None:
        return False
    bound, value = file.gates.metric_at_least, performance.realised.value
    if bound is None or performance.metric != file.metric:
        return performance.worse
    short = value > bound if file.metric in LESS_IS_BETTER else value < bound
    return short or performance.worse


def _about(decision: Decision, file: ModelFile, performance: Performance | None) -> str:
    if decision.action == "retrain" or brings_back(decision):
        return f"{decision.action} {decision.decision_id}"
    reason = decision.reason
    first = reason.partition(";")[0]
    if reason.startswith(WOULD_NOT_HAVE_HELPED):
        return first if below_gate(file, performance) else ""
    if decision.causes and reason.startswith(_FOR_PEOPLE):
        return "waits for a person"
    stays = decision.action == "watch" or first.endswith(" outcomes since the last run")
    return _WORSE if stays and performance is not None and performance.worse else ""
