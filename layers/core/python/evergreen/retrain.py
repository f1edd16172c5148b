"""Retrain: start the workflow, because a check decided it or because a person does.

A decision may be announced twice, and the function may die between any two of its steps. The
claim in the registry and the run's name, both made of the decision, lead all of that to one run.
"""

import re
from datetime import datetime, timedelta

from evergreen.announce import announce
from evergreen.contracts.decision import Decision, RetrainDecision
from evergreen.contracts.policies import Retrain
from evergreen.contracts.registry import CHAMPION, Alias, RetrainClaim, Run
from evergreen.contracts.stages import RetrainOutput, RunInput
from evergreen.errors import InvalidRequest, NotFound
from evergreen.ports import Clock, EventBus, ObjectStore, Registry, Workflow, iso
from evergreen.retraining import (
    TRIGGER,
    closed,
    cooling,
    in_progress,
    moment,
    over_budget,
    run_of,
    spending,
    wait,
)

# Step Functions takes up to 80 of these in the name of an execution.
_RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")

_STARTING = timedelta(minutes=15)
"""A claim is held at least until its run is surely on record, even without a cool-down."""


def retrain(
    decision: RetrainDecision,
    *,
    registry: Registry,
    artifacts: ObjectStore,
    workflow: Workflow,
    bus: EventBus,
    clock: Clock,
) -> RetrainOutput:
    """Start the run that a check decided on, or say why not: as a record and an event.

    The policy is followed again, since hours may lie between. The same decision again finds the
    run it started, or starts what a failure left unstarted.

    Raises:
        NotFound: there is no such model or version.
    """
    run_id = run_of(decision.model, decision.decision_id)
    known = _known(registry, run_id)
    if known and known.status != "running":
        return RetrainOutput(False, run_id, f"this decision's run has ended as {known.status}")
    run = _run(decision, registry, run_id)
    refusal = None if known else _refusal(decision, registry, artifacts, clock)
    if refusal:
        announce(_held(decision, refusal), artifacts=artifacts, bus=bus)
        return RetrainOutput(False, run_id, refusal)
    if start(registry, workflow, run, clock):
        return RetrainOutput(True, run_id, f"run {run_id} started: {decision.reason}")
    return RetrainOutput(False, run_id, f"run {run_id} was started by this decision before")


def start(registry: Registry, workflow: Workflow, run: RunInput, clock: Clock) -> bool:
    """Start a run and open its record; False when a run of that name was started before.

    Raises:
        NotFound: there is no such model; a run that builds a view has none.
        InvalidRequest: the run's name cannot be an execution's name.
    """
    if not run.view:
        registry.model(run.model)
    if not _RUN_ID.fullmatch(run.run_id):
        raise InvalidRequest(
            f"The run name '{run.run_id}' must be 1 to 80 letters, digits, hyphens or underscores."
        )
    record = _record(run, clock)
    started = workflow.start(run)
    registry.open_run(record)
    return started


def _known(registry: Registry, run_id: str) -> Run | None:
    try:
        return registry.run(run_id)
    except NotFound:
        return None


def _refusal(
    decision: RetrainDecision, registry: Registry, artifacts: ObjectStore, clock: Clock
) -> str:
    """What speaks against it now; "" once the decision holds the claim."""
    champion = registry.alias(decision.model, CHAMPION)
    if champion is None or champion.version != decision.champion_version:
        now = f"version {champion.version} serves" if champion else "no version serves"
        return f"decided for version {decision.champion_version}, but {now} now"
    held = registry.retrain_claim(decision.model)
    if held and held.decision_id == decision.decision_id:
        return ""
    policy = registry.model(decision.model).file.retrain
    return _policy(champion, policy, registry, artifacts, clock.now()) or _claim(
        decision, policy, registry, clock.now()
    )


def _policy(
    champion: Alias, policy: Retrain, registry: Registry, artifacts: ObjectStore, now: datetime
) -> str:
    runs, claim = registry.runs(champion.model), registry.retrain_claim(champion.model)
    run = in_progress(runs, now)
    if run:
        return f"run {run.run_id} is in progress"
    return (
        cooling(wait(policy, champion, claim, runs), now)
        or over_budget(policy, spending(policy, runs, artifacts, now))
        or closed(policy, now)
    )


def _claim(decision: RetrainDecision, policy: Retrain, registry: Registry, at: datetime) -> str:
    cool_down = timedelta(minutes=policy.cool_down_minutes)
    until = iso(at + max(cool_down, _STARTING))
    claim = RetrainClaim(decision.model, decision.decision_id, iso(at), until)
    if registry.claim_retrain(claim):
        return ""
    held = registry.retrain_claim(decision.model)
    return f"another decision retrains; cooling down until {moment(held.until if held else until)}"


def _held(decision: RetrainDecision, reason: str) -> Decision:
    """Of the moment of the decision, so that its repeated event leaves the same record."""
    return Decision(
        decision_id=f"{decision.decision_id}-held",
        model=decision.model,
        version=decision.champion_version,
        at=decision.labelled_until,
        action="hold",
        reason=f"{reason}; {decision.reason}",
    )


def _run(decision: RetrainDecision, registry: Registry, run_id: str) -> RunInput:
    version = registry.version(decision.model, decision.champion_version)
    return RunInput(
        run_id=run_id,
        model=decision.model,
        sources=tuple(dict.fromkeys(version.draft.lineage.sources)),
        trigger=TRIGGER,
        labelled_until=decision.labelled_until,
        outcomes=decision.outcomes,
    )


def _record(run: RunInput, clock: Clock) -> Run:
    return Run(
        run_id=run.run_id,
        model=run.model,
        trigger=run.trigger,
        sources=run.sources,
        started_at=iso(clock.now()),
    )
