"""What a window holds of each problem: answers, outcomes that fit, clean columns, times, losses."""

import msgspec
import numpy as np
import pytest
from evergreen.contracts.capture import Capture, CapturedRow, captures_prefix
from evergreen.contracts.expectation import Expectation, LossModel, Tree
from evergreen.contracts.profile import NumberProfile
from evergreen.contracts.table import ColumnRule, Time
from evergreen.graph import Graph
from evergreen.infer.reader import Reader
from evergreen.moment import nanoseconds
from evergreen.monitor.baseline import read_baseline
from evergreen.monitor.columns import times
from evergreen.monitor.window import read_served
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.fakes.answering import PROBLEMS, fitted, signature, world
from tests.fakes.batch import rows, without_key
from tests.fakes.serving import MODEL

ASKED = [without_key(row) for row in rows(60)]


def served(problem, asked=ASKED):
    """A world in which the rows were asked for and captured, and what was answered."""
    made = world(problem)
    answers = made.predict(*asked)["document"]["predictions"]
    lines = b"\n".join(msgspec.json.encode(capture) for capture in made.captures.captures)
    made.features.write(f"{captures_prefix(MODEL)}dt=2026-01-01/part", lines)
    return made, answers


def window(made, baseline=None):
    baseline = baseline or read_baseline(made.artifacts, made.registry.version(MODEL, 1))
    return read_served(made.features, baseline, made.registry.model(MODEL).file, "", "2027")


@pytest.mark.parametrize("problem", PROBLEMS)
def test_answers_are_what_the_graph_said(problem):
    made, _ = served(problem)
    found = window(made)
    matrix = Reader(signature(problem)).read(ASKED).matrix
    said = Graph(fitted(problem).graph).answers(matrix)
    said = said[:, 1:] if problem == "binary" else said
    assert found.answers.shape == said.shape
    order = np.lexsort(found.answers.T), np.lexsort(said.T)
    np.testing.assert_allclose(found.answers[order[0]], said[order[1]], rtol=1e-6)


def test_outcomes_that_do_not_fit_the_model_are_not_counted():
    made, answers = served("regression")
    body = b'{"model":"crash","at":"2026-01-01T01","outcomes":[{"id":"%s","outcome":%s}]}\n'
    said = zip(answers, [b"1.5", b'"x"', b'""', b"7", b'"8.25"', b"null"], strict=False)
    lines = b"".join(body % (a["id"].encode(), outcome) for a, outcome in said)
    made.features.write(f"feedback/{MODEL}/dt=2026-01-01/a", lines)
    found = window(made)
    assert sorted(found.truth) == [1.5, 7.0, 8.25]
    assert found.truth.dtype == np.float64


def test_an_outcome_that_was_taken_back_does_not_count():
    made, answers = served("multiclass")
    first, second = (answer["id"] for answer in answers[:2])
    lines = [
        f'{{"model":"m","at":"2026-01-0{day}","outcomes":[{{"id":"{id}","outcome":"{said}"}}]}}'
        for day, id, said in [
            (2, first, "dead"),
            (3, first, ""),
            (3, second, "2"),
            (2, second, "x"),
        ]
    ]
    made.features.write(f"feedback/{MODEL}/dt=2026-01-05/a", "\n".join(lines).encode())
    assert window(made).truth.tolist() == [0]


def test_captures_that_answer_otherwise_than_the_version_does_are_left_out():
    made, _ = served("regression", asked=ASKED[:3])
    odd = (CapturedRow("x", {}, 0.5), CapturedRow("y", {}, probabilities=(0.5, 0.5)))
    line = msgspec.json.encode(Capture(MODEL, 1, "2026-01-01T02", (*odd, CapturedRow("z", {}))))
    made.features.write(f"{captures_prefix(MODEL)}dt=2026-01-01/other", line)
    assert window(made).answers.shape == (4, 1)  # one number is one number


def test_what_a_columns_rule_makes_missing_is_missing_to_a_check_too():
    rule = ColumnRule(missing=(-999,), at_most=300)
    age, *others = signature("regression").inputs
    ruled = replace(signature("regression"), inputs=(replace(age, rule=rule), *others))
    made, _ = served("regression", [ASKED[0] | {"age": years} for years in (30, -999, 400)])
    baseline = read_baseline(made.artifacts, made.registry.version(MODEL, 1))
    found = window(made, replace(baseline, signature=ruled))
    assert found.counts["age"].tolist() == [0, 1, 0, 0, 2]
    assert found.sums["age"] == (30.0, 900.0)
    assert found.losses.shape == (0,)


def test_a_rows_own_time_decides_its_season_and_without_one_its_answer_does():
    timed = replace(signature("regression"), time=Time("at"))
    made = world("regression")
    own = ["2026-01-05T09:30:00Z", "2026-02-07 23:00", None, "soon"]
    line = Capture(
        MODEL,
        1,
        "2026-03-01T05:00:00.000Z",
        tuple(CapturedRow(str(n), {"at": at}, value=1.0) for n, at in enumerate(own)),
    )
    made.features.write(f"{captures_prefix(MODEL)}dt=2026-03-01/a", msgspec.json.encode(line))
    baseline = read_baseline(made.artifacts, made.registry.version(MODEL, 1))
    found = window(made, replace(baseline, signature=timed))
    assert found.seasons["month"][:3].tolist() == [1, 1, 2]
    assert {hour: n for hour, n in enumerate(found.seasons["hour"].tolist()) if n} == {
        5: 2,
        9: 1,
        23: 1,
    }


MOMENTS = st.datetimes().map(lambda moment: moment.isoformat())
TEXTS = st.one_of(
    MOMENTS, MOMENTS.map(lambda text: f"{text}Z"), st.sampled_from(["", "today", "x"])
)


@given(st.lists(TEXTS | st.none() | st.integers(0, 2_000_000_000), min_size=1, max_size=5))
def test_many_times_are_read_as_each_is_alone(sent):
    otherwise = np.arange(len(sent), dtype=np.int64)
    for time in (Time("at"), Time("at", unit="epoch"), Time("at", zone="Europe/Zurich")):
        alone = [nanoseconds(value, time) if value is not None else None for value in sent]
        expected = [own if own is not None else n for n, own in enumerate(alone)]
        assert times(sent, time, otherwise).tolist() == expected


def test_the_loss_to_expect_is_told_of_each_row():
    made, _ = served("regression", [ASKED[0] | {"age": years} for years in (20, 30, 70)])
    baseline = read_baseline(made.artifacts, made.registry.version(MODEL, 1))
    tree = Tree((0, 0, 0), (50.0, 0.0, 0.0), (1, -1, -1), (2, -1, -1), (True,) * 3, (0.0, 1.0, 2.0))
    answers = NumberProfile((0.0,), (1, 1), 0)
    losses = LossModel("absolute", (("age", ()),), 0.0, (tree,))
    expected = Expectation(
        metric="mae",
        value=1.0,
        low=1.0,
        high=1.0,
        rows=3,
        naive=2.0,
        answers=answers,
        outcomes=answers,
        losses=losses,
    )
    found = window(made, replace(baseline, expectation=expected))
    assert sorted(found.losses.tolist()) == pytest.approx([np.e, np.e, np.e**2], rel=1e-6)
