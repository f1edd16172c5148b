"""A table becomes answers, whatever the model predicts: several classes, and a number."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evergreen.cli.batches import bring, manifest, start
from evergreen.cli.client import Client

from tests.localstack import loans
from tests.localstack.test_batch import predicted

CHANGES: dict[str, Any] = {
    "protected": None,
    "decision": None,
    "gates": {"champion_confidence": 0.5},
    "search": {"trials": 2, "parallel": 2, "seed": 3},
}
FEATURES = {"income": "number", "debt": "number", "sex": "category", "region": "category"}


def labelled(count: int, seed: int) -> list[dict[str, Any]]:
    """Loans with a grade of four and an instalment, which both follow from the row."""
    table = loans.rows(range(2011, 2020), count=count, seed=seed)
    for row in table:
        burden = row["debt"] - row["income"] / 2 + 2 * (row["region"] == "south")
        row["grade"] = "abcd"[sum(burden > edge for edge in (-3, 0, 3))]
        row["instalment"] = round(100 + 10 * burden, 2)
    return table


@pytest.mark.parametrize(
    ("problem", "target"), [("multiclass", "grade"), ("regression", "instalment")]
)
def test_a_model_of_each_kind_is_trained_asked_told_and_scores_a_table(
    problem: str, target: str, client: Client, tmp_path: Path
) -> None:
    name = loans.new_name(problem)
    others = {"grade", "instalment", "defaulted", "collected"} - {target}
    path = loans.write_model_file(
        tmp_path,
        **CHANGES,
        name=name,
        problem=problem,
        target={"column": target},
        features=FEATURES,
        exclude=dict.fromkeys(others, "follows from the target"),
    )
    client.apply(path)
    (tmp_path / "table.csv").write_bytes(loans.as_csv(labelled(1500, 1)))
    run = client.follow(client.train(name, [tmp_path / "table.csv"]))
    assert run.status == "deployed", run.reason

    later = labelled(60, 2)
    asked = [{column: row[column] for column in FEATURES} for row in later]
    answer = client.predict(name, asked, request_id="mine")
    answers = answer["predictions"]
    assert answer["version"] == 1
    told = [{"id": a["id"], "outcome": r[target]} for a, r in zip(answers, later, strict=True)]
    assert client.feedback(name, told) == len(later)
    if problem == "multiclass":
        right = sum(a["label"] == row["grade"] for a, row in zip(answers, later, strict=True))
        assert right > 40
        assert set(answers[0]["probabilities"]) == set("abcd")
    else:
        errors = [abs(a["value"] - r[target]) for a, r in zip(answers, later, strict=True)]
        assert sum(errors) / len(errors) < 15

    pq.write_table(pa.Table.from_pylist(asked), tmp_path / "asked.parquet")
    key = bring(client, name, str(tmp_path / "asked.parquet"), lambda _: None)
    scored = start(client, name, key, ())
    assert client.follow(scored, seconds=0.2).status == "scored"
    part = predicted(client, manifest(client, scored).files).to_pylist()
    figure = "probability" if problem == "multiclass" else "value"
    assert [row[figure] for row in part] == pytest.approx([a[figure] for a in answers], rel=1e-5)
