"""One check of one champion, unless nothing came since the last one."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from evergreen.contracts.sweep import Finding
from evergreen.errors import NotFound
from evergreen.monitor.examine import examine
from evergreen.monitor.last_check import (
    LastCheck,
    first_day,
    look_at,
    seen,
    unchanged,
    write_last_check,
)
from evergreen.ports import ObjectStore, Registry, iso
from evergreen.prices import HERE, Worker

_LOOK_AGAIN = timedelta(days=1)
"""Age, a schedule and the end of a month speak without anything new."""
_HELD = timedelta(hours=1)
"""What holds a retraining back may end without anything new: a cool-down, a maintenance window."""


def check(
    model: str,
    now: datetime,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    worker: Worker = HERE,
    asked: bool = False,
) -> Finding:
    """Check the model's champion and keep the report, its page and what the next check has to know.

    A model that nothing was served or told of since the last check is ``unchanged``: no capture is
    read, unless a person ``asked``.

    Raises:
        NotFound: there is no such model, or no version of it serves.
        ArtifactChanged: an artifact of the version is not what was registered.
    """
    look = look_at(model, artifacts, registry)
    if look is None:
        raise NotFound(f"No version of '{model}' serves, so there is nothing to check.")
    if look.last and not asked and unchanged(look, features, now):
        return replace(
            look.last.finding, status="unchanged", seconds=0.0, dollars=0.0, contest=None
        )
    day = first_day(now)
    # Before anything is read: what arrives meanwhile is new to the next check.
    before = seen(look, features, day, now)
    finding = examine(look, now, features, artifacts, registry, worker)
    again_at = iso(now + (_HELD if _is_held(finding) else _LOOK_AGAIN))
    last = LastCheck(at=iso(now), finding=finding, day=day, seen=before, again_at=again_at)
    write_last_check(artifacts, last)
    return finding


def _is_held(finding: Finding) -> bool:
    decision = finding.decision
    return decision is not None and decision.action == "hold" and bool(decision.causes)
