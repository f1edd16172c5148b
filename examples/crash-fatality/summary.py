"""What the demo ends with: for people on the terminal, for machines in ``build/demo.json``."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evergreen.cli.client import Client
from evergreen.cli.reports import fetch
from evergreen.contracts import keys
from evergreen.contracts.registry import Run
from rich.console import Console
from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What happened. ``versions`` carry their score on rows that none of them was fitted on."""

    model: str
    endpoint: str
    resources: int
    promoted: bool
    reason: str
    confidence: float
    period: str
    versions: list[dict[str, Any]]
    reports: list[str]
    request: dict[str, Any]


def read(
    client: Client, first: Run, second: Run, resources: int, request: dict[str, Any]
) -> Outcome:
    """Read the outcome from the registry and from the verdict of the second run."""
    cloud = client.cloud
    verdict = json.loads(cloud.artifacts.read(keys.run(second.run_id, "verdict.json")))
    contest = verdict["contest"]
    made = {v.draft.lineage.run_id: v.number for v in cloud.registry.versions(first.model)}
    versions = [
        {
            "version": number,
            "metric": verdict["metric"],
            "score_on_last_period": score,
        }
        for number, score in (
            (contest["champion_version"], contest["champion"]),
            (made.get(second.run_id), contest["challenger"]),
        )
    ]
    found = fetch(cloud, first.model, Path("build/reports"))
    return Outcome(
        model=first.model,
        endpoint=cloud.api_url,
        resources=resources,
        promoted=second.status == "deployed",
        reason=second.reason,
        confidence=contest["confidence"],
        period=f"{verdict['oldest'][:4]}"
        if verdict["oldest"][:4] == verdict["newest"][:4]
        else f"{verdict['oldest'][:4]} to {verdict['newest'][:4]}",
        versions=versions,
        reports=[str(path) for path in found.values()],
        request=request,
    )


def show(console: Console, outcome: Outcome, steps: list[dict[str, Any]], folder: Path) -> None:
    """Print the summary and write the same to ``demo.json``."""
    folder.mkdir(exist_ok=True)
    document = {"steps": steps, **asdict(outcome)}
    (folder / "demo.json").write_text(json.dumps(document, indent=2))
    console.rule("[bold]Summary")
    timings = Table("step", "seconds", box=None)
    for step in steps:
        timings.add_row(step["name"], f"{step['seconds']:.1f}")
    timings.add_row("[bold]in all[/]", f"[bold]{sum(s['seconds'] for s in steps):.1f}[/]")
    console.print(timings)
    _versions(console, outcome)
    _what_next(console, outcome)


def _versions(console: Console, outcome: Outcome) -> None:
    scores = Table("version", outcome.versions[0]["metric"], "", box=None)
    for index, version in enumerate(outcome.versions):
        serves = (index == 1) == outcome.promoted
        number = version["version"] or "challenger"
        scores.add_row(
            str(number), f"{version['score_on_last_period']:.4f}", "serves" if serves else ""
        )
    console.print(f"\nOn {outcome.period}, which neither was fitted on:")
    console.print(scores)
    if outcome.promoted:
        console.print(f"The challenger won {outcome.confidence:.0%} of the bootstrap resamples.")
    else:
        console.print(f"[yellow]The challenger was not promoted:[/] {escape(outcome.reason)}")


def _what_next(console: Console, outcome: Outcome) -> None:
    console.print("\nReports:")
    for report in outcome.reports:
        console.print(f"  {report}")
    console.print(f"\nThe cloud stays up. The API: {outcome.endpoint}")
    evergreen = ".venv/bin/evergreen"
    request = json.dumps([outcome.request])
    for what, command in (
        (
            "call it",
            f"echo '{request}' | {evergreen} predict {outcome.model} --rows -",
        ),
        ("look at it", f"{evergreen} models {outcome.model}"),
        ("its runs", f"{evergreen} runs"),
        ("stop it", "make stop"),
    ):
        console.print(f"  {what:<11} {escape(command)}", soft_wrap=True)
