"""What computing costs, by Amazon's published prices.

On demand, us-east-1, in US dollars, arm64, without any free tier, as the pages below gave them up
to 2025-11. One table, so that it is easy to look again.
"""

import math
from typing import Literal

from msgspec import Struct

LAMBDA_GIB_SECOND = 0.0000133334  # https://aws.amazon.com/lambda/pricing/, first tier
LAMBDA_REQUEST = 0.20e-6
STATE_TRANSITION = 25e-6  # https://aws.amazon.com/step-functions/pricing/, standard workflows
STORE_WRITE = 5e-6  # https://aws.amazon.com/s3/pricing/, standard: a PUT or a LIST
STORE_READ = 0.4e-6
TABLE_READ = 0.125e-6  # https://aws.amazon.com/dynamodb/pricing/on-demand/, up to 4 KB
EVENT = 1e-6  # https://aws.amazon.com/eventbridge/pricing/, of one's own
FARGATE_PROCESSOR_HOUR = 0.03238  # https://aws.amazon.com/fargate/pricing/, Linux on arm64
FARGATE_GIB_HOUR = 0.00356
FARGATE_SECONDS_AT_LEAST = 60.0


class Worker(Struct, frozen=True):
    """What a step runs on. A ``process`` is somebody's own machine, and costs nothing here."""

    kind: Literal["lambda", "container", "process"] = "process"
    memory_gib: float = 0.0
    processors: float = 1.0


HERE = Worker()
"""This very process."""


def dollars(worker: Worker, seconds: float) -> float:
    """What ``seconds`` of work on a worker cost, the request included.

    A function is billed by the millisecond begun, a container by the second and for a minute at
    least; a start that is billed but not measured here is not in it.
    """
    if worker.kind == "lambda":
        billed = math.ceil(seconds * 1000) / 1000
        return billed * worker.memory_gib * LAMBDA_GIB_SECOND + LAMBDA_REQUEST
    if worker.kind == "container":
        hours = max(math.ceil(seconds), FARGATE_SECONDS_AT_LEAST) / 3600
        return hours * (
            worker.processors * FARGATE_PROCESSOR_HOUR + worker.memory_gib * FARGATE_GIB_HOUR
        )
    return 0.0


def transitions(count: int) -> float:
    """What ``count`` state transitions of a standard workflow cost."""
    return count * STATE_TRANSITION
