"""A feature view through the deployed system: built, learned from, served by entity, checked."""

import csv
import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from evergreen.cli.client import Client

from tests.localstack import loans
from tests.localstack.conftest import Command

START = datetime(2024, 1, 15)
CUSTOMERS = [f"c{number}" for number in range(30)]


def incomes() -> list[dict[str, Any]]:
    """What each customer earned, every 30 days from the middle of January on."""
    random = np.random.default_rng(1)
    return [
        {
            "customer": customer,
            "at": (START + timedelta(days=30 * month)).isoformat(),
            "income": round(float(random.normal(20, 6)), 3),
        }
        for month in range(10)
        for customer in CUSTOMERS
    ]


def applications(known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Loans of 2024: the income that was known then decides, 20 where none was."""
    random = np.random.default_rng(2)
    made = []
    for _ in range(700):
        customer = str(random.choice(CUSTOMERS))
        at = datetime(2024, 1, 1) + timedelta(hours=int(random.integers(0, 300 * 24)))
        earlier = [r for r in known if r["customer"] == customer and r["at"] <= at.isoformat()]
        income = earlier[-1]["income"] if earlier else 20.0
        late = random.random() < 1 / (1 + np.exp((income - 20) / 1.5))
        debt = round(float(random.normal(10, 4)), 3)
        made.append({"customer": customer, "at": at.isoformat(), "debt": debt,
                     "defaulted": "yes" if late else "no"})  # fmt: skip
    return made


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A CSV file."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def view_file(name: str) -> dict[str, Any]:
    """The view of incomes."""
    return {
        "name": name,
        "entity": ["customer"],
        "event_time": {"column": "at"},
        "columns": {"income": "number"},
        "features": {
            "income": {"of": "income"},
            "mean_income": {"of": "income", "take": "mean", "over": "100d"},
        },
        "online": {"stale_after": "60d", "stale": "null", "missing": "null"},
    }


@pytest.fixture(scope="module")
def table() -> list[dict[str, Any]]:
    """The view's table."""
    return incomes()


@pytest.fixture(scope="module")
def view(client: Client, table: list[dict[str, Any]], tmp_path_factory: Any) -> str:
    """A view that is built."""
    folder, name = tmp_path_factory.mktemp("view"), loans.new_name("incomes")
    (folder / "view.yaml").write_text(yaml.safe_dump(view_file(name)))
    client.apply_view(folder / "view.yaml")
    run = client.follow(
        client.build(name, [str(write(folder / "incomes.csv", table))]), seconds=0.2
    )
    assert run.status == "built", run.reason
    assert run.reason == "30 entities written, 0 newer ones left"
    return name


@pytest.fixture(scope="module")
def model(client: Client, table: list[dict[str, Any]], view: str, tmp_path_factory: Any) -> str:
    """A model that learned from the view."""
    folder, name = tmp_path_factory.mktemp("model"), loans.new_name("views")
    changes: dict[str, Any] = {
        "features": {"debt": "number"},
        "time": {"column": "at"},
        "views": {view: {"on": {"customer": "customer"}}},
        "search": {"trials": 2, "parallel": 2},
    }
    gone = dict.fromkeys(("protected", "decision", "exclude", "deploy"))
    client.apply(loans.write_model_file(folder, name=name, **gone, **changes))
    data = write(folder / "applications.csv", applications(table))
    run = client.follow(client.train(name, [str(data)]), seconds=0.2)
    assert run.status == "deployed", run.reason
    return name


def test_a_view_is_served_by_entity_as_it_was_learned_and_shows_no_skew(
    client: Client, evergreen: Command, view: str, model: str, table: list[Any], tmp_path: Path
) -> None:
    def ask(**row: Any) -> tuple[float, dict[str, int]]:
        found = client.cloud.api.call("POST", f"/models/{model}/predict", {"instances": [row]})
        return found["predictions"][0]["probability"], found["features"]

    c3 = [row["income"] for row in table if row["customer"] == "c3"]
    keyed = {"debt": 10.0, "customer": "c3", "at": "2024-11-01T00:00:00"}
    newest = {f"{view}.income": c3[-1], f"{view}.mean_income": sum(c3[-4:]) / 4}
    nothing = dict.fromkeys(newest)

    by_key, found = ask(**keyed)
    assert found == {"completed": 1, "stale": 0, "missing": 0}
    assert by_key == ask(**keyed, **newest)[0]

    stale, found = ask(**keyed | {"at": "2025-02-01T00:00:00"})
    assert found == {"completed": 1, "stale": 1, "missing": 0}
    missing, found = ask(**keyed | {"customer": "nobody"})
    assert found == {"completed": 1, "stale": 0, "missing": 1}
    assert stale == missing == ask(**keyed, **nothing)[0]

    older = [{"customer": "c3", "at": "2023-12-01T00:00:00", "income": 999.0},
             {"customer": "late", "at": "2024-03-01T00:00:00", "income": 12.0}]  # fmt: skip
    build = client.build(view, [str(write(tmp_path / "older.csv", older))])
    run = client.follow(build, seconds=0.2)
    assert (run.status, run.reason.split(",")[0]) == ("built", "1 entities written")
    assert ask(**keyed) == (by_key, {"completed": 1, "stale": 0, "missing": 0})

    report = _checked(evergreen, view, rows=4)
    assert report["models"] == [model]
    assert report["unknown"] == 1
    for feature in report["features"]:
        assert (feature["unequal"], feature["late"]) == (0, 0)


def _checked(evergreen: Command, view: str, rows: int) -> dict[str, Any]:
    """The check's report, as soon as the captures have arrived."""
    until = time.monotonic() + 30
    while True:
        done = evergreen("views", "check", view, "--json")
        assert done.returncode == 0, done.stderr + done.stdout
        found: dict[str, Any] = json.loads(done.stdout)
        if found["rows"] >= rows or time.monotonic() > until:
            assert found["rows"] == rows
            return found
        time.sleep(0.5)
