"""Feature views: apply their files, build them, look at them."""

from pathlib import Path

import click
from rich.console import RenderableType
from rich.text import Text

from evergreen.cli.client import Client
from evergreen.cli.command import on_cloud
from evergreen.cli.runs import follow_run
from evergreen.cli.show import Show, table, when
from evergreen.cli.skew import check
from evergreen.contracts.views import View
from evergreen.view_builds import read_manifest


@click.group()
def views() -> None:
    """Feature views: features that models share."""


@views.command()
@click.argument("file", type=Path)
@on_cloud
def apply(client: Client, show: Show, file: Path) -> None:
    """Create or change a feature view from its view FILE."""
    view = client.apply_view(file)
    name = view.file.name
    built = "" if view.build else f" It has no build; evergreen views build {name} FILE makes one."
    show.result(
        {"view": name, "revision": view.revision, "build": view.build},
        f"Feature view '{name}' is at revision {view.revision}.{built}",
    )


@views.command()
@click.argument("name")
@click.argument("tables", nargs=-1, required=True, metavar="FILE|FOLDER|s3://BUCKET/KEY")
@click.option("--follow", "--wait", is_flag=True, help="Stay until the build ends.")
@click.option("--run-id", help="The run's name; one is made of view and time by default.")
@on_cloud
def build(
    client: Client,
    show: Show,
    name: str,
    tables: tuple[str, ...],
    follow: bool,
    run_id: str | None,
) -> None:
    """Upload tables, and add their rows to the feature view NAME.

    Rows that were built before stay. The same tables again change nothing.
    """
    started = client.build(name, tables, run_id, show.note)
    if follow:
        follow_run(client, show, started)
        return
    hint = f"Run {started} started; evergreen runs {started} --follow shows it."
    show.result({"run_id": started, "view": name, "status": "running"}, hint)


@views.command("list")
@on_cloud
def list_views(client: Client, show: Show) -> None:
    """List the feature views."""
    found = [client.cloud.views.view(name) for name in client.cloud.views.names()]
    lines = [
        (
            v.file.name,
            ", ".join(v.file.entity),
            len(v.file.features),
            v.revision,
            v.build,
            _built(v),
        )
        for v in found
    ]
    headings = ("view", "entity", "features", "revision", "build", "built")
    document = [dict(zip(headings, line, strict=True)) for line in lines]
    show.result({"views": document}, table(headings, lines))


@views.command("show")
@click.argument("name")
@on_cloud
def show_view(client: Client, show: Show, name: str) -> None:
    """Show the feature view NAME: its features and the months of its newest build."""
    view = client.cloud.views.view(name)
    made = read_manifest(client.cloud.features, view)
    parts: list[RenderableType] = [
        Text(f"{name}, revision {view.revision} of {when(view.applied_at)}\n", style="bold"),
        table(("feature", "type"), view.file.types.items()),
    ]
    if made:
        head = f"\nBuild {made.build} of {when(view.built_at)}: {made.rows:,} feature rows of "
        parts += [
            Text(f"{head}{len(made.datasets)} dataset(s), {made.oldest} to {made.newest}\n"),
            table(
                ("month", "rows", "rebuilt"),
                [
                    (p.month, p.rows, "yes" if p.month in made.rebuilt else "")
                    for p in made.partitions
                ],
            ),
        ]
    show.result({"view": view, "build": made}, *parts)


views.add_command(check)


def _built(view: View) -> str:
    return when(view.built_at) if view.build else ""
