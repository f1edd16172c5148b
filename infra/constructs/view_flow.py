"""The states that build a feature view: ingest its table, add it to the view, serve what is new."""

from collections.abc import Mapping

from infra.constructs.failure_flow import State, failure_states, start, task

RUN = {"run.$": "$.run"}


def view_flow(functions: Mapping[str, str], *, registry: str, topic: str) -> State:
    """The whole state machine.

    Args:
        functions: the ARNs of the functions ``ingest`` and ``features``.
        registry: the name of the registry's table.
        topic: the ARN of the topic that hears of failures.
    """
    return {
        "Comment": "A view's table becomes features, in partitions and in the online store.",
        "StartAt": "start",
        "States": {
            "start": start("ingest"),
            "ingest": task(
                functions["ingest"],
                RUN,
                "$.ingest",
                "features: build",
                "The view's raw table becomes a dataset version.",
            ),
            "features: build": task(
                functions["features"],
                {"step": "build", "dataset.$": "$.ingest.dataset"} | RUN,
                "$.features",
                "features: materialise",
                "The months that the dataset changes are computed anew and committed.",
            ),
            "features: materialise": task(
                functions["features"],
                {"step": "materialise", "build.$": "$.features.build"} | RUN,
                "$.materialise",
                "built",
                "The newest row of each entity goes to the online store, unless a newer is there.",
            ),
            "built": {
                "Type": "Succeed",
                "Comment": "Models learn from the build, and serving reads it.",
                "OutputPath": "$.materialise",
            },
        }
        | failure_states(registry=registry, topic=topic),
    }
