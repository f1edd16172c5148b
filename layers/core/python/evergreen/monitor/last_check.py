"""What the last check of a model left, and whether another would find anything else."""

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from evergreen import captured
from evergreen.captured import Period
from evergreen.contracts import keys
from evergreen.contracts.fleet import ModelHealth
from evergreen.contracts.registry import CHAMPION, Alias, Model, RetrainClaim, Run
from evergreen.contracts.sweep import Finding
from evergreen.contracts.table import seconds
from evergreen.digest import content_id
from evergreen.errors import NotFound
from evergreen.ports import ObjectStore, Registry, iso

_ACTS = ("retrain", "roll back")
_LONGEST_PAUSE = timedelta(days=1)


class LastCheck(Struct, frozen=True, kw_only=True):
    """``seen`` names all that the check's answer depended on."""

    at: str
    finding: Finding
    day: str = ""
    """Objects that arrived before this day are not in ``seen``: no more can come to them."""
    seen: str = ""
    again_at: str = ""
    """When time alone may change the answer; empty: never."""


class Look(Struct, frozen=True):
    """A model that serves, by what the registry and the last check say of it."""

    model: Model
    alias: Alias
    claim: RetrainClaim | None
    runs: tuple[Run, ...]
    last: LastCheck | None

    @property
    def name(self) -> str:
        """The model's name."""
        return self.alias.model


def look_at(name: str, artifacts: ObjectStore, registry: Registry) -> Look | None:
    """The model as it stands; None where no version serves.

    Raises:
        NotFound: no model of that name was applied.
    """
    alias = registry.alias(name, CHAMPION)
    if alias is None:
        return None
    claim = registry.retrain_claim(name)
    file, runs = registry.model(name), tuple(registry.runs(name))
    return Look(file, alias, claim, runs, read_last_check(artifacts, name))


def read_last_check(artifacts: ObjectStore, model: str) -> LastCheck | None:
    """What the last check left; None before the first."""
    try:
        return msgspec.json.decode(artifacts.read(keys.last_check(model)), type=LastCheck)
    except (NotFound, msgspec.ValidationError):
        # One of an earlier release is none of this one's.
        return None


def write_last_check(artifacts: ObjectStore, check: LastCheck) -> None:
    """Remember a check until the next."""
    key = keys.last_check(check.finding.model)
    artifacts.write(key, msgspec.json.encode(check), "application/json")


def failed(model: str, at: str, why: str, artifacts: ObjectStore) -> Finding:
    """Remember that the check at ``at`` failed, and count it once; what the last one found stays
    beside it. Where that check ended after all, what it found."""
    last = read_last_check(artifacts, model)
    if last and last.at == at:
        return last.finding
    before = last.finding if last else Finding(model=model, status="failed")
    line = before.health or ModelHealth(model=model, health="failing")
    finding = Finding(
        model=model,
        status="failed",
        p_value=before.p_value,
        report=before.report,
        error=why,
        failures=before.failures + 1,
        health=replace(line, health="failing", error=why),
    )
    write_last_check(artifacts, LastCheck(at=at, finding=finding))
    return finding


def first_day(now: datetime) -> str:
    """The day of arrival from which on a check at ``now`` may miss objects that come later."""
    return iso(now - timedelta(days=1))[:10]


def seen(look: Look, features: ObjectStore, day: str, now: datetime) -> str:
    """Names all that a check's answer depends on but time, without reading a capture: objects are
    never changed, so that their keys tell, and those of earlier days are complete."""
    period = Period(day, iso(now + timedelta(days=1)))
    return content_id(
        look.alias,
        look.model,
        look.claim,
        [(run.run_id, run.status) for run in look.runs],
        captured.list_captures(features, look.name, period),
        captured.list_feedback(features, look.name, period),
    )


def unchanged(look: Look, features: ObjectStore, now: datetime) -> bool:
    """Whether a check would find what the last one found."""
    last = look.last
    if last is None or last.finding.failures or (last.again_at and iso(now) >= last.again_at):
        return False
    return seen(look, features, last.day, now) == last.seen


def is_due(look: Look, features: ObjectStore, now: datetime) -> bool:
    """Whether the model is looked at: the model file's pause is over, and something is new, or was
    decided and has not been carried out."""
    last = look.last
    if last is None:
        return True
    every = look.model.file.monitor.every
    pause = timedelta(seconds=seconds(every)) if every else timedelta()
    if iso(now) < iso(
        datetime.fromisoformat(last.at) + max(pause, _pause_after(last.finding.failures))
    ):
        return False
    decision = last.finding.decision
    undone = decision is not None and decision.action in _ACTS
    return undone or not unchanged(look, features, now)


def _pause_after(failures: int) -> timedelta:
    """A model whose checks keep failing may cost a worker each time: 30 minutes, ... a day."""
    if failures < 2:
        return timedelta()
    return min(timedelta(minutes=15) * (1 << min(failures - 1, 10)), _LONGEST_PAUSE)
