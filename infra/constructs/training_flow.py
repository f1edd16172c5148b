"""The workflow's states in the Amazon States Language: tune, train, check, deploy, or say why not.

State names are the words of the design; a state's output carries keys and one line for people.
"""

from collections.abc import Mapping

from infra.constructs.container_flow import Containers, train_states
from infra.constructs.failure_flow import State, failure_states, notify, start, task
from infra.constructs.tune_flow import tune_states

RUN = {"run.$": "$.run"}
FEATURE_SET = {"feature_set.$": "$.features.feature_set"}
DATASET = {"dataset.$": "$.ingest.dataset"}
CHAMPION = {"champion.$": "$.score.champion"}


def training_flow(
    functions: Mapping[str, str],
    *,
    artifacts: str,
    registry: str,
    topic: str,
    trials_at_once: int,
    containers: Containers | None,
) -> State:
    """The whole state machine.

    Args:
        functions: the ARN of each stage's function.
        artifacts: the name of the artifacts bucket.
        registry: the name of the registry's table.
        topic: the ARN of the topic that hears of failures.
        trials_at_once: how many trials of a round may run at the same time, as functions.
        containers: where trials and train run that are too big for a function; None: nowhere.
    """
    states = _stages(functions, topic)
    states |= tune_states(
        functions["tune"], bucket=artifacts, trials_at_once=trials_at_once, containers=containers
    )
    if containers:
        states |= train_states(containers, registry)
    states |= failure_states(registry=registry, topic=topic)
    return {
        "Comment": "ingest, features, tune, train, score, evaluate, register, deploy",
        "StartAt": "start",
        "States": states,
    }


def _stages(functions: Mapping[str, str], topic: str) -> State:
    return (
        {"start": start("ingest")}
        | _stage("ingest", functions, RUN, "features", "Raw tables become a dataset version.")
        | _stage(
            "features",
            functions,
            RUN | DATASET,
            "tune: suggest",
            "Split in time order; signature and baseline profile.",
        )
        | _stage("train", functions, RUN | FEATURE_SET, "score", "Fit the best configuration.")
        | _stage(
            "score",
            functions,
            RUN | FEATURE_SET,
            "evaluate",
            "Candidate and champion on the hold-out, in the runtime that serves.",
        )
        | _stage(
            "evaluate",
            functions,
            RUN | FEATURE_SET | CHAMPION,
            "gate",
            "Parity, metric, fairness, size, and the champion: a verdict.",
        )
        | _gate()
        | _stage(
            "register",
            functions,
            RUN | DATASET | FEATURE_SET,
            "deploy",
            "The candidate becomes a numbered version.",
        )
        | _deploy(functions["deploy"])
        | _withdrawn(topic)
        | _ends()
    )


def _stage(
    name: str, functions: Mapping[str, str], payload: State, next_state: str, comment: str
) -> dict[str, State]:
    return {name: task(functions[name], payload, f"$.{name}", next_state, comment)}


def _gate() -> dict[str, State]:
    passed = {"Variable": "$.evaluate.passed", "BooleanEquals": True, "Next": "register"}
    return {
        "gate": {
            "Type": "Choice",
            "Comment": "Only a candidate that passed every gate becomes a version.",
            "Choices": [passed],
            "Default": "refused",
        }
    }


def _deploy(function: str) -> dict[str, State]:
    version = RUN | {"version.$": "$.register.version"} | CHAMPION
    return {
        "deploy": task(
            function,
            version,
            "$.deploy",
            "deploy: next",
            "The version goes on trial beside the champion; without one it serves at once.",
        ),
        "deploy: next": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.deploy.state", "StringEquals": "serves", "Next": "deployed"},
                {"Variable": "$.deploy.state", "StringEquals": "on trial", "Next": "deploy: wait"},
            ],
            "Default": "withdrawn: notify",
        },
        "deploy: wait": {
            "Type": "Wait",
            "Comment": "Until the trial is looked at again.",
            "SecondsPath": "$.deploy.wait_seconds",
            "Next": "deploy: watch",
        },
        "deploy: watch": task(
            function,
            {"step": "watch"} | version,
            "$.deploy",
            "deploy: next",
            "Errors, time and answers of both versions: go on, take over, or be taken back.",
        ),
    }


def _withdrawn(topic: str) -> dict[str, State]:
    """Nothing failed, but people want to hear of it."""
    return {
        "withdrawn: notify": notify(
            topic,
            subject="States.Format('Evergreen: a version of {} was taken back', $.run.model)",
            message="States.Format('Run {} of {}: {} Execution: {}', $.run.run_id, $.run.model,"
            " $.deploy.summary, $$.Execution.Id)",
            next_state="withdrawn",
        )
    }


def _ends() -> dict[str, State]:
    return {
        "deployed": {
            "Type": "Succeed",
            "Comment": "The new version serves.",
            "OutputPath": "$.deploy",
        },
        "withdrawn": {
            "Type": "Succeed",
            "Comment": "The trial went badly, or a person ended it; the champion stays.",
            "OutputPath": "$.deploy",
        },
        "refused": {
            "Type": "Succeed",
            "Comment": "The candidate missed a gate; the champion stays.",
            "OutputPath": "$.evaluate",
        },
    }
