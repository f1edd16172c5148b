"""Predictions, and what became of them."""

from typing import Any

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from evergreen.cli import tables
from evergreen.cli.client import Client
from evergreen.cli.command import on_cloud
from evergreen.cli.show import Show, table

_ROWS_SHOWN = 20


@click.command()
@click.argument("model")
@click.option("--rows", "path", required=True, help="CSV, JSON or JSON Lines; - is standard input.")
@on_cloud
def predict(client: Client, show: Show, model: str, path: str) -> None:
    """Ask MODEL's champion about rows, through the API."""
    given = tables.read(path, "instances")
    rows, left_out = tables.fit(given, client.describe(model)["signature"])
    if left_out:
        show.note(f"Not sent, because the model does not take them: {', '.join(left_out)}.")
    with show.progress("predicting", len(rows)) as done:
        found = client.predict(model, rows, done)
    shown = found["predictions"][:_ROWS_SHOWN]
    parts: list[RenderableType] = [_table(shown)]
    if more := len(rows) - len(shown):
        parts.append(Text(f"and {more:,} more; --json gives all of them", style="dim"))
    counted = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
    parts.append(Text(f"{counted} answered by version {found['version']} of '{model}'."))
    for column, count in found["unseen"].items():
        parts.append(Text(f"Column '{column}': {count:,} values that training never saw."))
    parts += _looked_up(found.get("features", {}))
    show.result(found, *parts)


@click.command()
@click.argument("model")
@click.option(
    "--outcomes", "path", required=True, help="CSV, JSON or JSON Lines with id and outcome."
)
@on_cloud
def feedback(client: Client, show: Show, model: str, path: str) -> None:
    """Report what turned out for predictions of MODEL."""
    outcomes = tables.outcomes(tables.read(path, "outcomes"), client.describe(model)["signature"])
    with show.progress("reporting", len(outcomes)) as done:
        accepted = client.feedback(model, outcomes, done)
    show.result({"model": model, "accepted": accepted}, f"{accepted:,} outcomes were accepted.")


def _looked_up(found: dict[str, int]) -> list[RenderableType]:
    """How many rows were answered without what they could have been completed with."""
    said = {
        "missing": "rows name an entity or series that is not known; its columns are missing",
        "stale": "rows were completed from an entity or series whose newest row is too old",
    }
    return [Text(f"{found[name]:,} {text}.") for name, text in said.items() if found.get(name)]


def _table(predictions: list[dict[str, Any]]) -> Table:
    """Their figures and labels; of several classes the others' probabilities are left to --json."""
    headings = [name for name in predictions[0] if name not in {"probabilities", "explanation"}]
    return table(headings, [[each[name] for name in headings] for each in predictions])
