"""The laptop and an account get the same templates but for what is listed here."""

import pytest

from tests.infra.assembly import plain, text

# Resource type: the properties that may differ.
DIFFERENT = {
    "AWS::Lambda::Function": {"Architectures", "Code", "Layers", "Runtime"},
    "AWS::DynamoDB::Table": {"DeletionProtectionEnabled"},
    "AWS::Events::Rule": {"ScheduleExpression"},
}
ONLY_IN_AN_ACCOUNT = {"AWS::Lambda::LayerVersion"}
# Alarms that count sweeps, whose schedule is the laptop's own.
COUNTS_SWEEPS = {"AlarmsSweepMissed": {"Period"}, "AlarmsChecksFail": {"Period"}}
# An emulator has nothing to run containers with: what they are, who may start them, what is told.
CONTAINERS = "Containers"
KNOWS_OF_CONTAINERS = {
    "Workflow": {"DefinitionString"},
    "WorkflowRoleDefaultPolicy": {"PolicyDocument"},
    "WorkflowMapRuns": {"PolicyDocument"},
    "TuneFunction": {"Environment"},
}
OF_ONE = KNOWS_OF_CONTAINERS | COUNTS_SWEEPS


def test_the_laptop_differs_from_an_account_in_the_listed_properties_only(aws, local):
    for stack, template in aws.templates.items():
        there = _without_layers(template["Resources"])
        here = local.templates[stack]["Resources"]
        assert there.keys() == here.keys()
        for name, resource in there.items():
            kind = resource["Type"]
            assert here[name]["Type"] == kind
            differs = DIFFERENT.get(kind, set()) | OF_ONE.get(plain(name), set())
            assert _without(here[name], differs) == _without(resource, differs), name
        assert template["Outputs"] == local.templates[stack]["Outputs"]


def _without_layers(resources):
    return {
        name: resource
        for name, resource in resources.items()
        if resource["Type"] not in ONLY_IN_AN_ACCOUNT and not name.startswith(CONTAINERS)
    }


def _without(resource, differs):
    properties = resource.get("Properties", {})
    return {k: v for k, v in properties.items() if k not in differs}


def test_the_laptop_has_no_container_and_its_functions_know(local):
    kinds = {kind for t in local.templates.values() for kind in map(_kind, _resources(t))}
    assert not {kind for kind in kinds if kind.startswith(("AWS::ECS::", "AWS::EC2::"))}
    told = local.properties("AWS::Lambda::Function")["TuneFunction"]["Environment"]["Variables"]
    assert "EVERGREEN_CONTAINERS" not in told
    machine = local.properties("AWS::StepFunctions::StateMachine")["Workflow"]
    assert "ecs:" not in text(machine["DefinitionString"])


def _resources(template):
    return template["Resources"].values()


def _kind(resource):
    return resource["Type"]


def test_functions_in_an_account_run_python_3_13_on_arm_with_their_dependency_layers(aws):
    functions = aws.properties("AWS::Lambda::Function")
    assert {f["Runtime"] for f in functions.values()} == {"python3.13"}
    assert {tuple(f["Architectures"]) for f in functions.values()} == {("arm64",)}
    names = {
        name: ["".join(layer["Ref"].split("Layers")[1:])[:-8] for layer in function["Layers"]]
        for name, function in functions.items()
    }
    assert names == {
        "IngestFunction": ["Core", "Columnar"],
        "FeaturesFunction": ["Core", "Columnar"],
        "TuneFunction": ["Core", "Learning"],
        "TrainFunction": ["Core", "Learning"],
        "ScoreFunction": ["Core", "Batch"],
        "EvaluateFunction": ["Core", "Learning"],
        "RegisterFunction": ["Core"],
        "DeployFunction": ["Core"],
        "InferFunction": ["Core", "Serving"],
        "MonitorFunction": ["Core", "Columnar"],
        "ConcludeFunction": ["Core", "Columnar"],
        "RetrainFunction": ["Core"],
    }


def test_no_function_starts_more_threads_than_its_memory_buys_processors(aws):
    for function in aws.properties("AWS::Lambda::Function").values():
        threads = int(function["Environment"]["Variables"]["OMP_NUM_THREADS"])
        assert 1 <= threads <= max(1, function["MemorySize"] / 1769)


def test_a_sweep_begins_every_minute_on_the_laptop_and_every_hour_in_an_account(aws, local):
    assert _rate(aws) == "rate(1 hour)"
    assert _rate(local) == "rate(1 minute)"


def _rate(assembly):
    return assembly.properties("AWS::Events::Rule")["SweepSchedule"]["ScheduleExpression"]


def test_functions_on_the_laptop_carry_the_package_without_its_command_line(local, new_app):
    from pathlib import Path

    from infra import settings
    from infra.evergreen import compose

    app = new_app()
    compose(app, settings.local())
    bundle = Path(app.outdir) / "bundles" / "ingest"
    assert (bundle / "handler.py").exists()
    assert (bundle / "evergreen" / "contracts" / "stages.py").exists()
    assert not (bundle / "evergreen" / "cli").exists()
    assert not list(bundle.rglob("*.pyc"))


def test_layers_that_are_not_built_are_named_before_anything_is_synthesised(tmp_path):
    from infra import settings

    with pytest.raises(settings.InvalidSettings, match="'core' is not built; run `make layers`"):
        settings.aws(tmp_path).layer("core")


def test_the_memory_of_ingest_is_as_the_context_says(new_app):
    from infra import settings

    app = new_app()
    app.node.set_context("environment", "local")
    app.node.set_context("ingest_memory", "5120")
    assert settings.settings_from(app.node).ingest_memory == 5120


@pytest.mark.parametrize("given", ["20000", "100", "much"])
def test_a_memory_that_no_function_can_have_is_refused(new_app, given):
    from infra import settings

    app = new_app()
    app.node.set_context("environment", "local")
    app.node.set_context("ingest_memory", given)
    with pytest.raises(settings.InvalidSettings, match=f"ingest_memory={given} is no function's"):
        settings.settings_from(app.node)


def test_an_environment_that_does_not_exist_is_named(new_app):
    from infra import settings

    app = new_app()
    app.node.set_context("environment", "moon")
    with pytest.raises(settings.InvalidSettings, match=r"no environment 'moon'.*aws or local\."):
        settings.settings_from(app.node)


def test_a_teams_own_package_travels_to_whoever_fits_and_to_no_other(new_app, tmp_path):
    from pathlib import Path

    from infra.evergreen import compose
    from infra.settings import settings_from

    package = tmp_path / "churn_models"
    package.mkdir()
    (package / "__init__.py").write_text("")
    app = new_app()
    app.node.set_context("environment", "local")
    app.node.set_context("package", str(package))
    compose(app, settings_from(app.node))
    bundles = Path(app.outdir) / "bundles"
    carry = {one.name for one in bundles.iterdir() if (one / "churn_models").is_dir()}
    assert carry == {"tune", "train"}


def test_a_teams_own_package_is_one_more_layer_in_an_account(new_app, layers, tmp_path):
    from dataclasses import replace

    from aws_cdk import Stack

    from infra import settings
    from infra.constructs.stage_function import _layers

    package = tmp_path / "churn_models"
    package.mkdir()
    (package / "__init__.py").write_text("")
    stack, own = Stack(new_app(), "of"), replace(settings.aws(layers), own=package)
    assert len(_layers(stack, own, "train")) == 3
    assert len(_layers(stack, own, "evaluate")) == 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"vpc": "vpc-1"}, "are given together, or neither"),
        ({"containers": "maybe"}, "takes true or false"),
        ({"trials_at_once": "2000"}, "trials_at_once=2000 is not known; it takes 1 to 1,000"),
        ({"package": "/nowhere"}, "neither a folder with an __init__.py nor a wheel"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_in_a_sentence(new_app, given, sentence):
    from infra import settings

    app = new_app()
    app.node.set_context("environment", "local")
    for name, value in given.items():
        app.node.set_context(name, value)
    with pytest.raises(settings.InvalidSettings, match=sentence):
        settings.settings_from(app.node)
