"""The start of a deployment: at once where nothing serves yet, else as a trial."""

from evergreen.champion import end_trial, split, take_over
from evergreen.contracts.registry import CHAMPION, Alias, Artifact, Challenger
from evergreen.contracts.stages import DeployInput, DeployOutput
from evergreen.deploy.ending import close_serving, ended_before, settle
from evergreen.deploy.trial import (
    Phase,
    current,
    going_on,
    is_on_trial,
    next_look,
    phases,
    seconds_left,
)
from evergreen.digest import sha256
from evergreen.errors import ArtifactChanged, Conflict
from evergreen.ports import Clock, ObjectStore, Registry, iso


def deploy(
    given: DeployInput, *, artifacts: ObjectStore, registry: Registry, clock: Clock
) -> DeployOutput:
    """Put the run's version on trial, if the champion is still the one it was judged against.

    The first version, and one whose model file names no steps, becomes the champion at once.
    Executed again for the same run it changes nothing, even where the version was rolled back
    meanwhile.

    Raises:
        ArtifactChanged: the graph is not the one that was registered.
        Conflict: another version became champion since the candidate was evaluated, or is on
            trial.
    """
    if ended := ended_before(registry, given):
        return ended
    model = given.run.model
    _verify(artifacts, registry.version(model, given.version).draft.graph)
    alias = registry.alias(model, CHAMPION)
    if alias and is_on_trial(alias, given.version):
        return _started(registry, given, alias, clock)
    if (alias and alias.version == given.version) or _was_on_trial(registry, given):
        return settle(registry, alias, given, clock)
    _refuse_other_champion(given, alias)
    alias = _without_orphan(registry, given, alias, clock)
    ahead = phases(registry.model(model).file.deploy)
    if alias is None or not ahead:
        why = f"Run {given.run.run_id} passed its gates."
        take_over(registry, model, alias, given.version, "workflow", why, clock)
        return close_serving(registry, given, clock)
    return _start(registry, given, alias, ahead[0], clock)


def _start(
    registry: Registry, given: DeployInput, alias: Alias, phase: Phase, clock: Clock
) -> DeployOutput:
    run_id, since = given.run.run_id, iso(clock.now())
    challenger = Challenger(given.version, run_id, phase.share, since)
    describe = phase.describe(given.version, alias.version)
    why = f"Run {run_id} passed its gates: {describe}."
    alias = split(registry, alias, challenger, why)
    return going_on(alias, describe, next_look(phase, phase.seconds))


def _started(registry: Registry, given: DeployInput, alias: Alias, clock: Clock) -> DeployOutput:
    assert alias.challenger  # noqa: S101 - what is_on_trial said
    plan = registry.model(given.run.model).file.deploy
    phase = current(plan, alias.challenger)
    left = seconds_left(phase, alias.challenger, clock.now())
    return going_on(alias, phase.describe(given.version, alias.version), next_look(phase, left))


def _was_on_trial(registry: Registry, given: DeployInput) -> bool:
    events = registry.audit(given.run.model)
    return any(event.kind == "split" and event.version == given.version for event in events)


def _verify(artifacts: ObjectStore, graph: Artifact) -> None:
    if sha256(artifacts.read(graph.key)) != graph.sha256:
        raise ArtifactChanged(
            f"'{graph.key}' is not the graph that was registered; start a new run."
        )


def _refuse_other_champion(given: DeployInput, before: Alias | None) -> None:
    now = before.version if before else None
    if now != given.champion:
        compared = f"version {given.champion}" if given.champion else "no champion"
        serves = f"version {now}" if now else "no version"
        raise Conflict(
            f"Version {given.version} was judged against {compared}, but {serves} serves now; "
            "start a new run."
        )


def _without_orphan(
    registry: Registry, given: DeployInput, alias: Alias | None, clock: Clock
) -> Alias | None:
    """The alias without a trial that nobody watches any more, because its run has ended."""
    other = alias.challenger if alias else None
    if alias is None or other is None:
        return alias
    if registry.run(other.run_id).status == "running":
        raise Conflict(
            f"Version {other.version} is on trial since {other.since}; when that has ended "
            f"(`evergreen rollback {given.run.model}` ends it), start a new run."
        )
    why = f"Run {other.run_id} ended without ending the trial of version {other.version}."
    return end_trial(registry, alias, "workflow", why, clock)
