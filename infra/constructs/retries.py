"""What is tried again, how often, and what is not: by the names that errors have in a workflow.

A function that ran out of memory or of time would do so again, and each attempt costs as much as
the first; a service that did not answer costs nothing.
"""

from typing import Any

# The account runs as many functions as it may; others come to their end.
THROTTLED = ("Lambda.TooManyRequestsException",)
# What AWS may answer although nothing is wrong with the input.
UNANSWERED = (
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
)
# The function's process ended: for lack of memory, or by whoever runs the machine.
KILLED = ("Lambda.Unknown", "Runtime.ExitError")
# Fargate has no machine at the moment, or the service did not answer; nothing has run yet.
UNPLACED = (
    "AmazonECS.Unknown",
    "ECS.AmazonECSException",
    "ECS.SdkClientException",
    "ECS.ServerException",
    "ECS.ThrottlingException",
)
# What the registry's table may answer.
UNREAD = (
    "DynamoDB.InternalServerErrorException",
    "DynamoDB.ProvisionedThroughputExceededException",
    "DynamoDB.SdkClientException",
)


def of_a_stage() -> list[dict[str, Any]]:
    """A stage whose function was killed gets one more attempt, since the run depends on it."""
    return [*of_a_trial(), again(KILLED, attempts=1)]


def of_a_trial() -> list[dict[str, Any]]:
    """A trial that was killed is lost, and the search goes on without it."""
    return [again(THROTTLED, attempts=20, longest=60), again(UNANSWERED)]


def of_a_container() -> list[dict[str, Any]]:
    """A container is tried again only while it did not start."""
    return [again(UNPLACED, attempts=10, longest=300)]


def again(errors: tuple[str, ...], attempts: int = 4, longest: int = 30) -> dict[str, Any]:
    """More attempts, each after a random time up to twice the one before, ``longest`` seconds."""
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": 2,
        "MaxAttempts": attempts,
        "BackoffRate": 2,
        "MaxDelaySeconds": longest,
        "JitterStrategy": "FULL",
    }
