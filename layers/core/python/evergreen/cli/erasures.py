"""Forget an entity, and have it in writing."""

from collections.abc import Sequence

import click
from rich.console import RenderableType

from evergreen.cli.client import Client
from evergreen.cli.command import on_cloud
from evergreen.cli.show import Show, table
from evergreen.contracts import keys
from evergreen.contracts.erasure import Remaining, Removed
from evergreen.errors import NotFound
from evergreen.ports import iso
from evergreen.privacy import KEY


@click.command()
@click.argument("entity", metavar="COLUMN=VALUE...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before removing.")
@on_cloud
def erase(client: Client, show: Show, entity: tuple[str, ...], dry_run: bool, yes: bool) -> None:
    """Remove an entity from feature views, the online store, captures, feedback and scored tables.

    It is named by the columns that name it, such as station=KJFK. What learned from it is listed,
    and a certificate is stored.
    """
    # Imported here because pyarrow takes longer than most commands.
    from evergreen import erasure
    from evergreen.erasure.certificate import sentence

    cloud = client.cloud
    world = erasure.World(
        cloud.features, cloud.artifacts, cloud.registry, cloud.views, cloud.online
    )
    erased = erasure.entity(entity, world.models(), world.view_files(), _key(client))
    if dry_run or not yes:
        found = erasure.find(world, erased, iso(cloud.clock.now()))
        if dry_run:
            head = "Would be removed:" if found.removed else "Nothing would be removed."
            _show(show, head, found.removed, found.remains, {"dry_run": True})
            return
        _ask(show, found.removed)
    made = erasure.erase(world, erased, cloud.actor, cloud.clock)
    key = keys.erasure(made.id, "html")
    show.note(f"The certificate is {key} in the artifacts bucket.")
    show.note("Predictions of the last minutes may still be on their way; erase again later.")
    _show(show, sentence(made), made.removed, made.remains, {"certificate": made, "key": key})


def _key(client: Client) -> bytes:
    try:
        return client.cloud.features.read(KEY)
    except NotFound:
        return b""


def _ask(show: Show, removed: Sequence[Removed]) -> None:
    rows = sum(part.rows for part in removed)
    if rows:
        for part in removed:
            show.note(f"{part.rows:,} {part.kind} of {part.name}")
        click.confirm(f"Remove these {rows:,} rows for good?", abort=True, err=True)


def _show(
    show: Show,
    head: str,
    removed: Sequence[Removed],
    remains: Sequence[Remaining],
    more: dict[str, object],
) -> None:
    parts: list[RenderableType] = [head]
    if removed:
        rows = [(part.kind, part.name, part.rows, len(part.objects)) for part in removed]
        parts.append(table(("removed", "of", "rows", "objects"), rows))
    if remains:
        kept = [(part.kind, part.name, part.detail) for part in remains]
        parts.append(table(("remains", "name", "what to do"), kept))
    show.result({"removed": removed, "remains": remains, **more}, *parts)
