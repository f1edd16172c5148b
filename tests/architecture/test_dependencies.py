"""What may import what. The design's rules, held by reading the source."""

import sys

import pytest

from tests.architecture.imports import (
    ROOT,
    STAGES,
    imported_by,
    modules,
    outside,
    reached_from,
    stage_modules,
)

AWS = {"boto3", "botocore"}
CORE = {"msgspec", "aws_lambda_powertools"}
SERVING = CORE | {"numpy", "onnxruntime"}
# What each stage's layer holds, so what it may import, through whatever it imports.
LIBRARIES = {
    "ingest": CORE | {"numpy", "pandas", "pyarrow"},
    "features": CORE | {"numpy", "pandas", "pyarrow"},
    "tune": CORE | {"numpy", "scipy", "sklearn", "hyperopt", "skl2onnx", "onnx", "threadpoolctl"},
    "train": CORE | {"numpy", "scipy", "sklearn", "skl2onnx", "onnx", "skops", "threadpoolctl"},
    "score": SERVING | {"pyarrow"},
    "evaluate": CORE | {"numpy", "scipy", "sklearn", "threadpoolctl"},
    "register": CORE,
    "deploy": CORE,
    "infer": SERVING,
    "monitor": CORE | {"numpy", "pandas", "pyarrow"},
    "retrain": CORE,
}
# Neither stages nor shared: like the deployment's functions they put the stages together.
COMPOSING = ("evergreen.cli", "evergreen.simulation")
IN_AND_OUT = AWS | {"os", "pathlib", "socket", "subprocess", "urllib", "http", "io", "shutil"}


def third_party(module: str) -> set[str]:
    return outside(module) - set(sys.stdlib_module_names)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_no_other_stage(stage: str) -> None:
    others = {module for other in STAGES if other != stage for module in stage_modules(other)}
    for module in stage_modules(stage):
        assert not reached_from(module) & others


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_knows_nothing_of_aws(stage: str) -> None:
    for module in stage_modules(stage):
        assert not outside(module) & AWS
        assert not [name for name in reached_from(module) if name.startswith("evergreen.aws")]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_only_what_its_layer_holds(stage: str) -> None:
    for module in stage_modules(stage):
        assert third_party(module) <= LIBRARIES[stage]


@pytest.mark.parametrize("module", sorted(name for name in modules() if "aws" in name.split(".")))
def test_an_adapter_runs_where_only_the_core_layer_is(module: str) -> None:
    assert third_party(module) <= CORE | AWS


@pytest.mark.parametrize(
    "module",
    [*(name for name in modules() if name.startswith("evergreen.contracts")), "evergreen.ports"],
)
def test_contracts_and_ports_reach_for_nothing_outside(module: str) -> None:
    assert not outside(module) & IN_AND_OUT
    assert third_party(module) <= {"msgspec", "numpy"}


def test_what_every_stage_shares_runs_on_the_core_layer_alone() -> None:
    for module in ("evergreen.stage", "evergreen.telemetry", "evergreen.settings"):
        assert third_party(module) <= CORE


# Beside them lies what calls them in a container.
HANDLERS = sorted((ROOT / "functions").glob("*/handler.py"))


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.parent.name)
def test_a_handler_wires_its_own_stage_and_no_other(handler: object) -> None:
    stage = handler.parent.name  # type: ignore[attr-defined]
    words = {name.split(".")[1] for name in imported_by(handler) if name.startswith("evergreen.")}  # type: ignore[arg-type]
    assert stage in words
    assert not words & (set(STAGES) - {stage})


def test_only_adapters_and_the_command_line_know_aws() -> None:
    knowing = {name for name, path in modules().items() if imported_by(path) & AWS}
    assert all(name.startswith(("evergreen.aws", "evergreen.cli")) for name in knowing)


def test_what_stages_share_imports_no_stage() -> None:
    in_stages = {module for stage in STAGES for module in stage_modules(stage)}
    others = [name for name in modules() if name not in in_stages]
    shared = [name for name in others if not name.startswith(COMPOSING)]
    assert not {name: found for name in shared if (found := reached_from(name) & in_stages)}


def test_a_simulation_knows_nothing_of_aws_and_only_the_command_line_knows_of_it() -> None:
    simulation = [name for name in modules() if name.startswith("evergreen.simulation")]
    assert not {name for name in simulation if outside(name) & AWS}
    others = [name for name in modules() if not name.startswith(COMPOSING)]
    assert not {name for name in others if reached_from(name) & set(simulation)}


def test_an_erasure_knows_nothing_of_aws_and_runs_on_the_columnar_layer() -> None:
    for module in (name for name in modules() if name.startswith("evergreen.erasure")):
        assert not outside(module) & AWS
        assert third_party(module) <= CORE | {"numpy", "pyarrow"}
