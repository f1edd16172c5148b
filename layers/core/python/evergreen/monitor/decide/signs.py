"""What a check finds for each trigger: there, gone, or in between.

A Schmitt trigger's band keeps a cause from flickering: it begins where the model file says, and is
gone only clearly below that.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from evergreen.contracts.decision import Trigger
from evergreen.contracts.drift import ColumnDrift, Measured, Performance
from evergreen.contracts.model_file import LESS_IS_BETTER
from evergreen.contracts.table import seconds
from evergreen.figures import metric_text
from evergreen.monitor.decide.outcomes import not_learned, not_tried, pace
from evergreen.monitor.decide.situation import Situation
from evergreen.ports import iso
from evergreen.retraining import learning, moment

State = Literal["there", "between", "gone"]

OUTCOMES_AT_LEAST = 200
"""Outcomes that a contest takes, and that tell of performance where the window has fewer
predictions than are asked for: intervals of fewer are not to be relied on."""

PSI_GONE = 0.75
"""Share of ``monitor.psi_at_least`` under which a column that drifted does so no longer."""

WORSE_GONE = 0.5
"""Share of ``monitor.worse_by`` under which performance that was worse is so no longer."""

COUNTED: frozenset[Trigger] = frozenset({"growth", "age", "schedule"})
"""Triggers that are counted, not measured: a second check could not find otherwise."""


class Sign(Struct, frozen=True):
    """One trigger, as a check finds it."""

    state: State
    sentence: str = ""


def signs(situation: Situation) -> dict[Trigger, Sign]:
    """By each trigger that the model file names. What the window is too small to judge, or does
    not show, is in between."""
    return {
        trigger: _FIND[trigger](situation) if tells(situation, trigger) else Sign("between")
        for trigger in situation.file.retrain.on
    }


def tells(situation: Situation, trigger: Trigger) -> bool:
    """Whether the window is large enough for it. What outcomes tell is as sure as its interval
    says, however few the predictions are beside which drift would be chance."""
    if trigger in COUNTED or situation.rows >= situation.file.monitor.rows_at_least:
        return True
    found = situation.performance
    realised = found.realised if found and trigger == "performance" else None
    return realised is not None and realised.rows >= OUTCOMES_AT_LEAST


def drift_sentence(columns: Iterable[ColumnDrift]) -> str:
    """``drift in yearVeh (PSI 0.41), abcat (PSI 0.22)``: the largest three that drifted, or ""."""
    drifted = sorted((c for c in columns if c.drifted), key=lambda c: (-c.psi, c.column))
    named = ", ".join(f"{column.column} (PSI {column.psi:.2f})" for column in drifted[:3])
    more = f" and {len(drifted) - 3} more columns" if len(drifted) > 3 else ""
    return f"drift in {named}{more}" if drifted else ""


def outcomes_sentence(drift: ColumnDrift) -> str:
    """``outcomes are distributed otherwise (PSI 1.32)``."""
    return f"outcomes are distributed otherwise (PSI {drift.psi:.2f})"


def performance_sentence(found: Performance, measured: Measured, how: str = "") -> str:
    """``mae 121.3 where training measured 93.7``."""
    now, before = (metric_text(found.metric, v) for v in (measured.value, found.at_training))
    return f"{how}{found.metric} {now} where training measured {before}"


def _performance(situation: Situation) -> Sign:
    found = situation.performance
    if found is None or found.realised is None:
        return Sign("between")
    sentence = performance_sentence(found, found.realised)
    return Sign(_worse(situation, found, found.realised, found.worse), sentence)


def _estimated(situation: Situation) -> Sign:
    found = situation.performance
    if found is None or found.estimated is None:
        return Sign("between")
    sentence = performance_sentence(found, found.estimated, "estimated ")
    return Sign(_worse(situation, found, found.estimated, found.estimated_worse), sentence)


def _worse(situation: Situation, found: Performance, now: Measured, worse: bool) -> State:
    if worse:
        return "there"
    lost = shortfall(found, now.value)
    skill = abs(found.at_training - found.naive) if found.naive is not None else 0.0
    clearly = situation.file.monitor.worse_by * WORSE_GONE * skill
    return "gone" if lost <= clearly else "between"


def shortfall(found: Performance, value: float) -> float:
    """By how much a value of the metric is worse than at training."""
    less = found.metric in LESS_IS_BETTER
    return value - found.at_training if less else found.at_training - value


def _drift(situation: Situation) -> Sign:
    answers = situation.answers
    columns = (*situation.columns, *((answers,) if answers else ()))
    domain = situation.domain
    sentence = drift_sentence(columns)
    if not sentence and domain and domain.level == "large":
        named = f", most by {', '.join(domain.columns[:3])}" if domain.columns else ""
        sentence = f"rows are told from those of training with AUC {domain.auc:.2f}{named}"
    return Sign(_moved(situation, columns) if not sentence else "there", sentence)


def _outcomes(situation: Situation) -> Sign:
    drift = situation.outcome_drift
    if drift is None:
        return Sign("between")
    state = "there" if drift.drifted else _moved(situation, (drift,))
    return Sign(state, outcomes_sentence(drift))


def _moved(situation: Situation, columns: Iterable[ColumnDrift]) -> State:
    gone = situation.file.monitor.psi_at_least * PSI_GONE
    still = any(column.level == "small" and column.psi >= gone for column in columns)
    return "between" if still else "gone"


def _growth(situation: Situation) -> Sign:
    """Of a version that was to mend a loss, the rows that told of what had changed are what grows:
    of those it had few, however many there were from before. Of the checks around the moment at
    which there are enough it is there at the nearest, which of rare checks is often the earlier."""
    new, lineage = not_tried(situation), situation.version.draft.lineage
    since = lineage.outcomes or lineage.rows
    changed, known = since < lineage.rows, min(since, lineage.rows)
    learned = known + not_learned(situation) - new
    of = "since a loss was found" if changed else "learned from"
    sentence = f"{new:,} new outcomes beside the {learned:,} rows {of}"
    soon = new + min(pace(situation), new) / 2
    grown = new > 0 and soon >= situation.file.retrain.growth * learned
    return Sign("there" if grown else "gone", sentence)


def _age(situation: Situation) -> Sign:
    age, born = situation.file.retrain.age, situation.version.registered_at
    old = age is not None and iso(situation.now) >= _after(born, age)
    return Sign("there" if old else "gone", f"the champion is from {moment(born)}")


def _schedule(situation: Situation) -> Sign:
    every = situation.file.retrain.schedule
    starts = (run.started_at for run in learning(situation.runs))
    last = max([situation.version.registered_at, *starts])
    due = every is not None and iso(situation.now) >= _after(last, every)
    return Sign("there" if due else "gone", f"the last retraining was on {moment(last)}")


def _after(at: str, duration: str) -> str:
    return iso(datetime.fromisoformat(at) + timedelta(seconds=seconds(duration)))


_FIND: dict[Trigger, Callable[[Situation], Sign]] = {
    "performance": _performance,
    "estimated": _estimated,
    "drift": _drift,
    "outcomes": _outcomes,
    "growth": _growth,
    "age": _age,
    "schedule": _schedule,
}
