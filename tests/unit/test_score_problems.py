"""A scored table holds what the API answers for the same rows, whatever the model answers."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from evergreen.contracts.registry import Run
from evergreen.contracts.signature import Column
from evergreen.contracts.table import ColumnRule, Time
from evergreen.errors import InvalidTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.fakes.answering import CLASSES, PROBLEMS, fitted, signature, steep, world
from tests.fakes.batch import RUN, planned, read, rows, scored, store, without_key
from tests.fakes.serving import AT, MODEL, World, model_file


def opened(made):
    """The world with the run that scores in it."""
    run = Run(run_id=RUN.run_id, model=MODEL, trigger="batch", sources=RUN.sources, started_at=AT)
    made.registry.open_run(run)
    return made


def flat(answer):
    """An answer of the API as the row of a part."""
    of_all = answer.get("probabilities", {})
    alone = {name: value for name, value in answer.items() if name not in ("id", "probabilities")}
    return alone | {f"probability.{label}": p for label, p in of_all.items()}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_part_holds_the_answers_of_the_api_in_columns_of_the_problem(problem):
    made = opened(world(problem))
    table = rows(300)
    store(made, table, group=100)
    answers = read(made, scored(made, keep=("key",)).files)
    asked = made.predict(*[without_key(row) for row in table])["document"]["predictions"]
    assert [{k: v for k, v in a.items() if k not in ("id", "key")} for a in answers] == [
        flat(each) for each in asked
    ]
    assert [a["key"] for a in answers] == list(range(300))


@pytest.mark.parametrize(
    ("problem", "name"),
    [("multiclass", f"probability.{CLASSES[0]}"), ("regression", "value"), ("forecast", "id")],
)
def test_a_column_that_is_named_like_an_answer_cannot_be_kept(problem, name):
    made = opened(world(problem))
    store(made, [{**row, name: 1} for row in rows(5)])
    with pytest.raises(InvalidTable, match=f"'{name}' cannot be kept"):
        planned(made, (name,))


def test_a_column_that_is_an_answer_of_another_problem_can_be_kept():
    made = opened(world("regression"))
    store(made, [{**row, "label": "x"} for row in rows(5)])
    assert [a["label"] for a in read(made, scored(made, keep=("label",)).files)] == ["x"] * 5


def test_a_chunk_of_refused_rows_alone_leaves_an_empty_part():
    made = opened(world("multiclass"))
    store(made, [{**row, "age": None} for row in rows(3)] + rows(1), group=3)
    found = scored(made)
    assert (found.refused, found.predicted) == (3, 1)
    assert len(read(made, found.files)) == 1


def test_a_row_without_a_finite_answer_is_refused_alone():
    made = opened(steep())
    near = {"age": 0.0, "speed": 0.0, "belt": "belted", "role": "1"}
    store(made, [near, near | {"age": 1e9}, near | {"age": None}, near])
    found = scored(made)
    assert (found.predicted, found.refused) == (2, 2)
    lines = {line["row"]: line for line in read(made, found.refused_files)}
    assert set(lines) == {1, 2}
    assert "The model has no answer" in lines[1]["reason"]
    assert [a["id"].rpartition("-")[2] for a in read(made, found.files)] == ["0", "3"]


RULES = st.builds(
    ColumnRule,
    missing=st.lists(st.sampled_from(["?", "none", -1, 99]), max_size=2).map(tuple),
    at_least=st.none() | st.floats(-2, 20),
    at_most=st.none() | st.floats(60, 99),
    case=st.sampled_from(["keep", "lower", "upper"]),
    spellings=st.dictionaries(
        st.sampled_from(["BELTED", "driver", "x"]), st.sampled_from(["belted", "pass", "?"])
    ),
)
ROWS = st.fixed_dictionaries(
    {
        "age": st.sampled_from([-1.0, 0.0, 18.0, 60.0, 99.0]) | st.floats(-5, 120),
        "speed": st.none() | st.sampled_from([-1.0, 99.0]) | st.floats(-5, 120),
        "belt": st.sampled_from(["belted", " Belted", "BELTED", "none", "?", "x"]),
        "role": st.sampled_from([None, "driver", "Driver", "?", "pass", "1"]),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules=st.lists(st.none() | RULES, min_size=4, max_size=4), table=st.lists(ROWS, min_size=1))
def test_rows_are_cleaned_and_refused_alike_in_a_table_and_in_a_request(rules, table):
    made = ruled(rules)
    store(made, table)
    found = scored(made)
    answers = {int(a["id"].rpartition("-")[2]): a["value"] for a in read(made, found.files)}
    refused = {line["row"] for line in read(made, found.refused_files)} if found.refused else set()
    for number, row in enumerate(table):
        asked = made.predict(row)
        assert (asked["statusCode"] == 422) == (number in refused), asked["body"]
        if number not in refused:
            assert answers[number] == asked["document"]["predictions"][0]["value"]


def ruled(rules):
    """A served regression whose columns have these cleaning rules."""
    made = opened(World(model_file(problem="regression", target={"column": "dead"})))
    plain = signature("regression").inputs
    inputs = [
        Column(c.name, c.type, c.nullable, c.values, rule=rule)
        for c, rule in zip(plain, rules, strict=True)
    ]
    version = made.register(
        body=fitted("regression").graph, signature=signature("regression", *inputs)
    )
    made.promote(version.number)
    return made


def timed():
    """A served regression that takes the hour and the weekday of a row's time."""
    made = opened(World(model_file(problem="regression", target={"column": "dead"})))
    parts = [Column(f"at.{part}", "number", origin="calendar") for part in ("hour", "weekday")]
    late = replace(
        signature("regression", *parts, *signature("regression").inputs[2:]),
        context=("at",),
        time=Time("at"),
        calendar=("hour", "weekday"),
    )
    made.promote(made.register(body=fitted("regression").graph, signature=late).number)
    return made


TIMES = ["2026-03-01T05:30:00Z", "2026-03-02 23:00", "2026-03-03", "2026-03-01T01:00:00+05:00"]


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.timestamp("ns"), pa.timestamp("us", "UTC"), pa.date32()]
)
def test_a_tables_time_becomes_the_same_calendar_parts_as_a_requests(kind):
    made = timed()
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in TIMES[:3]]
    days = [moment.date() for moment in moments]
    values = TIMES if kind == pa.string() else days if kind == pa.date32() else moments
    naive = [v.replace(tzinfo=None) if kind == pa.timestamp("ns") else v for v in values]
    beside = {"belt": ["none"] * len(naive), "role": ["driver"] * len(naive)}
    store(made, pa.table({"at": pa.array(naive, kind), **beside}))
    answers = read(made, scored(made).files)
    for value, answer in zip(values, answers, strict=True):
        row = {"at": str(value), "belt": "none", "role": "driver"}
        expected = made.predict(row)["document"]["predictions"][0]["value"]
        assert answer["value"] == expected, value


def test_a_time_that_cannot_be_read_is_refused_in_a_table_as_in_a_request():
    made = timed()
    sent = [{"at": at, "belt": "none", "role": "driver"} for at in ("soon", None, TIMES[0])]
    store(made, sent)
    found = scored(made)
    assert {line["row"] for line in read(made, found.refused_files)} == {0, 1}
    assert [made.predict(row)["statusCode"] for row in sent] == [422, 422, 200]
