"""Served features beside the same computed again."""

from datetime import timedelta

import click

from evergreen.captured import Period
from evergreen.cli.client import Client
from evergreen.cli.command import on_cloud
from evergreen.cli.show import Show, table
from evergreen.contracts.skew import SkewReport
from evergreen.ports import iso


@click.command()
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True)
@on_cloud
def check(client: Client, show: Show, name: str, days: int) -> None:
    """Compare what models were served of the feature view NAME with the same computed again.

    Ends with exit code 1 where they differ by more than rows that came late explain.
    """
    from evergreen.features import check_skew  # pyarrow, which the other commands need not load

    cloud = client.cloud
    now = cloud.clock.now()
    found = check_skew(
        name,
        Period(iso(now - timedelta(days=days)), iso(now)),
        store=cloud.features,
        artifacts=cloud.artifacts,
        registry=cloud.registry,
        views=cloud.views,
    )
    lines = [(f.feature, f.compared, f.unequal, _number(f.largest), f.late) for f in found.features]
    headings = ("feature", "compared", "unequal", "largest difference", "late")
    show.result(found, _summary(found), table(headings, lines))
    if found.skewed:
        raise click.exceptions.Exit(1)


def _summary(found: SkewReport) -> str:
    models = ", ".join(found.models) or "no model"
    verdict = "served features differ" if found.skewed else "no skew"
    left_out = f", {found.left_out:,} objects too much to read" if found.left_out else ""
    return (
        f"'{found.view}', used by {models}: {verdict} in {found.rows:,} rows that were looked up; "
        f"{found.unknown:,} of entities that nobody knew then{left_out}."
    )


def _number(largest: float | None) -> str:
    return "" if largest is None else f"{largest:g}"
