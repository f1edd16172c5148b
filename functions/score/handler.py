"""Score the hold-out with the graph that would serve; whole tables in chunks; served rows with two
versions, for a sweep."""

from typing import Any

import msgspec
from evergreen.aws import wiring
from evergreen.contracts.batch import ChunkInput, ChunkOutput, FinishInput, PlanInput
from evergreen.contracts.stages import ScoreInput
from evergreen.contracts.sweep import ContestInput, ContestOutput
from evergreen.score import chunk, contest, finish, plan, score
from evergreen.stage import run_stage


def handler(event: dict[str, Any], _context: object) -> Any:
    """Take the step that ``event["step"]`` names; without one, score the hold-out."""
    match event.get("step"):
        case "plan":
            return _recorded("score: plan", event, PlanInput, plan, artifacts=wiring.artifacts())
        case "chunk":
            return msgspec.to_builtins(_chunk(msgspec.convert(event, ChunkInput)))
        case "finish":
            return _recorded("score: finish", event, FinishInput, finish, clock=wiring.clock())
        case "contest":
            return msgspec.to_builtins(_contest(msgspec.convert(event, ContestInput)))
    return _recorded("score", event, ScoreInput, score, artifacts=wiring.artifacts())


def _chunk(given: ChunkInput) -> ChunkOutput:
    return chunk(
        given,
        features=wiring.features(),
        artifacts=wiring.artifacts(),
        registry=wiring.registry(),
        online=wiring.online(),
        clock=wiring.clock(),
    )


def _contest(given: ContestInput) -> ContestOutput:
    return contest(
        given,
        features=wiring.features(),
        artifacts=wiring.artifacts(),
        registry=wiring.registry(),
    )


def _recorded(stage: str, event: dict[str, Any], kind: Any, call: Any, **adapters: Any) -> Any:
    return run_stage(
        stage,
        event,
        kind,
        lambda given: call(
            given, features=wiring.features(), registry=wiring.registry(), **adapters
        ),
        registry=wiring.registry(),
        clock=wiring.clock(),
    )
