"""The states "deploy" and "deploy: watch": a version on its way to be the champion."""

from typing import Any

from evergreen.aws import wiring
from evergreen.contracts.stages import DeployInput, DeployOutput
from evergreen.deploy import deploy, watch
from evergreen.stage import run_stage


def handler(event: dict[str, Any], _context: object) -> Any:
    """``{"run", "version", "champion"}``, and ``"step": "watch"`` for a look, to a DeployOutput."""
    watching = event.get("step") == "watch"
    return run_stage(
        "deploy: watch" if watching else "deploy",
        event,
        DeployInput,
        _watch if watching else _deploy,
        registry=wiring.registry(),
        clock=wiring.clock(),
    )


def _deploy(given: DeployInput) -> DeployOutput:
    return deploy(
        given, artifacts=wiring.artifacts(), registry=wiring.registry(), clock=wiring.clock()
    )


def _watch(given: DeployInput) -> DeployOutput:
    return watch(
        given,
        features=wiring.features(),
        artifacts=wiring.artifacts(),
        registry=wiring.registry(),
        clock=wiring.clock(),
    )
