"""Features: a dataset becomes splits, signature and profile, or features of a view."""

from typing import Any

from evergreen.aws import wiring
from evergreen.contracts.stages import (
    BuildInput,
    BuildOutput,
    FeaturesInput,
    FeaturesOutput,
    MaterialiseInput,
)
from evergreen.features import build, features, keep_history, materialise
from evergreen.stage import run_stage


def handler(event: dict[str, Any], _context: object) -> Any:
    """Take the step of a view that ``event["step"]`` names; without one, make a feature set."""
    match event.get("step"):
        case "build":
            return _recorded("features: build", event, BuildInput, _build)
        case "materialise":
            return _recorded("features: materialise", event, MaterialiseInput, _materialise)
    return _recorded("features", event, FeaturesInput, _features)


def _features(given: FeaturesInput) -> FeaturesOutput:
    store, registry = wiring.features(), wiring.registry()
    made = features(given, store=store, registry=registry, views=wiring.views())
    return keep_history(given, made, store=store, online=wiring.online(), registry=registry)


def _build(given: BuildInput) -> BuildOutput:
    return build(given, store=wiring.features(), views=wiring.views(), clock=wiring.clock())


def _materialise(given: MaterialiseInput) -> Any:
    return materialise(
        given,
        store=wiring.features(),
        views=wiring.views(),
        online=wiring.online(),
        registry=wiring.registry(),
        clock=wiring.clock(),
    )


def _recorded(stage: str, event: dict[str, Any], kind: Any, call: Any) -> Any:
    return run_stage(stage, event, kind, call, registry=wiring.registry(), clock=wiring.clock())
