"""From raw tables to a version that serves: the workflow and its functions."""

from typing import NamedTuple

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from infra.constructs.batch_workflow import BatchWorkflow
from infra.constructs.notifications import Notifications
from infra.constructs.stage_access import StageAccess
from infra.constructs.stage_function import StageFunction
from infra.constructs.training_workflow import TrainingWorkflow
from infra.constructs.view_workflow import ViewWorkflow
from infra.settings import Settings
from infra.storage_stack import StorageStack


class _Shape(NamedTuple):
    does: str
    memory: int
    minutes: int


# 1769 MB is one processor; what loads scikit-learn or pyarrow needs the room as well.
STAGES = {
    "ingest": _Shape("Raw tables become a dataset version.", 3008, 10),
    "features": _Shape("A dataset becomes a feature set, or features of a view.", 3008, 10),
    "tune": _Shape("Suggests, runs and records trials.", 3008, 15),
    "train": _Shape("Fits the best configuration.", 3008, 15),
    "score": _Shape("Scores candidate, champion and whole tables.", 3008, 15),
    "evaluate": _Shape("Judges the candidate.", 3008, 10),
    "register": _Shape("Makes the candidate a version.", 512, 2),
    "deploy": _Shape("Puts a version on trial, watches it, moves the alias.", 512, 2),
}


class TrainingStack(Stack):
    """Eight functions, the workflow that calls them, containers for what is too big for a function,
    and who hears when a run fails."""

    def __init__(
        self, scope: Construct, name: str, *, settings: Settings, storage: StorageStack
    ) -> None:
        super().__init__(scope, name, description="Evergreen: the training workflow.")
        stages = {
            stage: StageFunction(
                self,
                stage=stage,
                does=shape.does,
                settings=settings,
                memory=settings.ingest_memory if stage == "ingest" else shape.memory,
                timeout=Duration.minutes(shape.minutes),
            )
            for stage, shape in STAGES.items()
        }
        containers = None
        if settings.containers:
            # Three seconds of import that the laptop need not wait.
            from infra.constructs.stage_containers import StageContainers

            containers = StageContainers(self, settings)
        _allow(stages, dict(containers.stages) if containers else {}, storage)
        if containers:
            stages["tune"].tell("EVERGREEN_CONTAINERS", "true")
        self.score = stages["score"].function
        self.notifications = Notifications(self, "Notifications")
        self.workflow = TrainingWorkflow(
            self,
            "Workflow",
            settings=settings,
            functions={stage: function.function for stage, function in stages.items()},
            containers=containers,
            artifacts=storage.artifacts,
            registry=storage.registry,
            notifications=self.notifications,
        )
        self.batch = BatchWorkflow(
            self,
            "Batch",
            score=stages["score"].function,
            features=storage.features,
            registry=storage.registry,
            notifications=self.notifications,
            chunks_at_once=settings.chunks_at_once,
        )
        self.views = ViewWorkflow(
            self,
            "Views",
            functions={stage: stages[stage].function for stage in ("ingest", "features")},
            registry=storage.registry,
            notifications=self.notifications,
        )
        CfnOutput(self, "WorkflowArn", value=self.workflow.state_machine_arn)
        CfnOutput(self, "BatchWorkflowArn", value=self.batch.state_machine_arn)
        CfnOutput(self, "ViewWorkflowArn", value=self.views.state_machine_arn)
        CfnOutput(self, "NotificationsTopic", value=self.notifications.topic.topic_arn)


def _allow(
    stages: dict[str, StageFunction], containers: dict[str, StageAccess], storage: StorageStack
) -> None:
    """What each stage touches, and nothing else; its container touches the same."""
    for one in (*stages.values(), *containers.values()):
        one.uses_registry(storage.registry)
    features, artifacts = storage.features, storage.artifacts
    stages["ingest"].uses_features(
        features,
        reads=("raw", "captures", "feedback", "datasets", "privacy"),
        writes=("datasets", "privacy"),
    )
    stages["features"].uses_features(
        features,
        reads=("datasets", "feature-sets", "feature-views", "privacy"),
        writes=("feature-sets", "feature-views"),
    )
    stages["features"].uses_online(storage.online, writes=True)
    # A search begins where the model's earlier runs ended.
    for one in (stages["tune"], *(c for stage, c in containers.items() if stage == "tune")):
        one.lists_runs(storage.registry)
    learning: list[StageAccess] = [stages[stage] for stage in ("tune", "train", "evaluate")]
    for one in (*learning, *containers.values()):
        one.uses_features(features, reads=("feature-sets",))
        one.uses_artifacts(artifacts, reads=("runs",), writes=("runs",))
    stages["score"].uses_features(
        features,
        reads=("feature-sets", "raw", "batches", "captures", "feedback", "privacy"),
        writes=("batches",),
    )
    stages["score"].uses_online(storage.online)
    stages["score"].uses_artifacts(artifacts, reads=("runs", "models"), writes=("runs", "sweeps"))
    stages["register"].uses_features(features, reads=("feature-sets", "datasets"))
    stages["register"].uses_artifacts(artifacts, reads=("runs",), writes=("models",))
    stages["deploy"].uses_features(features, reads=("captures",))
    stages["deploy"].uses_artifacts(artifacts, reads=("models", "runs"))
