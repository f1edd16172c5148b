"""What became of one example, read from the registry and the reports, for people and machines."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from evergreen.cli.client import Client
from evergreen.contracts import keys
from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.quality_report import QualityReport, Suspicion
from evergreen.contracts.registry import CHAMPION, Run
from evergreen.contracts.verdict import Verdict
from evergreen.errors import NotFound
from evergreen.view_builds import read_manifest
from rich.console import Console
from rich.table import Table

from examples.catalogue import Example


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One example. ``interval`` is the score's 90 % interval, ``expected`` the README's band."""

    example: str
    problem: str
    version: int
    rows_read: int
    rows: int
    dropped: dict[str, int]
    findings: list[str]
    breaches: list[str]
    leaks: dict[str, list[str]]
    learned_leaks: dict[str, list[str]]
    split: str
    metric: str
    score: float
    interval: tuple[float, float]
    expected: tuple[float, float]
    as_expected: bool
    gates: list[str]
    seconds: float
    predictions: list[dict[str, Any]]


def read(
    client: Client,
    example: Example,
    run: Run,
    seconds: float,
    predictions: list[dict[str, Any]],
) -> Outcome:
    """What the lineage of the version that serves says of its table, its split and its score.

    Raises:
        NotFound: no version of the run's model serves.
    """
    alias = client.cloud.registry.alias(run.model, CHAMPION)
    if alias is None:
        raise NotFound(f"No version of {run.model} serves.")
    made = client.cloud.registry.version(run.model, alias.version).draft.lineage
    features, artifacts = client.cloud.features, client.cloud.artifacts
    report = msgspec.json.decode(
        features.read(keys.dataset(made.dataset, "report.json")), type=QualityReport
    )
    manifest = msgspec.json.decode(
        features.read(keys.feature_set(made.feature_set, "manifest.json")), type=Manifest
    )
    verdict = msgspec.json.decode(
        artifacts.read(keys.run(made.run_id, "verdict.json")), type=Verdict
    )
    promise = example.promise
    return Outcome(
        example=example.name,
        problem=verdict.problem,
        version=alias.version,
        rows_read=report.rows_read,
        rows=report.rows,
        dropped=report.dropped,
        findings=[*_findings(report), *_of_views(client, example)],
        breaches=[e.sentence for e in report.expectations if not e.passed],
        leaks=_by_column(s for s in report.suspicions if not s.used),
        learned_leaks=_by_column(s for s in report.suspicions if s.used),
        split=manifest.rule,
        metric=verdict.metric,
        score=verdict.value,
        interval=verdict.interval,
        expected=(promise.low, promise.high),
        as_expected=promise.kept(verdict.value),
        gates=[gate.sentence for gate in verdict.gates],
        seconds=seconds,
        predictions=predictions,
    )


def _by_column(suspicions: Iterable[Suspicion]) -> dict[str, list[str]]:
    """The evidence against each column."""
    found: dict[str, list[str]] = {}
    for suspicion in suspicions:
        found.setdefault(suspicion.column, []).append(suspicion.evidence)
    return found


def _findings(report: QualityReport, where: str = "") -> list[str]:
    said = []
    for finding in report.findings:
        column = f" in {where}{finding.column}" if finding.column else ""
        done = finding.done or finding.advice
        said.append(f"{finding.kind}{column}, {finding.rows:,} rows" + (f": {done}" * bool(done)))
    return said


def _of_views(client: Client, example: Example) -> list[str]:
    """What was found in the tables that the newest builds of the example's views were made of."""
    store, said = client.cloud.features, []
    for file in example.view_files:
        manifest = read_manifest(store, client.cloud.views.view(file.stem))
        for dataset in manifest.datasets if manifest else ():
            report = store.read(keys.dataset(dataset, "report.json"))
            said += _findings(msgspec.json.decode(report, type=QualityReport), f"{file.stem}.")
    return said


def lines(outcome: Outcome) -> list[str]:
    """The outcome in words, a line each."""
    dropped = ", ".join(f"{reason}: {n:,}" for reason, n in outcome.dropped.items() if n)
    low, high = outcome.interval
    said = [f"{outcome.rows:,} of {outcome.rows_read:,} rows" + (f"; {dropped}" * bool(dropped))]
    said += [f"found: {finding}" for finding in outcome.findings]
    said += [f"not as expected: {breach}" for breach in outcome.breaches]
    for column, evidence in outcome.leaks.items():
        said.append(f"may leak, not learned from: {column} ({', '.join(evidence)})")
    for column, evidence in outcome.learned_leaks.items():
        said.append(f"may leak, and is learned from: {column} ({', '.join(evidence)})")
    said.append(f"split: {outcome.split}")
    said += outcome.gates
    promised = " to ".join(f"{bound:g}" for bound in outcome.expected)
    said.append(
        f"{outcome.metric} {outcome.score:.4g} ({low:.4g} to {high:.4g}), {promised} expected"
    )
    return said


def table(outcomes: list[Outcome]) -> Table:
    """All of them beside each other."""
    headings = ("example", "rows", "metric", "score", "90 % interval", "to expect", "s")
    shown = Table(*headings, box=None)
    for o in outcomes:
        colour = "green" if o.as_expected else "red"
        shown.add_row(
            o.example,
            f"{o.rows:,}",
            o.metric,
            f"[{colour}]{o.score:.4g}[/]",
            f"{o.interval[0]:.4g} to {o.interval[1]:.4g}",
            f"{o.expected[0]:g} to {o.expected[1]:g}",
            f"{o.seconds:.1f}",
        )
    return shown


def show(console: Console, outcomes: list[Outcome]) -> None:
    """Print the summary."""
    console.rule("[bold]Summary")
    console.print(table(outcomes))


def to_json(outcomes: list[Outcome], steps: list[dict[str, Any]]) -> str:
    """The same for machines."""
    return json.dumps(
        {"examples": [o.__dict__ for o in outcomes], "steps": steps}, indent=2, default=list
    )
