"""Tune and train as containers: the same handlers and rights, and a way to say what failed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from evergreen.contracts import stages
from evergreen.contracts.search import Compute

from infra.settings import ROOT
from layers.target import PYTHON
from tests.infra.assembly import read, text

SUBNETS = ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1")


@pytest.fixture(scope="module")
def states(aws):
    machine = aws.properties("AWS::StepFunctions::StateMachine")["Workflow"]
    return json.loads(text(machine["DefinitionString"]))["States"]


@pytest.fixture(scope="module")
def tasks(aws):
    return aws.properties("AWS::ECS::TaskDefinition")


def trial(states):
    return states["tune: container trials"]["ItemProcessor"]["States"]["tune: container trial"]


def test_a_container_runs_on_fargate_without_anything_that_reaches_it(states):
    for state in (trial(states), states["train: container"]):
        assert state["Resource"] == "arn:aws:states:::ecs:runTask.sync"
        asked = state["Parameters"]
        assert asked["LaunchType"] == "FARGATE"
        network = asked["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert network["SecurityGroups"] == ["<ContainersNetworkGroup.GroupId>"]
        assert len(network["Subnets"]) == 2
        assert state["TimeoutSeconds"] > 0


def test_each_state_starts_its_own_stages_newest_definition(states, tasks):
    families = {task["Family"] for task in tasks.values()}
    started = [
        s["Parameters"]["TaskDefinition"] for s in (trial(states), states["train: container"])
    ]
    assert started == ["evergreen-training-tune", "evergreen-training-train"]
    assert set(started) == families


def test_a_container_is_given_the_event_that_the_function_is_given(states):
    given = environment(states["train: container"])["EVERGREEN_EVENT"]
    assert given == "States.JsonToString($.train)"
    event = states["train: event"]
    assert event["ResultPath"] == "$.train"
    assert event["Parameters"] == states["train"]["Parameters"]
    assert {key.removesuffix(".$") for key in event["Parameters"]} == set(
        stages.TrainInput.__struct_fields__
    )
    assert environment(trial(states))["EVERGREEN_EVENT"] == "States.JsonToString($.event)"


def test_processors_and_memory_are_those_that_the_search_asked_for(states):
    for state, where in ((trial(states), "$"), (states["train: container"], "$.tune")):
        overrides = state["Parameters"]["Overrides"]
        assert (overrides["Cpu.$"], overrides["Memory.$"]) == (f"{where}.cpu", f"{where}.memory")
        told = environment(state)
        assert told["EVERGREEN_CPU"] == f"{where}.cpu"
        assert told["EVERGREEN_MEMORY"] == f"{where}.memory"
    fields = stages.RecordOutput.__struct_fields__
    assert {"cpu", "memory", "train_in"} <= set(fields)
    assert "container" in Compute.__annotations__["on"].__args__


def test_train_runs_in_a_container_only_when_the_search_is_done_and_says_so(states):
    in_container, in_function = states["tune: enough?"]["Choices"]
    assert in_container["Next"] == "train: event"
    assert in_container["And"][0] == {"Variable": "$.tune.done", "BooleanEquals": True}
    assert in_container["And"][1]["StringEquals"] == "container"
    assert in_function["Next"] == "train"
    assert states["train: container"]["Next"] == states["train"]["Next"] == "score"


def test_what_a_container_said_when_it_failed_becomes_the_runs_reason(states):
    (catch,) = states["train: container"]["Catch"]
    why = states[catch["Next"]]
    assert why["Parameters"]["Key"]["sk"] == {"S": "STAGE#train"}
    assert (why["ResultPath"], "ResultSelector" in why) == ("$.failure", False)
    asked = states[why["Next"]]
    (said,) = asked["Choices"]
    sentence = states[said["Next"]]["Parameters"]["said"]["errorMessage.$"]
    assert sentence == "$.failure.Item.summary.S"
    assert said["And"][0] == {"Variable": sentence, "IsPresent": True}
    assert said["And"][1]["Not"]["StringEquals"] == ""
    assert states[said["Next"]]["Next"] == "failure: record"
    # Without a record there is no path to read, and no state may catch that.
    for way in (asked["Default"], why["Catch"][0]["Next"]):
        assert "lack of memory" in states[way]["Parameters"]["said"]["errorMessage"]
        assert states[way]["Next"] == "failure: record"


def test_a_container_that_ran_is_not_run_again(states):
    for state in (trial(states), states["train: container"]):
        tried = {error for retry in state["Retry"] for error in retry["ErrorEquals"]}
        assert not tried & {"States.ALL", "States.TaskFailed", "States.Timeout"}
        assert "ECS.AmazonECSException" in tried  # no machine is free at the moment


def test_a_container_runs_on_arm_as_nobody_and_writes_to_its_temporary_folder_alone(tasks):
    for task in tasks.values():
        assert task["RuntimePlatform"]["CpuArchitecture"] == "ARM64"
        (container,) = task["ContainerDefinitions"]
        assert container["ReadonlyRootFilesystem"] is True
        (mount,) = container["MountPoints"]
        assert mount["ContainerPath"] == "/tmp"  # noqa: S108
        assert container["LogConfiguration"]["LogDriver"] == "awslogs"


def test_a_container_is_told_the_names_that_its_function_is_told(aws, tasks):
    functions = aws.properties("AWS::Lambda::Function")
    for stage in ("Tune", "Train"):
        (container,) = tasks[f"Containers{stage}Task"]["ContainerDefinitions"]
        told = {one["Name"]: text(one["Value"]) for one in container["Environment"]}
        assert told.pop("EVERGREEN_STAGE") == stage.lower()
        assert told.pop("AWS_DEFAULT_REGION") == "<AWS::Region>"
        variables = functions[f"{stage}Function"]["Environment"]["Variables"]
        named = {k: text(v) for k, v in variables.items() if k.startswith("EVERGREEN_")}
        named.pop("EVERGREEN_CONTAINERS", None)
        assert told == named


def test_nothing_reaches_the_network_and_only_https_leaves_it(aws):
    (group,) = aws.properties("AWS::EC2::SecurityGroup").values()
    assert "SecurityGroupIngress" not in group
    assert not list(aws.of_type("AWS::EC2::SecurityGroupIngress"))
    (leaving,) = group["SecurityGroupEgress"]
    assert (leaving["IpProtocol"], leaving["FromPort"], leaving["ToPort"]) == ("tcp", 443, 443)


def test_no_gateway_that_is_paid_by_the_hour_stands_idle(aws):
    assert not list(aws.of_type("AWS::EC2::NatGateway"))
    kinds = {e.get("VpcEndpointType") for e in aws.properties("AWS::EC2::VPCEndpoint").values()}
    assert kinds == {"Gateway"}
    assert not list(aws.of_type("AWS::ECS::Service"))


def test_containers_go_into_the_accounts_own_network_where_one_is_named(new_app, layers):
    from infra import settings
    from infra.evergreen import compose

    app = new_app()
    own = replace(settings.aws(layers), vpc="vpc-0123456789abcdef0", subnets=SUBNETS)
    compose(app, own)
    made = read(Path(app.synth().directory))
    assert made.findings == []
    assert not list(made.of_type("AWS::EC2::VPC"))
    machine = made.properties("AWS::StepFunctions::StateMachine")["Workflow"]
    state = json.loads(text(machine["DefinitionString"]))["States"]["train: container"]
    network = state["Parameters"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["Subnets"] == list(SUBNETS)
    assert network["AssignPublicIp"] == "DISABLED"


def test_the_image_is_the_functions_layers_and_handlers_and_runs_nothing_while_it_is_built():
    lines = (ROOT / "layers/container/Dockerfile").read_text().splitlines()
    steps = [line.split(" ", 1) for line in lines if line and not line.startswith("#")]
    assert not [step for step in steps if step[0] in ("RUN", "ADD")]
    assert steps[0] == ["FROM", f"public.ecr.aws/docker/library/python:{PYTHON}-slim"]
    (user,) = [rest for word, rest in steps if word == "USER"]
    assert user.split(":")[0] not in ("root", "0")
    assert steps[-1] == ["ENTRYPOINT", '["python", "/srv/functions/container.py"]']


def test_what_the_image_is_built_from_is_the_built_layers_and_both_handlers(new_app, tmp_path):
    from aws_cdk import Stack

    from infra.constructs import container_image
    from infra.settings import aws

    for layer in ("core", "learning", "container"):
        python = tmp_path / layer / "python"
        python.mkdir(parents=True)
        (python / f"{layer}.py").write_text("")
        (python / "shared.py").write_text("alike")
    folder = container_image._context(Stack(new_app(), "of"), aws(tmp_path))
    held = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert held == {
        *("Dockerfile", "functions/container.py"),
        *("functions/tune/handler.py", "functions/train/handler.py"),
        *("python/core.py", "python/learning.py", "python/container.py", "python/shared.py"),
    }


def environment(state):
    """What a state sets for the container that it starts."""
    (container,) = state["Parameters"]["Overrides"]["ContainerOverrides"]
    assert container["Name"] == "stage"
    return {one["Name"]: one["Value.$"] for one in container["Environment"]}
