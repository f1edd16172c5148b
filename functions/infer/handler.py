"""infer: an HTTPS request becomes a prediction, captured."""

from functools import cache
from typing import Any

from evergreen.aws import wiring
from evergreen.infer import Inference

_inference = cache(
    lambda: Inference(
        registry=wiring.registry_of_a_request(),
        artifacts=wiring.artifacts(),
        features=wiring.features(),
        captures=wiring.captures(),
        clock=wiring.clock(),
        online=wiring.online_of_a_request(),
        memory_mebibytes=wiring.settings().memory_mebibytes,
    )
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer an API Gateway REST proxy event."""
    return _inference().answer(event)
