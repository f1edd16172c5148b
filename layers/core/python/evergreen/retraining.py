"""What holds retraining back, from what the registry and the runs' reports tell.

The check asks it before it decides, and the start asks it again, because hours may lie between.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import msgspec
from msgspec import Struct

from evergreen.contracts import batch, keys
from evergreen.contracts.decision import NOT_HELPFUL, UNDECIDED
from evergreen.contracts.maintenance import DAYS, opens
from evergreen.contracts.policies import Retrain
from evergreen.contracts.registry import Alias, RetrainClaim, Run
from evergreen.digest import content_id
from evergreen.errors import NotFound
from evergreen.ports import ObjectStore, iso

TRIGGER = "drift"
"""Of the runs that decisions start."""

MONITOR = "monitor"
"""Who rolls back by itself, as the registry and the audit trail name it."""

WOULD_NOT_HAVE_HELPED = "retraining would not have helped"

HELD_OUT_AT_LEAST = 300
"""Rows that a retraining is measured on: fewer would seldom tell two versions apart."""

LONGEST_WAIT = 16
"""How many times the cool-down that follows refusals may be."""

MOST_OUTCOMES = 4
"""How many times the outcomes that are asked for after refusals may be; a world that changes after
all must not wait for long."""

_LONGEST_RUN = timedelta(days=30)
_RUNS_READ = 31


class Spending(Struct, frozen=True):
    """Dollars of this month's runs that decisions started, and what the next will about cost."""

    spent: float = 0.0
    next_run: float = 0.0


class Wait(Struct, frozen=True):
    """Until when the next retraining waits, and since when it is known that it would not help."""

    until: str
    refused_at: str = ""


class _Report(Struct, frozen=True):
    class Search(Struct, frozen=True):
        dollars: float = 0.0
        other_dollars: float = 0.0

    search: Search


def decision_id(champion: Alias, claim: RetrainClaim | None) -> str:
    """Names the next retraining of this champion.

    It is made of the champion's move and of the last claim, not of the rows: a check that runs
    before an earlier check's decision was claimed finds more rows, but means the same retraining,
    and so gives the same name, which ``claim_retrain`` and the run's name absorb. A claim that has
    run out makes the next name.
    """
    last = claim.decision_id if claim else ""
    return content_id(champion.model, champion.version, champion.revision, last)


def run_of(model: str, decision: str) -> str:
    """The run of a decision's id; an execution's name has at most 80 letters."""
    return f"{TRIGGER}-{model[:40]}-{decision}"


def in_progress(runs: Iterable[Run], now: datetime) -> Run | None:
    """A run that may change the champion. One that began a month ago was lost, not slow."""
    oldest = iso(now - _LONGEST_RUN)
    mine = (run for run in learning(runs) if run.status == "running")
    return next((run for run in mine if run.started_at > oldest), None)


def learning(runs: Iterable[Run]) -> list[Run]:
    """The runs that train, without those that score a table."""
    return [run for run in runs if run.trigger != batch.TRIGGER]


def wait(
    policy: Retrain, champion: Alias, claim: RetrainClaim | None, runs: Iterable[Run]
) -> Wait | None:
    """The cool-down after the last retraining that was decided, whether or not it is over.

    It doubles with each that would not have helped, and with each failure after the first, which
    may have been a chance. A version that was taken back did not help either, so that the next
    waits as after a refusal.

    Args:
        runs: newest first.
    """
    runs = [run for run in runs if run.trigger == TRIGGER or run.status == "deployed"]
    refused = _refused_in_a_row(runs)
    doublings = _in_vain(refused) + max(_failed_in_a_row(runs) - 1, 0)
    starts = [run.started_at for run in runs if run.trigger == TRIGGER][:1]
    ends = [_later(at, policy, 2**doublings) for at in starts]
    if champion.moved_by == MONITOR:
        ends.append(_later(champion.moved_at, policy, 2))
    if claim:
        ends.append(claim.until)
    if not ends:
        return None
    return Wait(max(ends), refused[0].ended_at if refused else "")


def outcomes_asked(policy: Retrain, runs: Iterable[Run]) -> int:
    """How many outcomes must be new: twice as many after each retraining in a row that would not
    have helped, since from so few nothing was learned.

    Args:
        runs: newest first.
    """
    mine = [run for run in runs if run.trigger == TRIGGER or run.status == "deployed"]
    times = min(1 << _in_vain(_refused_in_a_row(mine)), MOST_OUTCOMES)
    return policy.outcomes_at_least * times


def _later(at: str, policy: Retrain, times: int) -> str:
    minutes = policy.cool_down_minutes * min(times, LONGEST_WAIT)
    return iso(datetime.fromisoformat(at) + timedelta(minutes=minutes))


def _refused_in_a_row(runs: list[Run]) -> list[Run]:
    """Retrainings since the last that was deployed, newest first, that would not have helped."""
    found: list[Run] = []
    for run in runs:
        if run.status == "deployed":
            break
        if run.status == "refused" and NOT_HELPFUL in run.reason:
            found.append(run)
    return found


def _failed_in_a_row(runs: list[Run]) -> int:
    """Retrainings that failed, since the last that did not."""
    return sum(1 for _ in takewhile(lambda run: run.status == "failed", runs))


def _in_vain(refused: list[Run]) -> int:
    """Those after which the next waits longer: a challenger that was ahead wants more rows to be
    measured on, which come by themselves, and to be kept from them would cost what it is ahead."""
    return sum(UNDECIDED not in run.reason for run in refused)


def spending(
    policy: Retrain, runs: Iterable[Run], artifacts: ObjectStore, now: datetime
) -> Spending:
    """What decisions have cost this month (UTC); nothing is read without a budget.

    Args:
        runs: newest first.
    """
    if policy.dollars_per_month is None:
        return Spending()
    mine = [run for run in runs if run.trigger == TRIGGER][:_RUNS_READ]
    month = iso(now.astimezone(UTC))[:7]
    costs = [_dollars(artifacts, run) for run in mine if run.started_at[:7] == month]
    last = next((cost for cost in costs if cost), 0.0)
    if not last and mine:
        last = _dollars(artifacts, mine[0])
    return Spending(sum(costs), last)


def _dollars(artifacts: ObjectStore, run: Run) -> float:
    try:
        body = artifacts.read(keys.run_report(run.run_id, "json"))
    except NotFound:
        return 0.0
    search = msgspec.json.decode(body, type=_Report).search
    return search.dollars + search.other_dollars


def over_budget(policy: Retrain, spent: Spending) -> str:
    """``$9.80 of $10.00 spent this month``, where the next run would not fit; else ""."""
    budget = policy.dollars_per_month
    fits = budget is None or (spent.spent < budget and spent.spent + spent.next_run <= budget)
    if budget is None or fits:
        return ""
    about = f", and a run costs about ${spent.next_run:.2f}" if spent.next_run else ""
    return f"${spent.spent:.2f} of ${budget:.2f} spent this month{about}"


def closed(policy: Retrain, now: datetime) -> str:
    """``maintenance opens Mon 20:00``, while it is closed; else ""."""
    at = opens(policy.maintenance, policy.time_zone, now)
    if at is None:
        return ""
    zone = "" if policy.time_zone == "UTC" else f" ({policy.time_zone})"
    return f"maintenance opens {DAYS[at.weekday()]} {at:%H:%M}{zone}"


def moment(at: str) -> str:
    """A time as people read it: ``2026-01-31 12:00 UTC``."""
    return f"{at[:16].replace('T', ' ')} UTC"


def not_helped(until: Wait) -> str:
    """``retraining would not have helped on 2026-01-31``, of a wait that follows a refusal."""
    return f"{WOULD_NOT_HAVE_HELPED} on {until.refused_at[:10]}"


def cooling(until: Wait | None, now: datetime) -> str:
    """``cooling down until …``, while it lasts; else ""."""
    if until is None or until.until <= iso(now):
        return ""
    if until.refused_at:
        return f"{not_helped(until)}; next look not before {moment(until.until)}"
    return f"cooling down until {moment(until.until)}"
