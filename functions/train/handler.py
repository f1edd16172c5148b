"""Fit the candidate."""

from typing import Any

from evergreen.aws import wiring
from evergreen.contracts.stages import TrainInput
from evergreen.stage import run_stage
from evergreen.train import train


def handler(event: dict[str, Any], _context: object) -> Any:
    """Run the stage and keep its record."""
    return run_stage(
        "train",
        event,
        TrainInput,
        lambda given: train(
            given,
            features=wiring.features(),
            artifacts=wiring.artifacts(),
            registry=wiring.registry(),
        ),
        registry=wiring.registry(),
        clock=wiring.clock(),
    )
