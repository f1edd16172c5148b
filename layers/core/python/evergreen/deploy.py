"""Deploy: move the champion alias, and what serves with it.

An alias and its audit event are written together or not at all, and only from the state that the
caller saw; so of two promotions at once, one wins and the other is told.
"""

from typing import Literal

from evergreen.contracts.registry import CHAMPION, Alias, Artifact, AuditEvent
from evergreen.contracts.stages import DeployInput, DeployOutput
from evergreen.digest import sha256
from evergreen.errors import ArtifactChanged, Conflict, NotFound
from evergreen.ports import Clock, ObjectStore, Registry, iso


def deploy(
    given: DeployInput, *, artifacts: ObjectStore, registry: Registry, clock: Clock
) -> DeployOutput:
    """Make the run's version the champion, if the champion is still the one it was judged against.

    Executed again for the same run it gives the same answer and changes nothing, even where the
    version was rolled back meanwhile.

    Raises:
        ArtifactChanged: the graph is not the one that was registered.
        Conflict: another version became champion since the candidate was evaluated.
    """
    model, run_id = given.run.model, given.run.run_id
    output = _output(given)
    if registry.run(run_id).status == "deployed":
        return output
    graph = registry.version(model, given.version).draft.graph
    _verify(artifacts, graph)
    before = registry.alias(model, CHAMPION)
    if before is None or before.version != given.version:
        _refuse_other_champion(given, before)
        why = f"Run {run_id} passed its gates."
        _move(registry, model, before, given.version, "promoted", "workflow", why, clock)
    registry.close_run(run_id, "deployed", output.summary, iso(clock.now()))
    return output


def promote(
    registry: Registry, model: str, number: int, actor: str, reason: str, clock: Clock
) -> Alias:
    """Make a version the champion by hand; the one that is champion already stays as it is.

    Raises:
        NotFound: the model has no such version.
        Conflict: somebody else moved the champion at the same moment.
    """
    registry.version(model, number)
    before = registry.alias(model, CHAMPION)
    if before and before.version == number:
        return before
    return _move(registry, model, before, number, "promoted", actor, reason, clock)


def rollback(registry: Registry, model: str, actor: str, reason: str, clock: Clock) -> Alias:
    """Make the version before the champion the champion again.

    The version rolled back from is not remembered as the one before, so that a rollback sent twice
    does not bring it back.

    Raises:
        NotFound: no version served before the champion.
        Conflict: somebody else moved the champion at the same moment.
    """
    before = registry.alias(model, CHAMPION)
    if before is None:
        raise NotFound(f"Model '{model}' has no champion to roll back from.")
    if before.previous is None:
        raise NotFound(
            f"Model '{model}' has no version before version {before.version} to go back to; "
            "promote one by its number."
        )
    return _move(registry, model, before, before.previous, "rolled back", actor, reason, clock)


def _output(given: DeployInput) -> DeployOutput:
    earlier = f"version {given.champion} before" if given.champion else "the first one"
    summary = f"version {given.version} serves, {earlier}"
    return DeployOutput(given.version, given.champion, summary)


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


def _move(
    registry: Registry,
    model: str,
    before: Alias | None,
    number: int,
    kind: Literal["promoted", "rolled back"],
    actor: str,
    reason: str,
    clock: Clock,
) -> Alias:
    at = iso(clock.now())
    previous = before.version if before and kind == "promoted" else None
    revision = before.revision + 1 if before else 1
    alias = Alias(model, CHAMPION, number, previous, revision, at, actor)
    event = AuditEvent(model, at, kind, actor, reason, number)
    registry.move_alias(alias, event, expected=before)
    return alias
