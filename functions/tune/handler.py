"""The three states of the search: suggest, trial (in the Map), record."""

from typing import Any

import msgspec
from evergreen.aws import wiring
from evergreen.contracts.stages import RecordOutput, SuggestInput, SuggestOutput, Trial
from evergreen.stage import run_stage
from evergreen.tune import record, suggest, trial


def handler(event: dict[str, Any], _context: object) -> Any:
    """Take the step that ``event["step"]`` names."""
    if event["step"] == "trial":
        return msgspec.to_builtins(
            trial(
                msgspec.convert(event["trial"], Trial),
                features=wiring.features(),
                artifacts=wiring.artifacts(),
                registry=wiring.registry(),
                clock=wiring.clock(),
                worker=wiring.worker(),
            )
        )
    return run_stage(
        f"tune: {event['step']}",
        event,
        SuggestInput,
        {"suggest": _suggest, "record": _record}[event["step"]],
        registry=wiring.registry(),
        clock=wiring.clock(),
    )


def _suggest(given: SuggestInput) -> SuggestOutput:
    return suggest(
        given,
        features=wiring.features(),
        artifacts=wiring.artifacts(),
        registry=wiring.registry(),
        clock=wiring.clock(),
        worker=wiring.worker(),
        containers=wiring.settings().containers,
    )


def _record(given: SuggestInput) -> RecordOutput:
    return record(
        given,
        artifacts=wiring.artifacts(),
        registry=wiring.registry(),
        clock=wiring.clock(),
        worker=wiring.worker(),
    )
