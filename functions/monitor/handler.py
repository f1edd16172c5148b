"""Monitor: every champion against what it was trained on, in the steps of a sweep.

Two functions stand on this file. What reads captures finds and checks models; what announces,
tells people and changes reports concludes.
"""

from typing import Any

import msgspec
from evergreen.aws import wiring
from evergreen.contracts.sweep import BatchInput, ConcludeInput, DueInput
from evergreen.monitor import check_batch, conclude, due
from evergreen.telemetry import logger

RESERVE = 0.5
"""Share of the function's time that one more model must have, so that a worker ends by itself."""


def handler(event: dict[str, Any], context: Any) -> Any:
    """Take the step that ``event["step"]`` names: ``due``, ``check`` or ``conclude``."""
    match event.get("step"):
        case "due":
            output: Any = _due(msgspec.convert(event, DueInput))
        case "check":
            output = _check(msgspec.convert(event["batch"], BatchInput), context)
        case _:
            output = _conclude(msgspec.convert(event, ConcludeInput))
    logger().info(output.summary, sweep=event.get("sweep", ""))
    return msgspec.to_builtins(output)


def _due(given: DueInput) -> Any:
    return due(
        given,
        features=wiring.features(),
        artifacts=wiring.artifacts(),
        registry=wiring.registry(),
    )


def _check(given: BatchInput, context: Any) -> Any:
    all_of_it = context.get_remaining_time_in_millis()
    return check_batch(
        given,
        features=wiring.features(),
        artifacts=wiring.artifacts(),
        registry=wiring.registry(),
        worker=wiring.worker(),
        time_left=lambda: context.get_remaining_time_in_millis() > RESERVE * all_of_it,
    )


def _conclude(given: ConcludeInput) -> Any:
    return conclude(
        given,
        artifacts=wiring.artifacts(),
        registry=wiring.registry(),
        bus=wiring.bus(),
        alerts=wiring.alerts(),
        clock=wiring.clock(),
        link=wiring.console_link,
    )
