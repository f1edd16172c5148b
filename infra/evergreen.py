"""The four stacks and what they hand each other."""

from aws_cdk import App

from infra.monitoring_stack import MonitoringStack
from infra.serving_stack import ServingStack
from infra.settings import Settings
from infra.storage_stack import StorageStack
from infra.training_stack import TrainingStack


def compose(app: App, settings: Settings) -> None:
    """Build all stacks below ``app``, in the order they depend on each other."""
    storage = StorageStack(app, "evergreen-storage", settings=settings)
    training = TrainingStack(app, "evergreen-training", settings=settings, storage=storage)
    serving = ServingStack(app, "evergreen-serving", settings=settings, storage=storage)
    MonitoringStack(
        app,
        "evergreen-monitoring",
        settings=settings,
        storage=storage,
        training=training,
        serving=serving,
    )
