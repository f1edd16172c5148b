"""The state "deploy": make the run's version the champion."""

from typing import Any

from evergreen.aws import wiring
from evergreen.contracts.stages import DeployInput
from evergreen.deploy import deploy
from evergreen.stage import run_stage


def handler(event: dict[str, Any], _context: object) -> Any:
    """``{"run", "version", "champion"}`` to a DeployOutput."""
    return run_stage(
        "deploy",
        event,
        DeployInput,
        lambda given: deploy(
            given,
            artifacts=wiring.artifacts(),
            registry=wiring.registry(),
            clock=wiring.clock(),
        ),
        registry=wiring.registry(),
        clock=wiring.clock(),
    )
