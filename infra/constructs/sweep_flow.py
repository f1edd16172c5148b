"""The states of a sweep: which models are due, a Distributed Map over batches of them, conclude.

Without a model that is due it ends after two states. A batch that is lost stops no other: conclude
finds which models it leaves without a finding, and reports them.
"""

from infra.constructs import retries
from infra.constructs.failure_flow import State, catch

MODELS_AT_MOST = 25  # of a batch, as `due` makes them; a test holds the two together
BATCHES_AT_MOST = 10_000

# A worker that a model ends is replaced, and the next goes on behind that model.
REPLACED = ("States.ALL",)


def sweep_flow(
    *, monitor: str, conclude: str, score: str, bucket: str, batches_at_once: int
) -> State:
    """The whole state machine.

    Args:
        monitor: the ARN of the function that finds what is due, and checks.
        conclude: the ARN of the function that acts on what was found.
        score: the ARN of the function that compares two versions.
        bucket: the name of the artifacts bucket, where the batches lie.
        batches_at_once: how many workers may check at the same time.
    """
    return {
        "Comment": "Every model that is due, held against what it learned.",
        "StartAt": "due",
        "States": {
            "due": {
                "Type": "Task",
                "Comment": "Which models are due; a repeated event is the same sweep.",
                "Resource": monitor,
                "Parameters": {
                    "step": "due",
                    "at.$": "$.at",
                    "models.$": "$.models",
                    "execution.$": "$$.Execution.Name",
                },
                "Retry": retries.of_a_stage(),
                "Next": "due: any?",
            },
            "due: any?": {
                "Type": "Choice",
                "Comment": "Where nothing was served and nothing decided, there is nothing to do.",
                "Choices": [{"Variable": "$.batches", "NumericEquals": 0, "Next": "none due"}],
                "Default": "check",
            },
            "none due": {"Type": "Succeed"},
            "check": _batches(monitor, score, bucket, batches_at_once),
            "conclude": {
                "Type": "Task",
                "Comment": "Looks at the fleet as a whole, announces decisions and tells people.",
                "Resource": conclude,
                "Parameters": {"sweep.$": "$.sweep", "at.$": "$.at"},
                "Retry": [*retries.of_a_trial(), retries.again(REPLACED)],
                "End": True,
            },
        },
    }


def _batches(monitor: str, score: str, bucket: str, batches_at_once: int) -> State:
    return {
        "Type": "Map",
        "Comment": "Some models each, by workers side by side.",
        "Label": "batches",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": bucket, "Key.$": "$.items"},
        },
        "ItemSelector": {"step": "check", "batch.$": "$$.Map.Item.Value"},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "check: models",
            "States": _batch(monitor, score),
        },
        "MaxConcurrency": batches_at_once,
        "ToleratedFailureCount": BATCHES_AT_MOST,
        "ResultPath": None,
        "Next": "conclude",
    }


def _batch(monitor: str, score: str) -> dict[str, State]:
    return {
        "check: models": {
            "Type": "Task",
            "Comment": "One model after the other; a model that fails stops no other.",
            "Resource": monitor,
            "Parameters": {"step": "check", "batch.$": "$.batch"},
            "ResultPath": "$.checked",
            "Retry": [
                *retries.of_a_trial(),
                retries.again(REPLACED, attempts=MODELS_AT_MOST, longest=10),
            ],
            "Catch": [catch("check: lost")],
            "Next": "check: next",
        },
        "check: next": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.checked.left",
                    "NumericGreaterThan": 0,
                    "Next": "check: models",
                },
                {
                    "Variable": "$.checked.contests[0]",
                    "IsPresent": True,
                    "Next": "check: contests",
                },
            ],
            "Default": "checked",
        },
        "check: contests": _contests(score),
        "checked": {"Type": "Succeed", "OutputPath": "$.checked"},
        "check: lost": {
            "Type": "Pass",
            "Comment": "Conclude finds which models have no finding, and reports them.",
            "End": True,
        },
    }


def _contests(score: str) -> State:
    return {
        "Type": "Map",
        "Comment": "A version that does worse, beside the one before it on the same rows.",
        "ItemsPath": "$.checked.contests",
        "ItemSelector": {
            "step": "contest",
            "sweep.$": "$.checked.sweep",
            "contest.$": "$$.Map.Item.Value",
        },
        "MaxConcurrency": 1,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "score: contest",
            "States": {
                "score: contest": {
                    "Type": "Task",
                    "Resource": score,
                    "Retry": retries.of_a_stage(),
                    "Catch": [catch("score: contest failed")],
                    "End": True,
                },
                "score: contest failed": {
                    "Type": "Pass",
                    "Comment": "What was not compared is not rolled back.",
                    "End": True,
                },
            },
        },
        "ResultPath": None,
        "Next": "checked",
    }
