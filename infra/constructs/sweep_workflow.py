"""The state machine that looks at all models."""

from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_s3 import IBucket
from constructs import Construct

from infra.constructs.map_runs import allow_map_runs
from infra.constructs.sweep_flow import sweep_flow
from infra.constructs.workflow import Workflow


class SweepWorkflow(Workflow):
    """One execution is one sweep. Each batch of models is one of its own below a map run."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        monitor: IFunction,
        conclude: IFunction,
        score: IFunction,
        artifacts: IBucket,
        batches_at_once: int,
    ) -> None:
        flow = sweep_flow(
            monitor=monitor.function_arn,
            conclude=conclude.function_arn,
            score=score.function_arn,
            bucket=artifacts.bucket_name,
            batches_at_once=batches_at_once,
        )
        super().__init__(
            scope,
            name,
            does="models that are due, their checks, what follows from them.",
            flow=flow,
            functions=[monitor, conclude, score],
        )
        allow_map_runs(self, ["batches"], items=artifacts, prefix="sweeps")
