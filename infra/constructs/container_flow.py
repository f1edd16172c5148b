"""The states that run a stage as a container, where a function would be too small."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.constructs import retries
from infra.constructs.failure_flow import State, catch, said

HOURS = 12  # after which a container that still runs is stopped
_SAID = "$.failure.Item.summary.S"
_RUN_TASK = "arn:aws:states:::ecs:runTask.sync"


@dataclass(frozen=True, kw_only=True)
class Containers:
    """Where containers run, by the names that Amazon ECS knows."""

    cluster: str
    tasks: Mapping[str, str]
    """The family of each stage's task definition: the newest of it runs, so that a run which began
    before a deployment goes on after it."""
    container: str
    subnets: Sequence[str]
    security_group: str
    public_address: bool
    at_once: int
    """Containers of one run's round that may run at the same time."""


def run_task(containers: Containers, stage: str, event: str, size: str) -> State:
    """A container from its start to its end; it fails where the container does.

    Args:
        containers: where.
        stage: whose handler it calls.
        event: the path of what the handler is given.
        size: the path of ``cpu`` and ``memory``, as :class:`evergreen.contracts.fargate.Size` has
            them.
    """
    environment = [
        {"Name": "EVERGREEN_EVENT", "Value.$": f"States.JsonToString({event})"},
        {"Name": "EVERGREEN_CPU", "Value.$": f"{size}.cpu"},
        {"Name": "EVERGREEN_MEMORY", "Value.$": f"{size}.memory"},
    ]
    return {
        "Type": "Task",
        "Resource": _RUN_TASK,
        "TimeoutSeconds": HOURS * 3600,
        "Parameters": {
            "LaunchType": "FARGATE",
            "Cluster": containers.cluster,
            "TaskDefinition": containers.tasks[stage],
            "PropagateTags": "TASK_DEFINITION",
            "NetworkConfiguration": _network(containers),
            "Overrides": {
                "Cpu.$": f"{size}.cpu",
                "Memory.$": f"{size}.memory",
                "ContainerOverrides": [{"Name": containers.container, "Environment": environment}],
            },
        },
        "ResultPath": None,
        "Retry": retries.of_a_container(),
    }


def train_states(containers: Containers, registry: str) -> dict[str, State]:
    """``train`` in a container. What it said when it failed lies in the run's record: a container
    tells the workflow only that it ended."""
    run = run_task(containers, "train", "$.train", "$.tune")
    return {
        "train: event": {
            "Type": "Pass",
            "Parameters": {"run.$": "$.run", "feature_set.$": "$.features.feature_set"},
            "ResultPath": "$.train",
            "Next": "train: container",
        },
        "train: container": run
        | {
            "Comment": "Fit the best configuration, in a container.",
            "Catch": [catch("train: why")],
            "Next": "score",
        },
        "train: why": _why(registry),
        "train: said?": {
            "Type": "Choice",
            "Comment": "A container that never started left no record.",
            "Choices": [
                {
                    "And": [
                        {"Variable": _SAID, "IsPresent": True},
                        {"Not": {"Variable": _SAID, "StringEquals": ""}},
                    ],
                    "Next": "train: sentence",
                }
            ],
            "Default": "failure: container",
        },
        "train: sentence": {
            "Type": "Pass",
            "Parameters": {"said": {"errorMessage.$": _SAID}},
            "ResultPath": "$.failure",
            "Next": "failure: record",
        },
        "failure: container": said(
            "The container of train never started, or ended without saying why, most likely for "
            "lack of memory; set compute.memory_gib higher in the model file."
        ),
    }


def _network(containers: Containers) -> State:
    return {
        "AwsvpcConfiguration": {
            "Subnets": list(containers.subnets),
            "SecurityGroups": [containers.security_group],
            "AssignPublicIp": "ENABLED" if containers.public_address else "DISABLED",
        }
    }


def _why(registry: str) -> State:
    return {
        "Type": "Task",
        "Comment": "What the stage wrote into the run's record before it ended.",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Parameters": {
            "TableName": registry,
            "Key": {
                "pk": {"S.$": "States.Format('RUN#{}', $.run.run_id)"},
                "sk": {"S": "STAGE#train"},
            },
            "ConsistentRead": True,
        },
        "ResultPath": "$.failure",
        "Retry": [retries.again(retries.UNREAD)],
        "Catch": [catch("failure: container", result=None)],
        "Next": "train: said?",
    }
