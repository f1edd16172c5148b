"""Changes of the champion alias: another version, or the trial beside it; each with its event."""

from msgspec.structs import replace

from evergreen.contracts.registry import CHAMPION, Alias, AuditEvent, Challenger
from evergreen.errors import NotFound
from evergreen.ports import Clock, Registry, iso


def promote(
    registry: Registry, model: str, number: int, actor: str, reason: str, clock: Clock
) -> Alias:
    """Make a version the champion of all requests; one that is that already stays as it is.

    A trial ends with it, whichever version it was of.

    Raises:
        NotFound: the model has no such version.
        Conflict: somebody else changed the champion at the same moment.
    """
    registry.version(model, number)
    before = registry.alias(model, CHAMPION)
    if before and before.version == number:
        return end_trial(registry, before, actor, reason, clock) if before.challenger else before
    return take_over(registry, model, before, number, actor, reason, clock)


def rollback(registry: Registry, model: str, actor: str, reason: str, clock: Clock) -> Alias:
    """End the trial beside the champion; without one, make the version before it the champion.

    What was rolled back from is not remembered as the one before, and after a trial nothing is, so
    that a rollback sent twice neither brings a version back nor goes further than was meant.

    Raises:
        NotFound: no version served before the champion.
        Conflict: somebody else changed the champion at the same moment.
    """
    before = registry.alias(model, CHAMPION)
    if before is None:
        raise NotFound(f"Model '{model}' has no champion to roll back from.")
    if before.challenger:
        return end_trial(registry, before, actor, reason, clock)
    if before.previous is None:
        raise NotFound(
            f"Model '{model}' has no version before version {before.version} to go back to; "
            "promote one by its number."
        )
    return take_back(registry, before, before.previous, actor, reason, clock)


def take_back(
    registry: Registry, before: Alias, number: int, actor: str, reason: str, clock: Clock
) -> Alias:
    """Make the version before the champion answer again, and remember none before that.

    Raises:
        Conflict: the alias is no longer as ``before``.
    """
    at = iso(clock.now())
    alias = Alias(before.model, CHAMPION, number, None, before.revision + 1, at, actor)
    event = AuditEvent(before.model, at, "rolled back", actor, reason, number)
    registry.move_alias(alias, event, expected=before)
    return alias


def take_over(
    registry: Registry,
    model: str,
    before: Alias | None,
    number: int,
    actor: str,
    reason: str,
    clock: Clock,
) -> Alias:
    """Make a version the champion and end the trial there was.

    Raises:
        Conflict: the alias is no longer as ``before``.
    """
    at = iso(clock.now())
    previous = before.version if before else None
    revision = before.revision + 1 if before else 1
    alias = Alias(model, CHAMPION, number, previous, revision, at, actor)
    event = AuditEvent(model, at, "promoted", actor, reason, number)
    registry.move_alias(alias, event, expected=before)
    return alias


def split(registry: Registry, before: Alias, challenger: Challenger, reason: str) -> Alias:
    """Put a version on trial, or give its trial another share, since ``challenger.since``.

    Raises:
        Conflict: the alias is no longer as ``before``.
    """
    alias = replace(before, challenger=challenger, revision=before.revision + 1)
    event = AuditEvent(
        before.model, challenger.since, "split", "workflow", reason, challenger.version
    )
    registry.move_alias(alias, event, expected=before)
    return alias


def end_trial(registry: Registry, before: Alias, actor: str, reason: str, clock: Clock) -> Alias:
    """Let the champion answer all requests again.

    Raises:
        Conflict: the alias is no longer as ``before``.
    """
    alias = replace(before, challenger=None, previous=None, revision=before.revision + 1)
    event = AuditEvent(before.model, iso(clock.now()), "rolled back", actor, reason, before.version)
    registry.move_alias(alias, event, expected=before)
    return alias
