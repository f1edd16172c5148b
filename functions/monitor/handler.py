"""Monitor: on a schedule, every champion against what it was trained on."""

from typing import Any

import msgspec
from evergreen.aws import wiring
from evergreen.monitor import monitor
from evergreen.telemetry import logger


def handler(_event: dict[str, Any], _context: object) -> Any:
    """One scheduled check; the event carries nothing that it needs."""
    output = monitor(
        wiring.clock().now(),
        features=wiring.features(),
        artifacts=wiring.artifacts(),
        registry=wiring.registry(),
        bus=wiring.bus(),
    )
    logger().info(output.summary, models=output.models)
    return msgspec.to_builtins(output)
