"""Runs of the workflow: start them, list them, follow them."""

import click

from evergreen.cli.client import Client
from evergreen.cli.cloud import Cloud
from evergreen.cli.command import on_cloud
from evergreen.cli.show import Show, duration, run_view, status, table, when
from evergreen.cli.show_run import report_view
from evergreen.contracts.registry import Run
from evergreen.contracts.run_report import RunReport
from evergreen.errors import NotFound
from evergreen.ports import Registry
from evergreen.run_report.write import read_report


@click.command()
@click.argument("model", required=False)
@click.argument("tables", nargs=-1, metavar="FILE|FOLDER|s3://BUCKET/KEY")
@click.option(
    "--data", multiple=True, metavar="FILE", help="Another table; may be given several times."
)
@click.option("--follow", "--wait", is_flag=True, help="Stay until the run ends.")
@click.option("--run-id", help="The run's name; one is made of model and time by default.")
@click.option("--resume", metavar="RUN", help="Train as that run did, and go on from its trials.")
@on_cloud
def train(
    client: Client,
    show: Show,
    model: str | None,
    tables: tuple[str, ...],
    data: tuple[str, ...],
    follow: bool,
    run_id: str | None,
    resume: str | None,
) -> None:
    """Upload tables and start a run that trains MODEL on them.

    Tables are CSV, JSON Lines (either also as .gz) or Parquet: files, folders of them, or what lies
    in S3, where a prefix ends in '/'. With --resume, model and tables are those of the run.
    """
    if resume:
        if model or data:
            raise click.UsageError("Give --resume without a model and tables; it has its run's.")
        started = client.resume(resume, run_id)
    else:
        if not model or not (tables or data):
            raise click.UsageError("Give a model and at least one table to train on.")
        started = client.train(model, (*tables, *data), run_id, show.note)
    if follow:
        follow_run(client, show, started)
        return
    hint = f"Run {started} started; evergreen runs {started} --follow shows it."
    of = client.cloud.registry.run(started).model
    show.result({"run_id": started, "model": of, "status": "running"}, hint)


@click.command()
@click.argument("names", metavar="[MODEL|RUN|show RUN]", nargs=-1)
@click.option("--follow", is_flag=True, help="Stay until the run (of a model: the newest) ends.")
@on_cloud
def runs(client: Client, show: Show, names: tuple[str, ...], follow: bool) -> None:
    """List runs, of all models or of one, or show one run stage by stage.

    With "show", what its search tried, what came of it and what it cost. Without it, ends with
    exit code 1 when the run that is shown has failed.
    """
    if len(names) == 2 and names[0] == "show" and not follow:
        _show_report(client, show, names[1])
    elif len(names) < 2:
        _show_runs(client, show, names[0] if names else None, follow)
    else:
        raise click.UsageError("Name one model or run, or: evergreen runs show RUN.")


def _show_runs(client: Client, show: Show, name: str | None, follow: bool) -> None:
    registry = client.cloud.registry
    if name is None or (name in registry.models() and not follow):
        names = registry.models() if name is None else [name]
        _list(show, [run for model in names for run in registry.runs(model)])
        return
    run_id = _newest(registry, name) if follow else name
    if follow:
        follow_run(client, show, run_id)
    else:
        _end(show, find_run(registry, run_id))


def _show_report(client: Client, show: Show, run_id: str) -> None:
    report = find_report(client.cloud, run_id)
    show.result(report, *report_view(report))


def find_report(cloud: Cloud, run_id: str) -> RunReport:
    """What was told of a run.

    Raises:
        NotFound: there is no such run, or its search has finished no round.
    """
    found = read_report(cloud.artifacts, run_id)
    if found is not None:
        return found
    try:
        cloud.registry.run(run_id)
    except NotFound:
        raise NotFound(f"There is no run '{run_id}'; evergreen runs lists them.") from None
    raise NotFound(
        f"Run '{run_id}' has tried nothing yet; evergreen runs {run_id} shows how far it is."
    )


def find_run(registry: Registry, name: str) -> Run:
    """The run of a name that is no model's.

    Raises:
        NotFound: it is no run's either.
    """
    try:
        return registry.run(name)
    except NotFound:
        raise NotFound(
            f"There is no model or run '{name}'; evergreen models and evergreen runs list them."
        ) from None


def _newest(registry: Registry, name: str) -> str:
    """The newest run of a model; what is no model is taken for a run."""
    if name not in registry.models():
        return name
    found = registry.runs(name)
    if not found:
        raise NotFound(f"Model '{name}' has no run yet; start one with evergreen train.")
    return found[0].run_id


def _list(show: Show, found: list[Run]) -> None:
    found.sort(key=lambda run: run.started_at, reverse=True)
    rows = [
        (r.run_id, status(r.status), when(r.started_at), duration(r), r.trigger, r.reason)
        for r in found
    ]
    headings = ("run", "status", "started", "took", "trigger", "why")
    show.result({"runs": found}, table(headings, rows))


def follow_run(client: Client, show: Show, run_id: str) -> None:
    """Show a run until it ends; a failed one ends the command with exit code 1."""
    with show.following() as on_change:
        run = client.follow(run_id, on_change)
    _end(show, run)


def _end(show: Show, run: Run) -> None:
    show.result(run, run_view(run))
    if run.status == "failed":
        raise click.exceptions.Exit(1)
