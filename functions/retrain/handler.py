"""The rule's target: start the workflow for a "Retrain Decided" event."""

from typing import Any

import msgspec
from evergreen.aws import wiring
from evergreen.contracts.decision import RetrainDecision
from evergreen.retrain import retrain
from evergreen.telemetry import logger


def handler(event: dict[str, Any], _context: object) -> Any:
    """An EventBridge event to a RetrainOutput."""
    decision = msgspec.convert(event["detail"], RetrainDecision)
    output = retrain(
        decision,
        registry=wiring.registry(),
        artifacts=wiring.artifacts(),
        workflow=wiring.workflow(),
        bus=wiring.bus(),
        clock=wiring.clock(),
    )
    logger().info(output.summary, model=decision.model, run_id=output.run_id)
    return msgspec.to_builtins(output)
