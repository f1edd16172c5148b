"""Features: a dataset becomes splits, a signature and a baseline profile."""

from typing import Any

from evergreen.aws import wiring
from evergreen.contracts.stages import FeaturesInput
from evergreen.features import features
from evergreen.stage import run_stage


def handler(event: dict[str, Any], _context: object) -> Any:
    """The workflow's state ``features``."""
    return run_stage(
        "features",
        event,
        FeaturesInput,
        lambda given: features(given, store=wiring.features(), registry=wiring.registry()),
        registry=wiring.registry(),
        clock=wiring.clock(),
    )
