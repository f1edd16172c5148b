"""The documents about a model or a run, brought to this machine."""

import webbrowser
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from evergreen.cli.client import Client
from evergreen.cli.cloud import Cloud
from evergreen.cli.command import on_cloud
from evergreen.cli.runs import find_report, find_run
from evergreen.cli.show import Show, table
from evergreen.contracts import keys
from evergreen.contracts.registry import CHAMPION, Version
from evergreen.errors import NotFound
from evergreen.ports import ObjectStore

FOLDER = Path("build/reports")


@click.command()
@click.argument("names", metavar="MODEL|RUN|dataset NAME|run RUN", nargs=-1, required=True)
@click.option("--output", type=click.Path(path_type=Path), help="Where to write a run's page.")
@click.option("--open", "in_browser", is_flag=True, help="Open the pages in the browser.")
@on_cloud
def report(
    client: Client, show: Show, names: tuple[str, ...], output: Path | None, in_browser: bool
) -> None:
    """Fetch the reports about a model's champion or about one run to build/reports/.

    With "dataset", those about one dataset: NAME is a model or view/<name>, whose newest it is, or
    a dataset's id. With "run", the page of one run alone: its search, its candidate, its verdict.
    """
    match names:
        case ("run", run_id):
            found = fetch_run(client.cloud, run_id, output or FOLDER / run_id / "run-report.html")
        case ("dataset", name) if not output:
            found = fetch_dataset(client.cloud, name, FOLDER)
        case (name,) if not output:
            found = fetch(client.cloud, name, FOLDER)
        case _:
            raise click.UsageError(
                "Name one model or run, or: evergreen report dataset NAME, or: evergreen report run"
                " RUN, which alone takes --output."
            )
    paths = {what: str(path) for what, path in found.items()}
    show.result({"reports": paths}, table(("report", "file"), list(paths.items())))
    if in_browser:
        for path in found.values():
            if path.suffix == ".html":
                webbrowser.open(path.absolute().as_uri())


def fetch(cloud: Cloud, name: str, folder: Path) -> dict[str, Path]:
    """Write the reports about a model or run below ``folder``; gives what there is.

    Raises:
        NotFound: there is no such model or run, or nothing was reported about it yet.
    """
    is_model = name in cloud.registry.models()
    sources = _of_model(cloud, name) if is_model else _of_run(cloud, name)
    written = _write(sources, folder / name)
    if not written:
        raise NotFound(f"Nothing was reported about '{name}' yet.")
    return written


def fetch_run(cloud: Cloud, run_id: str, path: Path) -> dict[str, Path]:
    """Write the page of a run.

    Raises:
        NotFound: there is no such run, or its search has finished no round.
        ClickException: the file cannot be written.
    """
    find_report(cloud, run_id)
    page = cloud.artifacts.read(keys.run_report(run_id, "html"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
    return {"run report": path}


def fetch_dataset(cloud: Cloud, name: str, folder: Path) -> dict[str, Path]:
    """Write the page and the document about a dataset below ``folder``.

    Raises:
        NotFound: there is no such dataset, and nothing was ingested for a model or view like it.
    """
    dataset = _newest_dataset(cloud.features, name) or name
    parts = {"dataset report": "report.html", "dataset report as JSON": "report.json"}
    found = [(what, cloud.features, keys.dataset(dataset, part)) for what, part in parts.items()]
    written = _write(found, folder / "datasets" / dataset)
    if not written:
        raise NotFound(
            f"There is no dataset '{name}', and none was ingested for a model or view of that name."
        )
    return written


def _newest_dataset(features: ObjectStore, name: str) -> str | None:
    kind, _, of = name.rpartition("/")
    try:
        return features.read(keys.newest_dataset(kind or "model", of)).decode()
    except NotFound:
        return None


def _write(sources: Iterable[tuple[str, ObjectStore, str]], folder: Path) -> dict[str, Path]:
    written: dict[str, Path] = {}
    for what, store, key in sources:
        try:
            body = store.read(key)
        except NotFound:
            continue
        path = folder / f"{what.replace(' ', '-')}{Path(key).suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        written[what] = path
    return written


def _of_model(cloud: Cloud, model: str) -> Iterator[tuple[str, ObjectStore, str]]:
    alias = cloud.registry.alias(model, CHAMPION)
    if alias:
        yield from _of_version(cloud, cloud.registry.version(model, alias.version))
    drift = [k for k in cloud.artifacts.keys(f"reports/{model}/drift/") if k.endswith(".html")]
    if drift:
        yield "newest drift report", cloud.artifacts, drift[-1]
        as_json = f"{drift[-1].removesuffix('html')}json"
        yield "newest drift report as JSON", cloud.artifacts, as_json


def _of_version(cloud: Cloud, version: Version) -> Iterator[tuple[str, ObjectStore, str]]:
    draft = version.draft
    yield f"card of version {version.number}", cloud.artifacts, draft.card.key
    yield "dataset report", cloud.features, keys.dataset(draft.lineage.dataset, "report.html")
    yield from _of_search(cloud, draft.lineage.run_id)


def _of_run(cloud: Cloud, run_id: str) -> Iterator[tuple[str, ObjectStore, str]]:
    run = find_run(cloud.registry, run_id)
    for version in cloud.registry.versions(run.model):
        if version.draft.lineage.run_id == run_id:
            yield from _of_version(cloud, version)
            return
    # A refused run has no version; its dataset is named by what the workflow put out.
    execution = cloud.execution(run_id)
    ingested = execution.output.get("ingest") if execution else None
    if ingested:
        yield "dataset report", cloud.features, keys.dataset(ingested["dataset"], "report.html")
    yield from _of_search(cloud, run_id)


def _of_search(cloud: Cloud, run_id: str) -> Iterator[tuple[str, ObjectStore, str]]:
    yield "run report", cloud.artifacts, keys.run_report(run_id, "html")
    yield "verdict", cloud.artifacts, keys.run(run_id, "verdict.json")
