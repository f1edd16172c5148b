"""What a contest of two versions on served rows leads to."""

from msgspec.structs import replace

from evergreen.champion import take_back
from evergreen.contracts.decision import Action, Decision
from evergreen.contracts.registry import CHAMPION, Alias
from evergreen.contracts.sweep import Contest, ContestResult
from evergreen.digest import content_id
from evergreen.errors import Conflict
from evergreen.figures import metric_text
from evergreen.monitor.decide.signs import OUTCOMES_AT_LEAST
from evergreen.ports import Clock, Registry
from evergreen.retraining import MONITOR

CONFIDENCE = 0.95
"""Share of paired resamples that the previous version must win."""

ONLY_REPORTED = "; the policy only reports it"


def settle(
    result: ContestResult, *, registry: Registry, clock: Clock, report: str = ""
) -> Decision | None:
    """Bring the previous version back where it is surely better on the same rows, and say so; None
    where it is not, or where somebody has changed the champion since.

    The same result again finds the version brought back, and says the same. It is not remembered
    as one to go back to, and the next retraining waits.
    """
    contest, alias = result.contest, registry.alias(result.contest.model, CHAMPION)
    if alias is None or not _surely_better(result):
        return None
    if _was_brought_back(alias, contest):
        return _decision(result, alias.moved_at, report)
    if not _is_contested(alias, contest):
        return None
    policy = registry.model(contest.model).file.retrain
    if policy.rollback == "report":
        return _decision(result, contest.until, report, "watch", ONLY_REPORTED)
    try:
        back = take_back(registry, alias, contest.previous, MONITOR, _sentence(result), clock)
    except Conflict:
        return None
    return _decision(result, back.moved_at, report)


def brings_back(decision: Decision) -> bool:
    """Whether it is about the version before, be it that people only are told of it."""
    return decision.action == "roll back" or decision.reason.endswith(ONLY_REPORTED)


def _surely_better(result: ContestResult) -> bool:
    return result.rows >= OUTCOMES_AT_LEAST and result.confidence >= CONFIDENCE


def _was_brought_back(alias: Alias, contest: Contest) -> bool:
    return alias.moved_by == MONITOR and alias.version == contest.previous


def _is_contested(alias: Alias, contest: Contest) -> bool:
    now = (alias.version, alias.previous, alias.moved_at, alias.challenger)
    return now == (contest.version, contest.previous, contest.since, None)


def _sentence(result: ContestResult) -> str:
    contest, metric = result.contest, result.metric
    now, before = (metric_text(metric, each.value) for each in (result.current, result.before))
    return (
        f"version {contest.version} answered {result.rows:,} rows with {metric} {now}, where "
        f"version {contest.previous} has {before} (confidence {result.confidence:.2f})"
        f"{_left_out(result)}"
    )


def _left_out(result: ContestResult) -> str:
    if not result.left_out:
        return ""
    return f"; of the newest rows, {result.left_out:,} older objects were more than a contest reads"


def _decision(
    result: ContestResult, at: str, report: str, action: Action = "roll back", remark: str = ""
) -> Decision:
    contest = result.contest
    return Decision(
        decision_id=content_id(replace(contest, until=""), action),
        model=contest.model,
        version=contest.version,
        at=at,
        action=action,
        reason=f"{_sentence(result)}{remark}",
        report=report,
    )
