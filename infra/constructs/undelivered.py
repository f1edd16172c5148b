"""Where events go that no function took."""

from aws_cdk import Duration
from aws_cdk.aws_sqs import Queue, QueueEncryption
from constructs import Construct

from infra.constructs.acknowledged import acknowledge


class Undelivered(Queue):
    """An encrypted queue that keeps an undelivered event for two weeks."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(
            scope,
            name,
            encryption=QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(self, "SQS3", "This is the queue of dead letters.")
