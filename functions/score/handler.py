"""Score the hold-out with the graph that would serve."""

from typing import Any

from evergreen.aws import wiring
from evergreen.contracts.stages import ScoreInput
from evergreen.score import score
from evergreen.stage import run_stage


def handler(event: dict[str, Any], _context: object) -> Any:
    """Run the stage and keep its record."""
    return run_stage(
        "score",
        event,
        ScoreInput,
        lambda given: score(
            given,
            features=wiring.features(),
            artifacts=wiring.artifacts(),
            registry=wiring.registry(),
        ),
        registry=wiring.registry(),
        clock=wiring.clock(),
    )
