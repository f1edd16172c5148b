"""The state "register": make the run's candidate a version."""

from typing import Any

from evergreen.aws import wiring
from evergreen.contracts.stages import RegisterInput
from evergreen.register import register
from evergreen.stage import run_stage


def handler(event: dict[str, Any], _context: object) -> Any:
    """``{"run", "dataset", "feature_set"}`` to a RegisterOutput."""
    return run_stage(
        "register",
        event,
        RegisterInput,
        lambda given: register(
            given,
            features=wiring.features(),
            artifacts=wiring.artifacts(),
            registry=wiring.registry(),
            clock=wiring.clock(),
        ),
        registry=wiring.registry(),
        clock=wiring.clock(),
    )
