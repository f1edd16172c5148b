"""What the checks found and decided: of all models, of one, and a check of one now."""

import webbrowser
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import click
import msgspec
from rich.text import Text

from evergreen.cli.client import Client
from evergreen.cli.cloud import Cloud
from evergreen.cli.command import on_cloud
from evergreen.cli.show import Show, table, when
from evergreen.cli.sweeps import check_now
from evergreen.contracts import keys
from evergreen.contracts.decision import Decision
from evergreen.contracts.drift import Performance
from evergreen.contracts.fleet import FleetReport, ModelHealth
from evergreen.errors import NotFound
from evergreen.figures import metric_text
from evergreen.model_health import HEALTH, rank, shown
from evergreen.ports import ObjectStore

_REPORTS = "reports/"
_COLOURS = {"good": "green", "warn": "yellow", "bad": "red", "": ""}
_AT_ONCE = 16
_HEADINGS = ("model", "health", "version", "a day", "metric", "now", "trained", "last decision")


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), help="A folder for the page, and those it links to."
)
@click.option("--open", "in_browser", is_flag=True, help="Open the page in the browser.")
@click.option("--health", type=click.Choice(list(HEALTH)), help="Only models of this health.")
@on_cloud
def fleet(
    client: Client, show: Show, out: Path | None, in_browser: bool, health: str | None
) -> None:
    """List all models by what needs a person: health, age, traffic, last decision.

    They are as the last scheduled look left them.
    """
    report = read_fleet(client.cloud)
    found = [each for each in sorted(report.models, key=rank) if health in (None, each.health)]
    narrowed = msgspec.structs.replace(report, models=tuple(found))
    show.result(narrowed, table(_HEADINGS, [_line(each) for each in found]))
    if out or in_browser:
        path = fetch_fleet(client.cloud, report, out or Path("build/reports"))
        show.note(f"The page is {path}.")
        if in_browser:
            webbrowser.open(path.absolute().as_uri())


@click.command()
@click.argument("model")
@on_cloud
def check(client: Client, show: Show, model: str) -> None:
    """Check MODEL now, and show what was decided.

    Whatever the check decides is done as after a scheduled one.
    """
    found = check_now(client, model)
    show.result(found, table(_HEADINGS, [_line(found)]))
    if found.health == "failing":
        raise click.exceptions.Exit(1)
    show.note(f"evergreen report {model} --open shows what it rests on.")


@click.command()
@click.argument("model")
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
@on_cloud
def decisions(client: Client, show: Show, model: str, last: int) -> None:
    """List what the checks of MODEL decided and why, newest first."""
    client.cloud.registry.model(model)
    found = read_decisions(client.cloud.artifacts, model, last)
    rows = [(when(d.at), d.action, d.version, d.reason, d.run_id) for d in found]
    show.result({"decisions": found}, table(("at", "decision", "version", "why", "run"), rows))


def read_fleet(cloud: Cloud) -> FleetReport:
    """All models as the last look left them.

    Raises:
        NotFound: there was no look yet.
    """
    try:
        body = cloud.artifacts.read(keys.fleet_page("json"))
    except NotFound:
        raise NotFound(
            "No scheduled look at the models has ended yet; evergreen check MODEL looks at one now."
        ) from None
    return msgspec.json.decode(body, type=FleetReport)


def read_decisions(artifacts: ObjectStore, model: str, last: int) -> list[Decision]:
    """The newest records of decisions, newest first."""
    names = list(artifacts.keys(f"{_REPORTS}{model}/decisions/"))[-last:][::-1]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [
            msgspec.json.decode(body, type=Decision) for body in pool.map(artifacts.read, names)
        ]


def fetch_fleet(cloud: Cloud, report: FleetReport, folder: Path) -> Path:
    """Write the fleet's page and the models' pages that it links to, where its links find them.

    Raises:
        ClickException: a file cannot be written.
    """
    reports = (each.decision.report for each in report.models if each.decision)
    pages = [str(PurePosixPath(key).with_suffix(".html")) for key in reports if key]
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda key: _copy(cloud.artifacts, key, folder), pages))
            return _copy(cloud.artifacts, keys.fleet_page("html"), folder)
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written: {error.strerror}.") from error


def _copy(artifacts: ObjectStore, key: str, folder: Path) -> Path:
    """An object below ``reports/`` as a file; one that is gone leaves none."""
    path = folder / key.removeprefix(_REPORTS)
    try:
        body = artifacts.read(key)
    except NotFound:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def _line(each: ModelHealth) -> Sequence[object]:
    kind, word = HEALTH[each.health]
    made = each.decision
    decided = f"{made.action}: {made.reason} ({when(made.at)})" if made else ""
    return (
        each.model,
        Text(word, style=_COLOURS[kind]),
        each.version or None,
        f"{each.per_day:,.0f}" if each.rows else None,
        *_performance(each.performance),
        f"{each.error} {decided}".strip(),
    )


def _performance(found: Performance | None) -> tuple[str, str, str]:
    """The metric, what it is now (``~`` an estimate) and what it was at training."""
    now = shown(found)
    if not found or not now:
        return "", "", ""
    about = "" if found.realised else "~"
    value, was = (metric_text(found.metric, each) for each in (now.value, found.at_training))
    return found.metric, about + value, was
