"""Says why a rule of AWS Solutions does not hold for one construct."""

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk.aws_s3 import IBucket
from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept one finding of ``rule`` (``AwsSolutions-`` is added) below ``construct``."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def acknowledge_prefix(construct: IConstruct, bucket: IBucket, prefix: str, reason: str) -> None:
    """Accept that ``construct`` may touch every object below a prefix of another stack's bucket."""
    owner = Stack.of(bucket)
    arn = owner.resolve(owner.export_value(bucket.bucket_arn))["Fn::ImportValue"]
    acknowledge(construct, f"IAM5[Resource::{arn}/{prefix}/*]", reason)
