"""What a person who asks for predictions from a file relies on."""

import json

import pytest
from evergreen.cli.client import Client
from evergreen.contracts.table import ColumnRule
from msgspec.structs import replace

from tests.fakes.cloud import MemoryCloud, read, sentence, terminal
from tests.fakes.serving import MODEL, ROW, SIGNATURE, World

CSV = "age,speed,belt,role,sex,dead\n40,55.5,none,driver,f,dead\n20,,belted,,m,alive\n"


def test_rows_of_a_csv_are_predicted_like_the_same_rows_in_json(evergreen, cloud, tmp_path):
    rows = [ROW | {"sex": "f"}, {"age": 20, "speed": None, "belt": "belted", "role": None}]
    (tmp_path / "rows.csv").write_text(CSV)
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "body.json").write_text(json.dumps({"instances": rows}))

    found = [
        [p["probability"] for p in read(result)["predictions"]]
        for result in (
            evergreen("predict", MODEL, "--rows", "rows.csv", "--json"),
            evergreen("predict", MODEL, "--rows", "rows.json", "--json"),
            evergreen("predict", MODEL, "--rows", "rows.jsonl", "--json"),
            evergreen("predict", MODEL, "--rows", "body.json", "--json"),
            evergreen("predict", MODEL, "--rows", "-", "--json", stdin=CSV),
        )
    ]

    assert all(probabilities == found[0] for probabilities in found)
    assert cloud.world.captures.captures[0].rows[0].values == ROW | {"sex": "f"}


def test_columns_that_the_model_does_not_take_are_left_out_and_named(evergreen, tmp_path):
    (tmp_path / "rows.csv").write_text(CSV)

    assert "does not take them: dead." in evergreen("predict", MODEL, "--rows", "rows.csv").stderr


def test_rows_of_an_entity_that_nobody_knows_are_counted_beside_their_answers(
    evergreen, cloud, tmp_path, monkeypatch
):
    (tmp_path / "rows.csv").write_text(CSV)
    real = Client.predict

    def predict(*given):
        return real(*given) | {"features": {"completed": 2, "stale": 0, "missing": 1}}

    monkeypatch.setattr(Client, "predict", predict)
    said = " ".join(evergreen("predict", MODEL, "--rows", "rows.csv").stdout.split())
    assert "1 rows name an entity or series that is not known; its columns are missing." in said
    assert "too old" not in said


def test_a_cell_that_says_there_is_no_number_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    world = World()
    age, speed, *others = SIGNATURE.inputs
    ruled = replace(speed, rule=ColumnRule(missing=("?", -1)))
    signature = replace(SIGNATURE, inputs=(age, ruled, *others))
    world.promote(world.register(signature=signature).number)
    words = ("", "NA", " ? ", "-1")
    text = "age,speed,belt,role\n" + "".join(f"40,{word},none,driver\n" for word in words)

    found = read(
        terminal(MemoryCloud(world))("predict", MODEL, "--rows", "-", "--json", stdin=text)
    )

    assert len({p["probability"] for p in found["predictions"]}) == 1


def test_a_cell_that_is_no_number_is_named_by_row_and_column(evergreen):
    result = evergreen("predict", MODEL, "--rows", "-", stdin=CSV.replace("20", "twenty"))

    assert "row 1, column 'age': The value is text" in sentence(result)
    assert "(HTTP 422)" in sentence(result)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "has no rows"),
        ("age\n", "has no rows"),
        ("age\n1,2\n", "line 2, has more cells"),
        ("[1, 2]", "a list of JSON objects"),
        ("[{]", "no valid JSON"),
    ],
)
def test_rows_that_cannot_be_read_are_one_sentence(evergreen, text, expected):
    assert expected in sentence(evergreen("predict", MODEL, "--rows", "-", stdin=text))


def test_more_rows_than_a_request_takes_are_sent_in_parts_and_answered_in_order(cloud):
    rows = [ROW | {"age": age, "belt": "new"} for age in range(2500)]
    done = []

    found = Client(cloud).predict(MODEL, rows, done.append)

    assert done == [1000, 1000, 500]
    assert len(cloud.sent) == 3
    single = Client(cloud).predict(MODEL, rows[2400:2401])["predictions"][0]["probability"]
    assert found["predictions"][2400]["probability"] == single
    assert len({p["id"] for p in found["predictions"]}) == 2500
    assert found["unseen"] == {"belt": 2500}
    assert (found["version"], found["versions"]) == (1, [1])


def test_rows_too_large_for_one_body_are_sent_in_parts(cloud):
    rows = [ROW | {"sex": "x" * 1000, "role": str(n) + "r" * 900} for n in range(900)]

    assert len(Client(cloud).predict(MODEL, rows)["predictions"]) == 900
    assert len(cloud.sent) == 2


def test_outcomes_are_reported(evergreen, cloud):
    result = evergreen(
        "feedback", MODEL, "--outcomes", "-", "--json", stdin="id,outcome\na-0,dead\na-1,alive\n"
    )

    assert read(result) == {"model": MODEL, "accepted": 2}
    (key,) = cloud.features.keys("feedback/")
    assert b'"outcome":"alive"' in cloud.features.read(key)
