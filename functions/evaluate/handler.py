"""Judge the candidate."""

from typing import Any

from evergreen.aws import wiring
from evergreen.contracts.stages import EvaluateInput
from evergreen.evaluate import evaluate
from evergreen.stage import run_stage


def handler(event: dict[str, Any], _context: object) -> Any:
    """Run the stage and keep its record."""
    return run_stage(
        "evaluate",
        event,
        EvaluateInput,
        lambda given: evaluate(
            given,
            features=wiring.features(),
            artifacts=wiring.artifacts(),
            registry=wiring.registry(),
            clock=wiring.clock(),
        ),
        registry=wiring.registry(),
        clock=wiring.clock(),
    )
