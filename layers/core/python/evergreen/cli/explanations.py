"""A prediction explained again, from what was kept of it."""

import math
from datetime import date, datetime
from typing import Any

import click
import msgspec

from evergreen import captured
from evergreen.cli.client import Client
from evergreen.cli.cloud import Cloud
from evergreen.cli.command import on_cloud
from evergreen.cli.show import Show, table
from evergreen.contracts.capture import CapturedRow
from evergreen.contracts.registry import Version
from evergreen.errors import NotFound
from evergreen.registered import read_signature, verified

_CLOSE = 1e-6


@click.command()
@click.argument("model")
@click.argument("prediction")
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Its day, in UTC."
)
@on_cloud
def explain(client: Client, show: Show, model: str, prediction: str, day: datetime) -> None:
    """Explain the PREDICTION that MODEL made, named by its id, again.

    From its capture and the version that made it, on this machine: nothing is predicted anew.
    """
    found = again(client.cloud, model, _made(client.cloud, model, prediction, day.date()))
    why = found["explanation"]
    then = found["value"] if "value" in found else found["probability"]
    if not math.isclose(found["again"], then, rel_tol=_CLOSE, abs_tol=_CLOSE):
        show.note(f"The version answers {found['again']} here: its runtime or processor differs.")
    label = f", '{found['label']}'," if "label" in found else ""
    show.result(
        found,
        f"Version {found['version']} answered {then:.4f}{label} "
        f"at {found['at']}; {why['base']:.4f} is its mean answer ({why['unit']}).",
        table(("column", "value", why["unit"]), [list(c.values()) for c in why["contributions"]]),
        *(f"Reason {n}: {reason['text']}" for n, reason in enumerate(why["reasons"], start=1)),
    )


def _made(cloud: Cloud, model: str, prediction: str, day: date) -> captured.Prediction:
    cloud.registry.model(model)  # says so where there is none
    found = captured.find(cloud.features, model, prediction, day.isoformat())
    if found is None:
        raise NotFound(f"No prediction '{prediction}' of '{model}' was captured on {day}.")
    return found


def again(cloud: Cloud, model: str, made: captured.Prediction) -> dict[str, Any]:
    """The prediction with its explanation; ``again`` is what the version answers here.

    Raises:
        NotFound: the version or a part of it is not there.
        ArtifactChanged: a part of the version is not what was registered.
        NotExplainable: the version cannot explain its predictions.
        RejectedRows: the capture lacks columns, as where they are not kept.
    """
    # Imported here because the graph's runtime takes longer than most commands.
    from evergreen.graph import Graph
    from evergreen.infer import answers
    from evergreen.infer.explain import Explanations
    from evergreen.infer.graphs import Served
    from evergreen.infer.reader import Reader

    def artifact(version: Version, name: str) -> bytes:
        return verified(cloud.artifacts, getattr(version.draft, name))

    version = cloud.registry.version(model, made.version)
    signature = read_signature(cloud.artifacts, version)
    served = Served(version, signature, Graph(artifact(version, "graph")), Reader(signature))
    matrix = served.reader.read([made.values]).matrix
    decision = cloud.registry.model(model).file.decision
    several = signature.problem == "multiclass"
    then = list(made.answer) if several else made.answer[0]
    named = answers.labels(signature, [then], version.draft.threshold)
    explained = Explanations(artifact).explain(decision, served, [made.values], matrix, named)
    row = CapturedRow(made.id, made.values)
    (answer,) = answers.answered(signature, [row], [then], named, explained)
    (now,) = answers.score(served, matrix)
    return {
        **msgspec.to_builtins(answer),
        "at": made.at,
        "version": version.number,
        "again": now[signature.classes.index(named[0])] if several else now,
    }
