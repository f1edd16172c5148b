"""A promoted version meets the one before it on the rows that it served."""

import msgspec
import numpy as np
import pytest
from evergreen import captured
from evergreen.bootstrap import bootstrap, confidence
from evergreen.contracts.capture import Capture, CapturedRow, Feedback, Outcome
from evergreen.contracts.signature import encode
from evergreen.contracts.sweep import Contest
from evergreen.errors import InvalidTable
from evergreen.graph import Graph
from evergreen.metrics import measure
from evergreen.score.served_contest import served_contest
from msgspec.structs import replace

from tests.fakes.serving import MODEL, SIGNATURE, World, graph

SINCE, UNTIL = "2026-01-02T00:00:00.000Z", "2026-01-09T00:00:00.000Z"
CONTEST = Contest(MODEL, 2, 1, SINCE, UNTIL)


def rows(count=400):
    """Rows as callers send them: a category as a number, a missing number, an unseen category."""
    draw = np.random.default_rng(0)
    return [
        {
            "age": int(draw.integers(18, 90)),
            "speed": None if draw.random() < 0.1 else float(draw.normal(50, 10)),
            "belt": str(draw.choice(["none", "belted", "new"])),
            "role": [1, "driver", None][draw.integers(3)],
            "sex": "f",
        }
        for _ in range(count)
    ]


def answers(number, sent):
    """What a version's graph answers, computed apart."""
    columns = {
        "age": np.array([row["age"] for row in sent], dtype=np.float64),
        "speed": np.array([row["speed"] for row in sent], dtype=np.float64),
        "belt": np.array([row["belt"] for row in sent]),
        "role": np.array([str(row["role"] or "") for row in sent]),
    }
    return Graph(graph(number)).answers(encode(SIGNATURE, columns))[:, 1]


def outcomes(number, sent):
    """Outcomes that a version foretells better than another."""
    chance = np.random.default_rng(1).random(len(sent))
    return [("alive", "dead")[int(each)] for each in answers(number, sent) > 0.35 + 0.2 * chance]


def serve(world, sent, said, version=2, at="2026-01-03T00:00:00.000Z", name="a", redacted=()):
    """Captures of rows, and the feedback of those that have an outcome."""
    ids = [f"{name}{n}" for n in range(len(sent))]
    made = [CapturedRow(i, row, probability=0.5) for i, row in zip(ids, sent, strict=True)]
    capture = Capture(MODEL, version, at, tuple(made), redacted=redacted)
    told = [Outcome(i, each) for i, each in zip(ids, said, strict=False)]
    for kind, body in (("captures", capture), ("feedback", Feedback(MODEL, at, tuple(told)))):
        key = f"{kind}/{MODEL}/dt={at[:10]}/{name}.json"
        world.features.write(key, msgspec.json.encode(body))


@pytest.fixture
def world():
    made = World()
    made.register()
    made.register()
    return made


def contest(world, given=CONTEST):
    return served_contest(
        given, features=world.features, artifacts=world.artifacts, registry=world.registry
    )


def test_the_version_that_foretells_better_wins_surely(world):
    sent = rows()
    serve(world, sent, outcomes(1, sent))
    found = contest(world)
    assert (found.metric, found.rows) == ("roc_auc", 400)
    assert found.confidence > 0.95
    assert found.before.low < found.before.value < found.before.high
    world.features.write(f"feedback/{MODEL}/dt=2026-01-03/a.json", b"")
    serve(world, sent, outcomes(2, sent))
    assert contest(world).confidence < 0.05


def test_both_are_measured_on_the_same_rows_and_resamples(world):
    sent, said = rows(), outcomes(1, rows())
    serve(world, sent, said)
    found, truth = contest(world), np.array([each == "dead" for each in said]).astype(np.int64)
    each = [answers(number, sent) for number in (2, 1)]
    # In the order in which they are told apart: by their ids, as they came at once.
    order = np.argsort([f"a{n}" for n in range(len(sent))])
    assert found.current.value == pytest.approx(measure("roc_auc", truth, each[0]))
    assert found.before.value == pytest.approx(measure("roc_auc", truth, each[1]))
    drawn = bootstrap(
        "roc_auc", truth[order], [one[order] for one in each], np.arange(len(sent)), 0
    )
    assert found.confidence == pytest.approx(confidence("roc_auc", drawn[1], drawn[0]))


def test_only_rows_of_the_promoted_version_since_then_that_have_their_outcome_count(world):
    sent = rows(300)
    said = outcomes(1, sent)
    serve(world, sent, said[:250])
    serve(world, sent, said, version=1, name="b")
    serve(world, sent, said, at="2026-01-01T23:00:00.000Z", name="c")
    serve(world, sent, ["unheard of"] * 300, name="d")
    assert contest(world).rows == 250


def test_without_rows_or_with_one_class_alone_nothing_is_said(world):
    assert (contest(world).rows, contest(world).confidence) == (0, 0.0)
    serve(world, rows(50), ["dead"] * 50)
    assert (contest(world).rows, contest(world).confidence) == (0, 0.0)
    assert msgspec.json.decode(msgspec.json.encode(contest(world)))["rows"] == 0


def test_a_previous_version_that_takes_what_was_not_captured_is_not_judged(world):
    sent = [{name: value for name, value in row.items() if name != "speed"} for row in rows()]
    serve(world, sent, outcomes(1, rows()))
    assert contest(world).rows == 0


def test_what_captures_leave_out_speaks_for_no_version(world):
    """The newer version would answer its own rows without the column that it answered them with."""
    inputs = tuple(column for column in SIGNATURE.inputs if column.name != "speed")
    world.register(signature=replace(SIGNATURE, inputs=inputs))
    sent = [{name: value for name, value in row.items() if name != "speed"} for row in rows()]
    serve(world, sent, outcomes(1, rows()), redacted=("speed",))
    assert contest(world, replace(CONTEST, previous=3)).rows == 0


def test_one_hour_in_which_the_previous_version_was_better_makes_nothing_sure(world):
    sent = rows(700)
    for hour in range(12):
        mine, at = sent[20 * hour :][:20], f"2026-01-03T{hour:02d}:00:00.000Z"
        serve(world, mine, outcomes(1 + hour % 2, mine), at=at, name=f"{hour}-")
    mine = sent[240:]
    serve(world, mine, outcomes(1, mine), at="2026-01-03T03:30:00.000Z", name="one-")
    found = contest(world)
    assert found.before.value > found.current.value
    assert 0.6 < found.confidence < 0.95


def test_a_previous_version_of_another_question_is_not_compared(world):
    other = replace(SIGNATURE, classes=("no", "yes"))
    world.register(signature=other)
    with pytest.raises(InvalidTable, match="cannot be compared"):
        contest(world, replace(CONTEST, previous=3))


def test_columns_may_stand_in_another_order(world):
    """A version's own signature says what its graph takes."""
    inputs = tuple(sorted(SIGNATURE.inputs, key=lambda column: column.name))
    assert inputs != SIGNATURE.inputs
    world.register(signature=replace(SIGNATURE, inputs=inputs), body=graph(1))
    serve(world, rows(), outcomes(1, rows()))
    both = contest(world).before, contest(world, replace(CONTEST, previous=3)).before
    assert both[0] != both[1]


def test_of_more_than_is_read_the_newest_rows_decide_and_the_rest_is_counted(world, monkeypatch):
    sent = rows()
    serve(world, sent, outcomes(2, sent), name="a")
    serve(world, sent[:250], outcomes(2, sent)[:250], at="2026-01-04T00:00:00.000Z", name="b")
    whole = contest(world)
    assert (whole.rows, whole.left_out) == (650, 0)
    newest = max(
        len(world.features.read(key)) for key in world.features.keys("captures/") if "b." in key
    )
    monkeypatch.setattr(captured, "BYTES_AT_MOST", newest + 100)
    part = contest(world)
    assert (part.rows, part.left_out) == (250, 1)
