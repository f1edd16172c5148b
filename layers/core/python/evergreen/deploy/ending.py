"""How a run's deployment ends, told from what the registry holds, so that it can be told again."""

from evergreen.contracts.registry import CHAMPION, Alias
from evergreen.contracts.stages import DeployInput, DeployOutput
from evergreen.ports import Clock, Registry, iso


def ended_before(registry: Registry, given: DeployInput) -> DeployOutput | None:
    """The answer of a run whose deployment has ended, None where it has not.

    It stands whatever became of the version since.
    """
    run = registry.run(given.run.run_id)
    if run.status == "deployed":
        return DeployOutput(given.version, given.champion, run.reason)
    if run.status == "refused":
        return _withdrawn(registry, given, run.reason)
    return None


def close_serving(
    registry: Registry, given: DeployInput, clock: Clock, remark: str = ""
) -> DeployOutput:
    """End the run as deployed."""
    earlier = f"version {given.champion} before" if given.champion else "the first one"
    summary = f"version {given.version} serves, {earlier}{remark}"
    registry.close_run(given.run.run_id, "deployed", summary, iso(clock.now()))
    return DeployOutput(given.version, given.champion, summary)


def close_withdrawn(
    registry: Registry, given: DeployInput, reason: str, clock: Clock
) -> DeployOutput:
    """End the run as refused, for what its trial showed or for what somebody decided."""
    registry.close_run(given.run.run_id, "refused", reason, iso(clock.now()))
    return _withdrawn(registry, given, reason)


def settle(
    registry: Registry, alias: Alias | None, given: DeployInput, clock: Clock
) -> DeployOutput:
    """End a run whose version is no longer on trial, as the alias's last change left it."""
    if alias and alias.version == given.version:
        return close_serving(registry, given, clock)
    return close_withdrawn(registry, given, _last_change(registry, given), clock)


def _withdrawn(registry: Registry, given: DeployInput, reason: str) -> DeployOutput:
    alias = registry.alias(given.run.model, CHAMPION)
    serves = alias.version if alias else given.version
    return DeployOutput(serves, alias.previous if alias else None, reason, "withdrawn")


def _last_change(registry: Registry, given: DeployInput) -> str:
    changes = [
        event
        for event in registry.audit(given.run.model)
        if event.kind in ("promoted", "rolled back")
    ]
    last = changes[-1]
    if last.actor == "workflow" and last.kind == "rolled back":
        return last.details
    did = "promoted" if last.kind == "promoted" else "rolled back to"
    return (
        f"The trial of version {given.version} ended because {last.actor} {did} "
        f"version {last.version}: {last.details}"
    )
