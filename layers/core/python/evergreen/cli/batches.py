"""Score a whole table: bring it where the workers read, start the workflow, show what came out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec
from rich.console import RenderableType

from evergreen.cli.client import Client
from evergreen.cli.command import on_cloud
from evergreen.cli.show import Show, run_view, table
from evergreen.contracts.batch import TRIGGER, FinishOutput, Manifest
from evergreen.contracts.registry import Run
from evergreen.contracts.stages import RunInput
from evergreen.digest import content_id
from evergreen.errors import Conflict, InvalidTable, NotFound
from evergreen.ports import iso

_READ_IN_PLACE = ("raw/", "batches/")
_REASONS_SHOWN = 10


@click.command()
@click.argument("model")
@click.argument("source", metavar="FILE|s3://BUCKET/KEY-OR-PREFIX")
@click.option("--keep", multiple=True, metavar="COLUMN", help="A column to copy to the output.")
@click.option("--follow/--no-follow", default=True, help="Stay until it is done (the default).")
@click.option("--run-id", help="The run's name; one is made of model and time by default.")
@on_cloud
def score(
    client: Client,
    show: Show,
    model: str,
    source: str,
    keep: tuple[str, ...],
    follow: bool,
    run_id: str | None,
) -> None:
    """Predict a whole Parquet table with MODEL's champion, to Parquet.

    A table elsewhere is copied below raw/ in the features bucket with your credentials. The same
    table again redoes only what is not there yet.
    """
    client.cloud.registry.model(model)
    key = bring(client, model, source, show.note)
    started = start(client, model, key, keep, run_id)
    if not follow:
        hint = f"Run {started} started; evergreen runs {started} --follow shows it."
        show.result({"run_id": started, "model": model, "status": "running"}, hint)
        return
    with show.following() as on_change:
        run = client.follow(started, on_change)
    if run.status == "failed":
        show.result(run, run_view(run))
        raise click.exceptions.Exit(1)
    _show(show, client, run, manifest(client, started))


def bring(client: Client, model: str, source: str, note: Callable[[str], None]) -> str:
    """The key, or the prefix, of the features bucket where the workers find the table.

    Raises:
        InvalidTable: the file is no Parquet.
        NotFound: there is nothing at the address.
    """
    address = urlsplit(source)
    if address.scheme != "s3":
        if not source.endswith(".parquet"):
            raise InvalidTable(f"{source} must be a .parquet file; write the table as Parquet.")
        return client.upload(model, Path(source))
    bucket, key = address.netloc, address.path.lstrip("/")
    if not key.endswith((".parquet", "/")):
        key += "/"
    if bucket == client.cloud.output("FeaturesBucket") and key.startswith(_READ_IN_PLACE):
        return key
    return _copy(client, model, bucket, key, note)


def _copy(client: Client, model: str, bucket: str, key: str, note: Callable[[str], None]) -> str:
    there = client.cloud.objects(bucket)
    below = there.keys(key) if key.endswith("/") else iter([key])
    found = [(name, there.tag(name)) for name in below if name.endswith(".parquet")]
    if not found:
        raise NotFound(f"There is no .parquet file below s3://{bucket}/{key}.")
    folder = f"raw/{model}/{content_id(bucket, found)}/"
    present = set(client.cloud.features.keys(folder))
    for name, _ in found:
        target = folder + name.removeprefix(key if key.endswith("/") else name.rpartition("/")[0])
        target = target.replace("//", "/")
        if target not in present:
            client.cloud.copy(bucket, name, target)
    note(f"Copied {len(found):,} files to {folder} in the features bucket.")
    return folder


def start(
    client: Client, model: str, key: str, keep: Sequence[str], run_id: str | None = None
) -> str:
    """Start the workflow on a table in the features bucket; gives the run's id.

    Raises:
        Conflict: a run of that id was started before.
    """
    cloud = client.cloud
    run = RunInput(
        run_id=run_id or client.new_run_id(model), model=model, sources=(key,), trigger=TRIGGER
    )
    record = Run(
        run_id=run.run_id,
        model=model,
        trigger=TRIGGER,
        sources=run.sources,
        started_at=iso(cloud.clock.now()),
    )
    if not cloud.batches.start(run, keep):
        raise Conflict(f"A run '{run.run_id}' was started before; choose another --run-id.")
    cloud.registry.open_run(record)
    return run.run_id


def manifest(client: Client, run_id: str) -> Manifest:
    """What the batch of a run that has ended holds.

    Raises:
        NotFound: the run scored no table.
    """
    execution = client.cloud.execution(run_id)
    if execution is None or "manifest" not in execution.output:
        raise NotFound(f"The run '{run_id}' scored no table.")
    finished = msgspec.convert(execution.output, FinishOutput)
    return msgspec.json.decode(client.cloud.features.read(finished.manifest), type=Manifest)


def _show(show: Show, client: Client, run: Run, found: Manifest) -> None:
    bucket = client.cloud.output("FeaturesBucket")
    where = f"s3://{bucket}/{found.files[0].rpartition('/')[0]}/"
    parts: list[RenderableType] = [
        f"{found.predicted:,} rows scored by version {found.version} of '{found.model}', in "
        f"{len(found.files):,} parts at {where}"
    ]
    for column, count in found.unseen.items():
        parts.append(f"Column '{column}': {count:,} values that training never saw.")
    if found.refused:
        parts.append(f"{found.refused:,} rows were refused; the refused-*.parquet there name each.")
        reasons: list[list[Any]] = [[count, why] for why, count in found.reasons.items()]
        parts.append(table(("problems", "why"), reasons[:_REASONS_SHOWN]))
    document = msgspec.to_builtins(found) | {"run_id": run.run_id, "location": where}
    show.result(document, *parts)
