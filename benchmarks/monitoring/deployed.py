"""Sweeps of the deployed state machine on the laptop cloud: a few models, then many more.

Each serves a version that was trained there and answered 1,000 rows since; one of them has lost its
profile, so that its check fails. The event of the sweep of many comes twice.
"""

import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from evergreen.cli.client import Client
from evergreen.contracts import keys
from evergreen.contracts.fleet import FleetReport
from evergreen.contracts.registry import Run
from evergreen.ports import iso

from benchmarks.figures import Figure, alone, lower
from benchmarks.monitoring.elapsed import of_cloud
from localstack import cloud as laptop
from localstack.deployment import deploy
from tests.localstack import loans
from tests.localstack.records import with_versions
from tests.localstack.test_sweeps import ended, serve, start

OUT = Path("build/bench-monitoring/deployed.json")
FEW, MANY = 15, 150
ROWS = 1000


def main() -> None:
    """Measure on a cloud of its own, and write the figures."""
    with TemporaryDirectory() as folder:
        state = Path(folder) / "cloud.json"
        local = laptop.start(laptop.free_port(), state=state, tied=True)
        try:
            deploy(local)
            client = of_cloud(local)
            found = measure(client, _first(client, Path(folder)))
        finally:
            laptop.stop(state)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


def measure(client: Client, made: Run) -> list[Figure]:
    """Wall seconds of a sweep for each model, and what it found."""
    _quieten(client)
    few = _swept(client, made, "few", FEW)
    many = _swept(client, made, "many", MANY)
    body = client.cloud.artifacts.read(keys.fleet_page("json"))
    lines = msgspec.json.decode(body, type=FleetReport).models
    health = Counter(line.health for line in lines)
    decided = Counter(
        key.split("/")[1]
        for line in lines
        for key in client.cloud.artifacts.keys(f"reports/{line.model}/decisions/")
    )
    twice = sum(count > 1 for count in decided.values())
    name = f"a sweep of {MANY} models through the deployed state machine"
    goal = "on the laptop cloud"
    return [
        lower(f"{name}, a model", many, few, f"{FEW} models", unit="s", goal=f"1, flat, {goal}"),
        alone(f"{name}: checked", len(lines) - health["failing"], unit="models", goal=goal),
        alone(f"{name}: failed alone", health["failing"], unit="models", goal="2, one each"),
        alone(f"{name}: decided twice by a repeated event", twice, unit="models", goal="0"),
    ]


def _swept(client: Client, made: Run, word: str, count: int) -> float:
    """Seconds a model of a sweep whose event comes twice."""
    for number in range(count):
        name = loans.new_name(f"{word}-{number:03}")
        with_versions(client, made, name, 1)
        client.promote(name, 1, "the first one")
        serve(client, name, 1, ROWS)
        if number == count // 2:
            _spoil(client, name)
    began, at = time.monotonic(), iso(client.cloud.clock.now())
    for execution in [start(client, at), start(client, at)]:
        ended(client, execution, patience=600)
    return (time.monotonic() - began) / count


def _spoil(client: Client, model: str) -> None:
    """A champion whose profile is not there."""
    draft = client.cloud.registry.version(model, 1).draft
    profile = msgspec.structs.replace(draft.profile, key=f"models/{model}/lost.json")
    lineage = msgspec.structs.replace(draft.lineage, run_id=f"{model}-lost")
    lost = msgspec.structs.replace(draft, profile=profile, lineage=lineage)
    client.cloud.registry.register(lost, "somebody", iso(client.cloud.clock.now()))
    client.promote(model, 2, "to see what comes of it")


def _quieten(client: Client) -> None:
    """Without the schedule, whose sweeps would find the models first."""
    events = client.cloud.client("events")
    for rule in events.list_rules()["Rules"]:
        if "Schedule" in rule["Name"]:
            events.disable_rule(Name=rule["Name"])


def _first(client: Client, folder: Path) -> Run:
    table = folder / "loans.csv"
    table.write_bytes(loans.as_csv(loans.rows(range(2011, 2020), count=2500, seed=1)))
    client.apply(loans.write_model_file(folder, name="loans"))
    run = client.follow(client.train("loans", [table]))
    if run.status != "deployed":
        raise SystemExit(f"The first run ended as {run.status}: {run.reason}")
    return run


if __name__ == "__main__":
    main()
