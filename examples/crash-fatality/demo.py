"""The main job, told step by step: `make demo` runs it.

A model is trained on 1997 to 1999 and serves; 2000 to 2002 come as requests, later their
outcomes; the scheduled check finds drift and has the model retrained; champion and challenger
meet on the newest rows, and the better one serves. Each step finds what an earlier demo left in
the cloud and goes on from there.
"""

import json
import sys
import time
from collections import Counter
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import summary
import table
from evergreen.cli.client import Client
from evergreen.contracts.registry import CHAMPION, Run
from evergreen.digest import content_id
from evergreen.errors import Conflict, EvergreenError
from rich.console import Console
from rich.markup import escape

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from examples.laptop import follow, stand_up  # noqa: E402 - found through the line above
from examples.narrator import Narrator, Progressing  # noqa: E402
from localstack.endpoint import CloudError  # noqa: E402

MODEL = "crash-fatality"
FEATURES = ("dvcat", "airbag", "seatbelt", "frontal", "abcat", "occRole", "ageOFocc", "yearVeh")
NUMBERS = ("ageOFocc", "yearVeh")
CONTEXT = ("yearacc", "caseid", "sex")
BATCH = 500
AT_ONCE = 20
"""Requests a look, while a new version is on trial."""
PATIENCE = 240
"""Seconds to wait for the scheduled check, which looks each minute."""


class Trial:
    """Requests of one row each while two versions share them, and who answered."""

    def __init__(self, client: Client, file: Path) -> None:
        self._client = client
        self._rows = cycle(to_request(row) for row in table.rows(file))
        self.answered: Counter[int] = Counter()

    def send(self) -> None:
        """Some requests, if there is a trial now."""
        alias = self._client.cloud.registry.alias(MODEL, CHAMPION)
        if alias and alias.challenger:
            for row in islice(self._rows, AT_ONCE):
                self.answered[self._client.predict(MODEL, [row])["version"]] += 1

    def __str__(self) -> str:
        said = (f"version {n} answered {count}" for n, count in sorted(self.answered.items()))
        return f"of the requests meanwhile {', '.join(said)}"


class DemoFailed(Exception):
    """The story cannot go on; the sentence says why."""


def main() -> int:
    """Run the demo; 0 when every step did what it says."""
    console = Console(highlight=False)
    story = Narrator(console)
    try:
        summary.show(console, tell(story), story.steps, ROOT / "build")
    except (DemoFailed, CloudError, EvergreenError) as error:
        console.print(f"\n[bold red]The demo stopped:[/] {escape(str(error))}")
        return 1
    return 0


def tell(story: Narrator) -> summary.Outcome:
    """The whole story, in the order it happens."""
    client, resources = stand_up(story)
    with story.step("Apply the model file", "examples/crash-fatality/model.yaml") as step:
        model = client.apply(HERE / "model.yaml")
        step.say(f"{MODEL} is at revision {model.revision}")
    periods = table.write(ROOT / "build" / "crash-fatality")
    first = train(story, client, periods["1997-1999"])
    sample = call(story, client, periods["2000"])
    send(story, client, {period: periods[period] for period in ("2000", "2001", "2002")})
    second = retrain(story, client, periods["2002"])
    with story.step("Ask the API again", "evergreen models crash-fatality") as step:
        answer = client.predict(MODEL, sample)
        step.say(f"version {answer['version']} answers now")
    return summary.read(client, first, second, resources, sample[0])


def train(story: Narrator, client: Client, history: Path) -> Run:
    """The first version, trained on what was known by the end of 1999."""
    made_of = content_id((HERE / "model.yaml").read_bytes(), history.read_bytes())
    run_id = f"{MODEL}-1997-1999-{made_of}"
    look = f"evergreen runs {run_id} --follow"
    with story.step("Tune, train, check and deploy on 1997 to 1999", look) as step:
        try:
            client.train(MODEL, [history], run_id)
        except Conflict:
            step.say("trained before, on the same rows by the same model file")
        run = follow(step, client, run_id)
    if run.status != "deployed":
        raise DemoFailed(run.reason)
    return run


def call(story: Narrator, client: Client, later: Path) -> list[dict[str, Any]]:
    """A few predictions, and a mistake, as an application would meet them."""
    sample = [to_request(row) for row in table.rows(later)[:3]]
    with story.step("Ask for predictions over HTTP, signed with SigV4") as step:
        answer = client.predict(MODEL, sample)
        for row, found in zip(sample, answer["predictions"], strict=True):
            told = f"{row['dvcat']} km/h, {row['seatbelt']}, {row['ageOFocc']:.0f} years"
            step.say(f"{told:<28} {found['probability']:.4f} → {found['label']}")
        try:
            client.predict(MODEL, [{**sample[0], "ageOFocc": "old"}])
        except EvergreenError as error:
            step.say(f"[yellow]a mistake is told:[/] {escape(str(error))}")
    return sample


def send(story: Narrator, client: Client, periods: dict[str, Path]) -> None:
    """Later years as requests, then what turned out."""
    look = "s3: captures/crash-fatality/, feedback/crash-fatality/"
    with story.step("Send 2000 to 2002 as traffic, then the outcomes", look) as step:
        if any(run.trigger == "drift" for run in client.cloud.registry.runs(MODEL)):
            step.say("sent before")
            return
        outcomes = []
        for period, file in periods.items():
            rows = table.rows(file)
            ids: list[str] = []
            for start in range(0, len(rows), BATCH):
                batch = [to_request(row) for row in rows[start : start + BATCH]]
                # Named, so that a demo that was interrupted sends the same predictions again.
                answer = client.predict(MODEL, batch, request_id=f"demo-{period}-{start}")
                ids += [found["id"] for found in answer["predictions"]]
                step.now(f"{period}: {len(ids):,} of {len(rows):,} predicted")
            outcomes += [
                {"id": number, "outcome": row["dead"]}
                for number, row in zip(ids, rows, strict=True)
            ]
            step.say(f"{period}: {len(rows):,} predictions")
        accepted = client.feedback(MODEL, outcomes)
        step.say(f"{accepted:,} outcomes reported")


def retrain(story: Narrator, client: Client, newest: Path) -> Run:
    """Nobody does anything: the schedule looks, decides and starts the workflow."""
    look = "the rule looks each minute; evergreen report crash-fatality has its page"
    with story.step("Wait for the scheduled check to find drift", look) as step:
        run_id = await_drift_run(step, client)
        step.say(escape(newest_check(client)))
    with story.step("Champion and challenger", f"evergreen runs {run_id}") as step:
        trial = Trial(client, newest)
        run = follow(step, client, run_id, trial.send)
        if trial.answered:
            step.say(str(trial))
        step.say(f"[bold]{run.status}[/]: {escape(run.reason)}")
    if run.status not in ("deployed", "refused"):
        raise DemoFailed(run.reason)
    return run


def await_drift_run(step: Progressing, client: Client) -> str:
    """The run that a check started."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        started = [r for r in client.cloud.registry.runs(MODEL) if r.trigger == "drift"]
        if started:
            return started[-1].run_id
        step.now(f"{time.monotonic() - began:.0f} s; the last check said: {newest_check(client)}")
        time.sleep(1)
    raise DemoFailed(f"No check started a run in {PATIENCE} s; {newest_check(client)}")


def newest_check(client: Client) -> str:
    """What the newest drift report decided."""
    store = client.cloud.artifacts
    reports = [key for key in store.keys(f"reports/{MODEL}/drift/") if key.endswith(".json")]
    if not reports:
        return "nothing yet"
    decision = json.loads(store.read(reports[-1]))["decision"]
    return f"{decision['action']}: {decision['reason']}"


def to_request(row: dict[str, str]) -> dict[str, Any]:
    """A row of the table as an application knows it: before the outcome."""
    values: dict[str, Any] = {name: row[name] for name in (*FEATURES, *CONTEXT)}
    return values | {name: float(row[name]) if row[name] else None for name in NUMBERS}


if __name__ == "__main__":
    sys.exit(main())
