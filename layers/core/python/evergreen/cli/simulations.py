"""Replay history before a policy is turned on; no cloud is needed for a model file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from msgspec.structs import replace
from rich.table import Table
from rich.text import Text

from evergreen.cli.client import Client
from evergreen.cli.cloud import Cloud
from evergreen.cli.command import errors_as_sentences
from evergreen.cli.document import read
from evergreen.cli.show import Show, table
from evergreen.contracts import view_file
from evergreen.contracts.model_checks import check_joins, parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.table import Duration
from evergreen.contracts.view_file import ViewFile
from evergreen.errors import InvalidModelFile, InvalidRequest, InvalidViewFile

if TYPE_CHECKING:
    from evergreen.simulation.result import Simulation

_POLICIES = ("never", "schedule", "drift", "performance", "default")


@click.command()
@click.argument("model")
@click.option(
    "--data",
    type=Path,
    multiple=True,
    required=True,
    help="The table, with its outcomes; may be repeated.",
)
@click.option(
    "--from",
    "since",
    required=True,
    metavar="DAY",
    help="Where serving begins, such as 2011-01-01.",
)
@click.option("--to", "until", required=True, metavar="DAY", help="Until when it is replayed.")
@click.option("--every", default="7d", show_default=True, help="How often a check looks.")
@click.option(
    "--delay",
    default="1s",
    show_default=True,
    help="How late outcomes come.",
)
@click.option(
    "--policy",
    "policies",
    multiple=True,
    type=click.Choice(_POLICIES),
    help="What to compare, default being the model file's own; may be repeated. All without it.",
)
@click.option(
    "--schedule", default="30d", show_default=True, help="How often the schedule retrains."
)
@click.option(
    "--view",
    "views",
    type=(str, Path),
    multiple=True,
    metavar="FILE TABLE",
    help="A view's file, or an applied view's name, and its table; may be repeated.",
)
@click.option(
    "--trials", type=click.IntRange(min=1), help="In place of the model file's search.trials."
)
@click.option("--out", type=Path, help="Write the report there, as .html or .json.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--aws", is_flag=True, help="Use AWS even where a local cloud runs.")
@click.option(
    "--prefix", default="evergreen", show_default=True, help="What the stacks' names begin with."
)
def simulate(model: str, as_json: bool, out: Path | None, **given: Any) -> None:
    """Run history through MODEL, a model file or an applied model's name, under policies.

    The first version learns from the rows before --from and serves those after it; checks,
    decisions and retrainings are those of a deployment, in this process and in simulated time.
    Shown are each policy's score, worst step, retrainings and dollars, and the decisions of the
    model file's own.
    """
    show = Show(as_json=as_json)
    with errors_as_sentences():
        if out and out.suffix not in (".html", ".json"):
            raise InvalidRequest("--out must end in .html or .json.")
        found = _simulated(model, show, given)
        if out:
            _write(found, out)
        _show(found, show, out)


def _simulated(model: str, show: Show, given: dict[str, Any]) -> "Simulation":
    from evergreen.simulation.simulate import Asked  # pandas and scikit-learn take a second
    from evergreen.simulation.simulate import simulate as replayed

    file, views = _files(model, given)
    if given["trials"]:
        parallel = min(file.search.parallel, given["trials"])
        file = replace(file, search=replace(file.search, trials=given["trials"], parallel=parallel))
    asked = Asked(
        file=file,
        data=given["data"],
        since=_moment("--from", given["since"]),
        until=_moment("--to", given["until"]),
        every=_duration("--every", given["every"]),
        delay=_duration("--delay", given["delay"]),
        schedule=_duration("--schedule", given["schedule"]),
        policies=given["policies"] or _POLICIES,
        views=views,
    )
    return replayed(asked, show.note)


def _files(
    model: str, given: dict[str, Any]
) -> tuple[ModelFile, tuple[tuple[ViewFile, Path], ...]]:
    """The model's file and its views', of this machine or as they were applied."""
    names = [model, *(name for name, _ in given["views"])]
    lacking = next((name for name in names if _is_path(name) and not Path(name).is_file()), None)
    if lacking:
        raise InvalidRequest(f"There is no file {lacking}.")
    applied = any(not Path(name).is_file() for name in names)
    cloud = _cloud(given) if applied else None
    views = tuple(
        (
            view_file.parse(read(Path(name), InvalidViewFile))
            if Path(name).is_file() or cloud is None
            else cloud.views.view(name).file,
            path,
        )
        for name, path in given["views"]
    )
    if Path(model).is_file() or cloud is None:
        file = parse(read(Path(model), InvalidModelFile))
    else:
        file = cloud.registry.model(model).file
    unknown = [name for name in file.views if name not in {view.name for view, _ in views}]
    if unknown:
        raise InvalidRequest(
            f"The model takes features of the view '{unknown[0]}'; give its file and its table with"
            " --view FILE TABLE."
        )
    check_joins(file, {view.name: view for view, _ in views})
    return file, views


def _is_path(name: str) -> bool:
    """No model's and no view's name has a slash or a dot."""
    return "/" in name or "." in name


def _cloud(given: dict[str, Any]) -> Cloud:
    client: Client | None = (click.get_current_context().obj or (lambda: None))()
    return client.cloud if client else Cloud.find(aws=given["aws"], prefix=given["prefix"])


def _moment(option: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(f"{option} takes a day such as 2011-01-01, not '{text}'.") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _duration(option: str, text: str) -> str:
    try:
        return msgspec.convert(text, Duration)
    except msgspec.ValidationError:
        raise InvalidRequest(
            f"{option} takes a span of time such as 12h or 7d, not '{text}'."
        ) from None


def _write(found: "Simulation", out: Path) -> None:
    from evergreen.simulation.page import simulation_page

    body = (
        simulation_page(found)
        if out.suffix == ".html"
        else msgspec.json.format(msgspec.json.encode(found), indent=2)
    )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(body)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}.") from error


def _show(found: "Simulation", show: Show, out: Path | None) -> None:
    from evergreen.simulation.page import (
        DECISIONS,
        HEADINGS,
        decisions,
        lines,
        sentence,
    )
    from evergreen.simulation.result import decisive

    shown = decisive(found.outcomes)
    told = list(decisions(shown))
    below: list[Text | Table] = [Text(f"\n{sentence(found)}")]
    if told:
        heading = Text(f"\nDecisions under {shown.policy}", style="bold")
        below += [heading, table(DECISIONS, told)]
    if out:
        below.append(Text(f"\nThe report is in {out}."))
    title = Text(_heading(found), style="bold")
    show.result(found, title, table(HEADINGS, lines(found)), *below)


def _heading(found: "Simulation") -> str:
    period = f"{found.since[:10]} to {found.until[:10]}"
    return f"{found.model}: {found.metric} on {found.rows_served:,} rows, {period}"
