"""The states of the search: suggest a round, try it, record it, until it is enough.

A round runs in one of three ways, which ``suggest`` chooses: a few trials side by side in this
execution's own history, many as executions of their own, or each in a container. All three give a
trial the same event, and in none of them does a trial that fails end the run.
"""

from infra.constructs import retries
from infra.constructs.container_flow import Containers, run_task
from infra.constructs.failure_flow import State, catch, task

ASKED = {"run.$": "$.run", "feature_set.$": "$.features.feature_set"}
TRIAL = {"step": "trial", "trial.$": "$$.Map.Item.Value"}
TRIALS_AT_MOST = 1000  # of a round, as the model file allows; a test holds the two together


def tune_states(
    function: str, *, bucket: str, trials_at_once: int, containers: Containers | None
) -> dict[str, State]:
    """From ``tune: suggest`` to ``tune: enough?``.

    Args:
        function: the ARN of the function that tunes.
        bucket: the name of the artifacts bucket, where a round's trials lie.
        trials_at_once: how many functions may try at the same time.
        containers: where containers run, or None where there are none.
    """
    states = {
        "tune: suggest": task(
            function,
            {"step": "suggest"} | ASKED,
            "$.round",
            "tune: where",
            "The next round of configurations, from what earlier rounds found.",
        ),
        "tune: where": _where(containers),
        "tune: trials": _inline(function, trials_at_once),
        "tune: distributed trials": _distributed(function, bucket, trials_at_once),
        "tune: record": task(
            function,
            {"step": "record"} | ASKED,
            "$.tune",
            "tune: enough?",
            "Which trial leads, and whether the budget is spent.",
        ),
        "tune: enough?": _enough(containers),
    }
    if containers:
        states["tune: container trials"] = _contained(containers, bucket)
    return states


def _where(containers: Containers | None) -> State:
    ways = {"distributed": "tune: distributed trials"}
    if containers:
        ways["container"] = "tune: container trials"
    return {
        "Type": "Choice",
        "Comment": "A few trials, many, or such as a function is too small for.",
        "Choices": [
            {"Variable": "$.round.place", "StringEquals": place, "Next": state}
            for place, state in ways.items()
        ],
        "Default": "tune: trials",
    }


def _enough(containers: Containers | None) -> State:
    done = {"Variable": "$.tune.done", "BooleanEquals": True}
    in_container = {"Variable": "$.tune.train_in", "StringEquals": "container"}
    choices: list[State] = [done | {"Next": "train"}]
    if containers:
        choices.insert(0, {"And": [done, in_container], "Next": "train: event"})
    return {"Type": "Choice", "Choices": choices, "Default": "tune: suggest"}


def _inline(function: str, trials_at_once: int) -> State:
    return _round("tune: trial", _called(function), trials_at_once) | {
        "Comment": "All trials of the round, side by side.",
        "ItemsPath": "$.round.trials",
        "ItemSelector": TRIAL,
    }


def _distributed(function: str, bucket: str, trials_at_once: int) -> State:
    return (
        _round("tune: distributed trial", _called(function), trials_at_once, distributed=True)
        | _items(bucket)
        | {
            "Comment": "All trials of a round that is too long for one history.",
            "Label": "trials",
            "ItemSelector": TRIAL,
        }
    )


def _contained(containers: Containers, bucket: str) -> State:
    trial = run_task(containers, "tune", "$.event", "$")
    return (
        _round("tune: container trial", trial, containers.at_once, distributed=True)
        | _items(bucket)
        | {
            "Comment": "All trials of a round, each in a container.",
            "Label": "containers",
            "ItemSelector": {
                "event": TRIAL,
                "cpu.$": "$.round.cpu",
                "memory.$": "$.round.memory",
            },
        }
    )


def _items(bucket: str) -> State:
    return {
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": bucket, "Key.$": "$.round.items"},
        },
        "ToleratedFailureCount": TRIALS_AT_MOST,
    }


def _round(name: str, trial: State, at_once: int, *, distributed: bool = False) -> State:
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"} if distributed else None
    return {
        "Type": "Map",
        "MaxConcurrency": at_once,
        "ItemProcessor": {
            "ProcessorConfig": mode or {"Mode": "INLINE"},
            "StartAt": name,
            "States": {
                name: trial | {"Catch": [catch(f"{name} failed")], "End": True},
                f"{name} failed": {
                    "Type": "Pass",
                    "Comment": "A trial that crashes is a bad trial, not a failed run.",
                    "End": True,
                },
            },
        },
        "ResultPath": None,
        "Catch": [catch("failure: read")],
        "Next": "tune: record",
    }


def _called(function: str) -> State:
    return {
        "Type": "Task",
        "Comment": "Fit one configuration; its result lies beside the others in the run.",
        "Resource": function,
        "Retry": retries.of_a_trial(),
    }
