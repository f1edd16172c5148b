"""From the first drifted request to the new champion answering, on the laptop cloud.

Nothing is called but the API: the schedule looks each minute, as ``environment=local`` deploys it.
The tables are the tests' loans, which move after 2020.
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
import msgspec
from evergreen.cli.client import Client
from evergreen.cli.cloud import Cloud
from evergreen.contracts.registry import CHAMPION

from benchmarks.figures import Figure, alone
from localstack import cloud as laptop
from localstack.deployment import deploy
from tests.localstack import loans

OUT = Path("build/bench-monitoring/elapsed.json")
MODEL = "loans"
PATIENCE = 600.0
_GOAL = "on the laptop cloud, which looks each minute"


def main() -> None:
    """Measure on a cloud of its own, and write the figures."""
    with TemporaryDirectory() as folder:
        state = Path(folder) / "cloud.json"
        local = laptop.start(laptop.free_port(), state=state, tied=True)
        try:
            deploy(local)
            found = measure(of_cloud(local), Path(folder))
        finally:
            laptop.stop(state)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


def measure(client: Client, folder: Path) -> list[Figure]:
    """Seconds since the first drifted request, at each step up to the last."""
    table = folder / "loans.csv"
    table.write_bytes(loans.as_csv(loans.rows(range(2011, 2020), count=2500, seed=1)))
    client.apply(loans.write_model_file(folder, name=MODEL))
    first = client.follow(client.train(MODEL, [table]))
    if first.status != "deployed":
        raise SystemExit(f"The first run ended as {first.status}: {first.reason}")
    rows = loans.rows(range(2021, 2024), count=3000, seed=2)
    began = time.monotonic()
    answer = client.predict(MODEL, [loans.request(row) for row in rows])
    said = [
        {"id": found["id"], "outcome": row["defaulted"]}
        for found, row in zip(answer["predictions"], rows, strict=True)
    ]
    client.feedback(MODEL, said)
    row, registry = loans.request(rows[0]), client.cloud.registry
    steps = {
        "3,000 predictions and their outcomes sent": lambda: True,
        "retraining decided": lambda: _decided(client),
        "run started": lambda: len(registry.runs(MODEL)) > 1,
        "challenger on trial": lambda: _on_trial(client) or _champion(client) > 1,
        "new champion": lambda: _champion(client) > 1,
        "new champion answers": lambda: client.predict(MODEL, [row])["version"] > 1,
    }
    return [
        alone(f"first drifted request to: {step}", _until(began, there), unit="s", goal=_GOAL)
        for step, there in steps.items()
    ]


def of_cloud(local: laptop.Cloud) -> Client:
    """What the command line does, on that cloud."""
    session = boto3.session.Session(
        region_name=local.region,
        aws_access_key_id=local.access_key,
        aws_secret_access_key=local.secret_key,
    )
    return Client(
        Cloud("the laptop cloud", session, endpoint=local.endpoint, certificate=local.certificate)
    )


def _decided(client: Client) -> bool:
    keys = client.cloud.artifacts.keys(f"reports/{MODEL}/decisions/")
    return any(b'"retrain"' in client.cloud.artifacts.read(key) for key in keys)


def _on_trial(client: Client) -> bool:
    alias = client.cloud.registry.alias(MODEL, CHAMPION)
    return alias is not None and alias.challenger is not None


def _champion(client: Client) -> int:
    alias = client.cloud.registry.alias(MODEL, CHAMPION)
    return alias.version if alias else 0


def _until(began: float, there: Callable[[], bool]) -> float:
    while not there():
        if time.monotonic() - began > PATIENCE:
            raise SystemExit(f"Nothing came of it within {PATIENCE:.0f} s.")
        time.sleep(0.2)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
