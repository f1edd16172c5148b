"""A trial's phases: in shadow, then a rising share of the requests; and where it stands."""

import math
from datetime import datetime
from typing import NamedTuple

from evergreen.contracts.policies import Deploy
from evergreen.contracts.registry import Alias, Challenger
from evergreen.contracts.stages import DeployOutput

_LOOK_SECONDS = 60.0
_LOOKS_AT_LEAST = 5
_LOOKS_AT_MOST = 100
"""In one phase. Step Functions keeps 25,000 events an execution, and a look takes some 12."""


class Phase(NamedTuple):
    """A share of the requests, 0 in shadow, and how long it lasts."""

    share: float
    seconds: float

    def describe(self, version: int, champion: int) -> str:
        """Who answers what in it."""
        lasts = _duration(self.seconds)
        if not self.share:
            return (
                f"version {version} scores every request in shadow for {lasts}, "
                f"version {champion} answers"
            )
        return (
            f"version {version} answers {percent(self.share)} of the requests for {lasts}, "
            f"version {champion} the rest"
        )


def phases(plan: Deploy) -> list[Phase]:
    """What a version goes through before it takes over."""
    shadow = [Phase(0.0, plan.shadow_minutes * 60)] if plan.shadow_minutes else []
    return [*shadow, *(Phase(step.share, step.minutes * 60) for step in plan.steps)]


def current(plan: Deploy, challenger: Challenger) -> Phase:
    """The phase of a trial; one that the model file no longer has is over."""
    found = (phase for phase in phases(plan) if phase.share == challenger.share)
    return next(found, Phase(challenger.share, 0.0))


def following(plan: Deploy, challenger: Challenger) -> Phase | None:
    """The phase after a trial's present one, None where the version takes over."""
    return next((phase for phase in phases(plan) if phase.share > challenger.share), None)


def seconds_left(phase: Phase, challenger: Challenger, now: datetime) -> float:
    """How long a trial's phase still lasts, at least 0."""
    gone = (now - datetime.fromisoformat(challenger.since)).total_seconds()
    return max(0.0, phase.seconds - gone)


def next_look(phase: Phase, left: float) -> int:
    """Whole seconds until a trial is looked at again: each minute, oftener in a short phase and
    less often in a long one."""
    usual = max(min(_LOOK_SECONDS, phase.seconds / _LOOKS_AT_LEAST), phase.seconds / _LOOKS_AT_MOST)
    return max(1, math.ceil(min(usual, left)))


def percent(share: float) -> str:
    """A share for people: 10 %, 0.5 %."""
    return f"{100 * share:g} %"


def is_on_trial(alias: Alias | None, version: int) -> bool:
    """Whether that version is the challenger now."""
    return bool(alias and alias.challenger and alias.challenger.version == version)


def going_on(alias: Alias, summary: str, wait: int) -> DeployOutput:
    """The answer while the trial lasts."""
    return DeployOutput(alias.version, alias.previous, summary, "on trial", wait)


def _duration(seconds: float) -> str:
    amount, unit = (seconds, "second") if seconds < 60 else (seconds / 60, "minute")
    return f"{amount:g} {unit}{'' if amount == 1 else 's'}"
