"""One look at a trial: take the version back, go on, or let it take over."""

from contextlib import suppress
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from evergreen.champion import end_trial, split, take_over
from evergreen.contracts import keys
from evergreen.contracts.policies import Deploy
from evergreen.contracts.registry import CHAMPION, Alias, Challenger
from evergreen.contracts.stages import DeployInput, DeployOutput
from evergreen.contracts.verdict import Verdict
from evergreen.deploy.ending import close_serving, close_withdrawn, ended_before, settle
from evergreen.deploy.evidence import Evidence, gather
from evergreen.deploy.limits import broken, enough
from evergreen.deploy.trial import (
    Phase,
    current,
    following,
    going_on,
    is_on_trial,
    next_look,
    percent,
    seconds_left,
)
from evergreen.errors import Conflict, NotFound
from evergreen.ports import Clock, ObjectStore, Registry, iso


class _Trial(Struct, frozen=True):
    given: DeployInput
    plan: Deploy
    alias: Alias
    challenger: Challenger
    now: datetime

    @property
    def share(self) -> str:
        return f"at {percent(self.challenger.share)}" if self.challenger.share else "in shadow"


def watch(
    given: DeployInput,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    clock: Clock,
) -> DeployOutput:
    """Look at the trial of the run's version.

    What a person decided meanwhile stands, and is told. A trial that cannot be watched ends.
    Executed twice it does nothing twice.
    """
    if ended := ended_before(registry, given):
        return ended
    alias = registry.alias(given.run.model, CHAMPION)
    if alias is None or alias.challenger is None or not is_on_trial(alias, given.version):
        return settle(registry, alias, given, clock)
    plan = registry.model(given.run.model).file.deploy
    trial = _Trial(given, plan, alias, alias.challenger, clock.now())
    try:
        seen = gather(features, alias, alias.challenger, trial.now)
        wrong = broken(seen, plan, _expected_psi(artifacts, given.run.run_id))
        return _decide(trial, seen, wrong, registry, clock)
    except Conflict:
        return going_on(alias, "somebody changed the trial at this moment; looking again", 1)
    except Exception as error:
        why = f"The trial of version {given.version} could not be watched: {error}"
        with suppress(Conflict):
            end_trial(registry, alias, "workflow", why, clock)
        raise


def _decide(
    trial: _Trial, seen: Evidence, wrong: list[str], registry: Registry, clock: Clock
) -> DeployOutput:
    if wrong:
        return _withdraw(trial, seen, wrong, registry, clock)
    phase = current(trial.plan, trial.challenger)
    left = seconds_left(phase, trial.challenger, trial.now)
    if left:
        return going_on(trial.alias, _standing(trial, seen, left), next_look(phase, left))
    ahead = following(trial.plan, trial.challenger)
    if ahead:
        return _next(trial, seen, ahead, registry)
    return _promote(trial, seen, registry, clock)


def _withdraw(
    trial: _Trial, seen: Evidence, wrong: list[str], registry: Registry, clock: Clock
) -> DeployOutput:
    version, champion = trial.given.version, trial.alias.version
    requests = seen.challenger.requests + len(seen.challenger.errors)
    reason = (
        f"Version {version} was taken back {trial.share} after {_count(requests)}; version "
        f"{champion} answers all. {' '.join(wrong)}"
    )
    end_trial(registry, trial.alias, "workflow", reason, clock)
    return close_withdrawn(registry, trial.given, reason, clock)


def _next(trial: _Trial, seen: Evidence, ahead: Phase, registry: Registry) -> DeployOutput:
    version = trial.given.version
    describe = ahead.describe(version, trial.alias.version)
    challenger = replace(trial.challenger, share=ahead.share, since=iso(trial.now))
    why = f"{_passed(trial, seen).capitalize()}; {describe}."
    alias = split(registry, trial.alias, challenger, why)
    return going_on(alias, describe, next_look(ahead, ahead.seconds))


def _promote(trial: _Trial, seen: Evidence, registry: Registry, clock: Clock) -> DeployOutput:
    passed = _passed(trial, seen)
    take_over(
        registry,
        trial.alias.model,
        trial.alias,
        trial.given.version,
        "workflow",
        f"Run {trial.given.run.run_id} passed its gates, and {passed}.",
        clock,
    )
    return close_serving(registry, trial.given, clock, f"; {passed}")


def _standing(trial: _Trial, seen: Evidence, left: float) -> str:
    return (
        f"version {trial.given.version} {trial.share}: "
        f"{_count(seen.challenger.requests)}, {len(seen.challenger.errors)} failed; "
        f"{left:.0f} s to go"
    )


def _passed(trial: _Trial, seen: Evidence) -> str:
    requests = seen.challenger.requests
    if enough(seen, trial.plan):
        return f"its trial {trial.share} broke no limit in {_count(requests)}"
    return (
        f"its trial {trial.share} saw {_count(requests)}, too few to judge time and answers "
        f"({trial.plan.requests_at_least})"
    )


def _count(requests: int) -> str:
    return f"{requests:,} request{'' if requests == 1 else 's'}"


def _expected_psi(artifacts: ObjectStore, run_id: str) -> float:
    try:
        body = artifacts.read(keys.run(run_id, "verdict.json"))
    except NotFound:
        return 0.0
    contest = msgspec.json.decode(body, type=Verdict).contest
    return contest.psi if contest else 0.0
