"""The states that score a whole table: plan, a Distributed Map over row groups, finish."""

from infra.constructs.failure_flow import State, catch, failure_states, start, task

RUN = {"run.$": "$.run"}
CHUNKS_AT_MOST = 1000  # as the plan makes them; a test holds the two together

# What nobody but a person can put right: the same chunk would say the same again.
FOR_PEOPLE = ("ArtifactChanged", "Conflict", "GraphMismatch", "InvalidTable", "NotFound")


def batch_flow(
    function: str, *, bucket: str, registry: str, topic: str, chunks_at_once: int
) -> State:
    """The whole state machine.

    Args:
        function: the ARN of the function that scores.
        bucket: the name of the features bucket, where the plan lies.
        registry: the name of the registry's table.
        topic: the ARN of the topic that hears of failures.
        chunks_at_once: how many workers may score at the same time.
    """
    return {
        "Comment": "A table in chunks, each scored by a worker of its own.",
        "StartAt": "start",
        "States": {
            "start": start("score: plan", {"keep.$": "$.keep"}),
            "score: plan": task(
                function,
                {"step": "plan", "keep.$": "$.keep"} | RUN,
                "$.plan",
                "score: chunks",
                "Which row groups each worker takes, from the files' footers.",
            ),
            "score: chunks": _chunks(function, bucket, chunks_at_once),
            "score: finish": task(
                function,
                {"step": "finish", "plan.$": "$.plan"} | RUN,
                "$.finish",
                "scored",
                "Every chunk has its report; the manifest sums them up.",
            ),
            "scored": {
                "Type": "Succeed",
                "Comment": "The predictions lie beside their manifest.",
                "OutputPath": "$.finish",
            },
        }
        | failure_states(registry=registry, topic=topic),
    }


def _chunks(function: str, bucket: str, chunks_at_once: int) -> State:
    return {
        "Type": "Map",
        "Comment": "A chunk that failed for good stops no other; the end says which it was.",
        "Label": "chunks",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": bucket, "Key.$": "$.plan.items"},
        },
        "ItemSelector": {"step": "chunk", "chunk.$": "$$.Map.Item.Value"} | RUN,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "score: chunk",
            "States": {"score: chunk": _chunk(function)},
        },
        "MaxConcurrency": chunks_at_once,
        "ToleratedFailureCount": CHUNKS_AT_MOST,
        "ResultPath": None,
        "Catch": [catch("failure: read")],
        "Next": "score: finish",
    }


def _chunk(function: str) -> State:
    """A worker that was killed, ran out of memory or stopped answering is replaced."""
    again = {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "MaxAttempts": 3,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    }
    return {
        "Type": "Task",
        "Comment": "Predictions of neighbouring row groups, as one part.",
        "Resource": function,
        "Retry": [{"ErrorEquals": list(FOR_PEOPLE), "MaxAttempts": 0}, again],
        "End": True,
    }
