"""Models: apply their files, look at them, move their champions."""

from pathlib import Path
from typing import Any

import click
from rich.console import RenderableType
from rich.text import Text

from evergreen.cli.client import Client
from evergreen.cli.command import on_cloud
from evergreen.cli.show import Show, table, when
from evergreen.contracts.registry import CHAMPION, Alias, Version
from evergreen.ports import Registry


@click.command()
@click.argument("file", type=Path)
@on_cloud
def apply(client: Client, show: Show, file: Path) -> None:
    """Create or change a model from its model FILE."""
    model = client.apply(file)
    show.result(
        {"model": model.file.name, "revision": model.revision, "applied_at": model.applied_at},
        f"Model '{model.file.name}' is at revision {model.revision}.",
    )


@click.command()
@click.argument("model", required=False)
@on_cloud
def models(client: Client, show: Show, model: str | None) -> None:
    """List models, or show one MODEL: its versions, champion and audit trail."""
    registry = client.cloud.registry
    if model is None:
        lines = [_line(registry, name) for name in registry.models()]
        headings = ("model", "revision", "versions", "champion", "metric", "value")
        show.result({"models": lines}, table(headings, [list(line.values()) for line in lines]))
    else:
        _show_model(registry, show, model)


@click.command()
@click.argument("model")
@click.argument("version", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why; it stands in the audit trail.")
@on_cloud
def promote(client: Client, show: Show, model: str, version: int, reason: str) -> None:
    """Make VERSION of MODEL the champion."""
    _moved(show, client.promote(model, version, reason))


@click.command()
@click.argument("model")
@click.option("--reason", required=True, help="Why; it stands in the audit trail.")
@on_cloud
def rollback(client: Client, show: Show, model: str, reason: str) -> None:
    """End the trial of a new version of MODEL, or go back to the version before its champion."""
    _moved(show, client.rollback(model, reason))


def _moved(show: Show, alias: Alias) -> None:
    show.result(alias, f"Version {alias.version} of '{alias.model}' is the champion.")


def _line(registry: Registry, name: str) -> dict[str, Any]:
    file, versions = registry.model(name), registry.versions(name)
    champion = _champion(versions, registry.alias(name, CHAMPION))
    metric = file.file.metric
    return {
        "model": name,
        "revision": file.revision,
        "versions": len(versions),
        "champion": champion.number if champion else None,
        "metric": metric,
        "value": champion.draft.metrics.get(metric) if champion else None,
    }


def _champion(versions: list[Version], alias: Alias | None) -> Version | None:
    return next((v for v in versions if alias and v.number == alias.version), None)


def _show_model(registry: Registry, show: Show, name: str) -> None:
    model = registry.model(name)
    versions, alias = registry.versions(name), registry.alias(name, CHAMPION)
    audit = registry.audit(name)
    document = {"model": model, "champion": alias, "versions": versions, "audit": audit}
    metric = model.file.metric
    made: list[RenderableType] = [
        Text(f"{name}, revision {model.revision} of {when(model.applied_at)}\n", style="bold"),
        table(
            ("version", metric, "registered", "run", "trigger", "rows", "traffic"),
            [_version(version, metric, alias) for version in versions],
        ),
        Text(),
        table(
            ("at", "event", "version", "by", "why"),
            [(when(e.at), e.kind, e.version, _who(e.actor), e.details) for e in audit],
        ),
    ]
    show.result(document, *made)


def _who(actor: str) -> str:
    """``user/ann`` of ``arn:aws:iam::123456789012:user/ann``."""
    return actor.rpartition(":")[2]


def _traffic(number: int, alias: Alias | None) -> Text | None:
    """What a version answers: all requests, a share of them in a trial, or none."""
    trial = alias.challenger if alias else None
    share = trial.share if trial else 0.0
    if alias and number == alias.version:
        return Text(f"serves {100 * (1 - share):g} %" if share else "serves", style="green")
    if trial and number == trial.version:
        return Text(
            f"on trial, {100 * share:g} %" if share else "on trial, in shadow", style="cyan"
        )
    return None


def _version(version: Version, metric: str, alias: Alias | None) -> tuple[object, ...]:
    lineage = version.draft.lineage
    return (
        version.number,
        version.draft.metrics.get(metric),
        when(version.registered_at),
        lineage.run_id,
        lineage.trigger,
        lineage.rows,
        _traffic(version.number, alias),
    )
