"""What every stage's handler does around its one call.

A handler turns the state's event into a contract, calls the stage, and gives a contract back.
In between, the run record learns that the stage started, and how it ended.
"""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import msgspec

from evergreen.contracts.registry import Run, StageRecord
from evergreen.contracts.stages import RunInput
from evergreen.errors import EvergreenError
from evergreen.ports import Clock, Registry, iso
from evergreen.telemetry import logger

Input = TypeVar("Input")
Output = TypeVar("Output")


def run_stage(
    stage: str,
    event: dict[str, Any],
    input_type: type[Input],
    call: Callable[[Input], Output],
    *,
    registry: Registry,
    clock: Clock,
) -> Any:
    """Run one stage of a run and keep its record.

    Args:
        stage: the state's name, as the console shows it.
        event: the state's payload; ``event["run"]`` is a :class:`RunInput`, or ``event`` is one.
        input_type: the contract that the payload must fit.
        call: the stage.

    Returns:
        The stage's output as JSON-ready builtins.

    Raises:
        EvergreenError: what the stage raised, after it was recorded. Any other exception is
            recorded and raised too; the workflow tries again where it may pass.
    """
    run = msgspec.convert(event.get("run", event), RunInput)
    started = iso(clock.now())
    registry.open_run(
        Run(
            run_id=run.run_id,
            model=run.model,
            trigger=run.trigger,
            sources=run.sources,
            started_at=started,
        )
    )

    def record(status: Literal["running", "done", "failed"], summary: str = "") -> None:
        ended = "" if status == "running" else iso(clock.now())
        registry.record_stage(run.run_id, StageRecord(stage, status, started, ended, summary))

    record("running")
    try:
        output = call(msgspec.convert(event, input_type))
    except EvergreenError as error:
        logger().warning(error.sentence, stage=stage, run_id=run.run_id, error=type(error).__name__)
        record("failed", error.sentence)
        raise
    except Exception as error:
        record("failed", f"{type(error).__name__}: {error}")
        raise
    summary = str(getattr(output, "summary", ""))
    record("done", summary)
    logger().info(summary, stage=stage, run_id=run.run_id, model=run.model)
    return msgspec.to_builtins(output)
