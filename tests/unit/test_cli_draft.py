"""What a person who starts from a table and a target relies on."""

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from evergreen.cli.main import main
from evergreen.contracts.model_checks import parse

LEAKS = {"settled", "closed", "verdict"}


def orders(rows: int = 2000) -> pd.DataFrame:
    """A dirty table: an id, a note a row, sentinels, an empty column, and three leaks."""
    random = np.random.default_rng(0)
    warmth = random.normal(15, 5, rows).round(1)
    late = random.random(rows) < 1 / (1 + np.exp(-(warmth - 18) / 3))
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows), "h")
    return pd.DataFrame(
        {
            "id": np.arange(1, rows + 1),
            "warmth": np.where(np.arange(rows) % 50 == 0, -999, warmth),
            "kind": random.choice(["box", "bag", "?"], rows, p=[0.5, 0.4, 0.1]),
            "note": [f"order number {i}" for i in range(rows)],
            "ordered": when,
            "closed": when + pd.to_timedelta(random.exponential(40, rows), "h"),
            "source": "shop",
            "hardly": np.where(np.arange(rows) % 100 == 0, 1.5, np.nan),
            "settled": np.where(late, random.normal(100, 5, rows), np.nan),
            "verdict": np.where(late, "paid back", "kept"),
            "late": np.where(late, "yes", "no"),
            "hours": warmth * 2 + random.normal(0, 5, rows),
        }
    )


@pytest.fixture
def drafted(tmp_path, monkeypatch):
    """The printed draft for a table."""
    monkeypatch.chdir(tmp_path)

    def draft(frame: pd.DataFrame, *options: str, suffix: str = "csv"):
        path = tmp_path / f"Late Orders.2024.{suffix}"
        (frame.to_parquet if suffix == "parquet" else frame.to_csv)(path, index=False)
        return CliRunner().invoke(main, ["draft", str(path), *options])

    return draft


def test_a_draft_is_a_model_file_that_can_be_applied(drafted, tmp_path):
    answer = drafted(orders(), "--target", "late")
    model = parse(yaml.safe_load(answer.stdout))
    assert (model.name, model.problem, model.target.positive) == ("late-orders", "binary", "yes")
    assert model.features == {"warmth": "number", "kind": "category", "hours": "number"}
    assert (model.time.column, model.time.unit) == ("ordered", "timestamp")
    assert (tmp_path / "build/reports/draft-late-orders.html").is_file()


def test_what_cannot_be_learned_from_is_excluded_with_the_reason(drafted):
    exclude = yaml.safe_load(drafted(orders(), "--target", "late").stdout)["exclude"]
    assert exclude["id"] == "numbers the rows"
    assert exclude["note"].startswith("names its rows")
    assert exclude["source"] == "holds one value"
    assert exclude["hardly"] == "missing in 99 % of the rows"
    assert {name for name, why in exclude.items() if why.startswith("may know")} == LEAKS


def test_suspected_sentinels_become_rules(drafted):
    document = yaml.safe_load(drafted(orders(), "--target", "late").stdout)
    assert document["clean"]["columns"] == {
        "warmth": {"missing": [-999]},
        "kind": {"missing": ["?"]},
    }


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_any_form_of_table_gives_the_same_draft(drafted, suffix):
    first = yaml.safe_load(drafted(orders(), "--target", "late").stdout)
    assert yaml.safe_load(drafted(orders(), "--target", "late", suffix=suffix).stdout) == first


@pytest.mark.parametrize(
    ("target", "problem"), [("late", "binary"), ("kind", "multiclass"), ("hours", "regression")]
)
def test_the_target_tells_the_problem(drafted, target, problem):
    answer = drafted(orders(), "--target", target, "--name", "m1")
    assert parse(yaml.safe_load(answer.stdout)).problem == problem


def test_the_positive_class_can_be_stated(drafted):
    answer = drafted(orders(), "--target", "late", "--positive", "no")
    assert parse(yaml.safe_load(answer.stdout)).target.positive == "no"


def test_a_text_of_as_many_labels_as_a_model_takes_is_one_of_classes(drafted):
    frame = orders()
    answer = drafted(
        frame.assign(kind=[f"k{n % 40}" for n in range(len(frame))]), "--target", "kind"
    )
    assert parse(yaml.safe_load(answer.stdout)).problem == "multiclass"


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("lat", "The table has no column 'lat'"),
        ("source", "holds one value"),
        ("note", "different texts"),
    ],
)
def test_what_cannot_be_a_target_is_refused_in_a_sentence(drafted, target, sentence):
    answer = drafted(orders(), "--target", target)
    assert answer.exit_code == 1
    assert sentence in answer.stderr


def test_a_file_that_is_not_there_is_named():
    answer = CliRunner().invoke(main, ["draft", "none.csv", "--target", "y"])
    assert (answer.exit_code, "There is no file none.csv." in answer.stderr) == (1, True)


def test_words_among_numbers_become_rules_where_they_stand_for_none(drafted):
    frame = orders().astype({"hours": object, "warmth": object})
    frame.loc[10:40, "hours"] = "err"
    frame.loc[50:54, "warmth"] = "?"
    frame.loc[60, "warmth"] = "12x"
    document = yaml.safe_load(drafted(frame, "--target", "late").stdout)
    assert document["features"]["hours"] == document["features"]["warmth"] == "number"
    assert document["clean"]["columns"]["hours"] == {"missing": ["err"]}
    assert document["clean"]["columns"]["warmth"] == {"missing": ["?", -999]}


def test_a_number_column_with_many_question_marks_stays_one(drafted):
    frame = orders().astype({"hours": object})
    frame.loc[::4, "hours"] = "?"
    document = yaml.safe_load(drafted(frame, "--target", "late").stdout)
    assert document["features"]["hours"] == "number"
    assert document["clean"]["columns"]["hours"] == {"missing": ["?"]}


def test_the_rows_time_is_the_complete_one_that_comes_first(drafted):
    frame = orders()
    frame["shipped"] = (frame["ordered"] + pd.Timedelta("2D")).dt.strftime("%d/%m/%Y %H:%M")
    frame["day"] = frame["ordered"].dt.strftime("%Y-%m-%d")
    frame["ordered"] = frame["ordered"].dt.strftime("%d/%m/%Y %H:%M")
    model = parse(yaml.safe_load(drafted(frame, "--target", "late").stdout))
    assert (model.time.column, model.time.format) == ("ordered", "%d/%m/%Y %H:%M")


def test_rules_of_columns_with_any_name_are_read_back(drafted):
    names = {"hours": "no", "warmth": "a: 'b' \"c\"", "kind": "1"}
    frame = orders().astype({"hours": object}).rename(columns=names)
    frame.loc[10:40, "no"] = "err"
    document = yaml.safe_load(drafted(frame, "--target", "late").stdout)
    assert set(document["clean"]["columns"]) == set(names.values())
