"""Retrain: start the workflow, because drift asks for it or because a person does.

A decision may be announced twice, and the function may die between any two of its steps. The
claim in the registry and the run's name, both made of the decision, lead all of that to one run.
"""

import re
from datetime import timedelta

from evergreen.contracts.decision import RetrainDecision
from evergreen.contracts.registry import CHAMPION, RetrainClaim, Run
from evergreen.contracts.stages import RetrainOutput, RunInput
from evergreen.errors import InvalidRequest, NotFound
from evergreen.ports import Clock, Registry, Workflow, iso

# Step Functions takes up to 80 of these in the name of an execution.
_RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def retrain(
    decision: RetrainDecision, *, registry: Registry, workflow: Workflow, clock: Clock
) -> RetrainOutput:
    """Start the run that a drift check decided on, or record as a refused run why not.

    The same decision again finds the run it started, or starts what a failure left unstarted.

    Raises:
        NotFound: there is no such model or version.
    """
    run_id = f"drift-{decision.model[:40]}-{decision.decision_id}"
    known = _known(registry, run_id)
    if known and known.status != "running":
        return RetrainOutput(False, run_id, f"this decision's run has ended as {known.status}")
    run = _run(decision, registry, run_id)
    refusal = None if known else _refusal(decision, registry, clock)
    if refusal:
        return _refuse(_record(run, clock), refusal, registry)
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


def _refusal(decision: RetrainDecision, registry: Registry, clock: Clock) -> str | None:
    champion = registry.alias(decision.model, CHAMPION)
    if champion is None or champion.version != decision.champion_version:
        now = f"version {champion.version} serves" if champion else "no version serves"
        return f"Drift was found for version {decision.champion_version}, but {now} now."
    minutes = registry.model(decision.model).file.retrain.cool_down_minutes
    at = clock.now()
    until = iso(at + timedelta(minutes=minutes))
    claim = RetrainClaim(decision.model, decision.decision_id, iso(at), until)
    if registry.claim_retrain(claim):
        return None
    held = registry.retrain_claim(decision.model)
    until = held.until if held else until
    return f"Another decision retrains '{decision.model}'; the next one may from {until}."


def _run(decision: RetrainDecision, registry: Registry, run_id: str) -> RunInput:
    version = registry.version(decision.model, decision.champion_version)
    return RunInput(
        run_id=run_id,
        model=decision.model,
        sources=tuple(dict.fromkeys(version.draft.lineage.sources)),
        trigger="drift",
        labelled_until=decision.labelled_until,
    )


def _record(run: RunInput, clock: Clock) -> Run:
    return Run(
        run_id=run.run_id,
        model=run.model,
        trigger=run.trigger,
        sources=run.sources,
        started_at=iso(clock.now()),
    )


def _refuse(run: Run, reason: str, registry: Registry) -> RetrainOutput:
    registry.open_run(run)
    registry.close_run(run.run_id, "refused", reason, run.started_at)
    return RetrainOutput(False, run.run_id, reason)
