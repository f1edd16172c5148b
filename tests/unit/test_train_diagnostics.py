"""What a person relies on who asks what a candidate owes to a column, and whether rows help."""

import time
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from evergreen.contracts.columns import categories
from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.model_checks import parse
from evergreen.contracts.signature import Column, Signature
from evergreen.estimators.pipeline import answers, fit
from evergreen.frame import Frame
from evergreen.train.diagnostics import diagnose
from evergreen.train.learning_curve import learning_curve
from evergreen.train.material import Material
from evergreen.train.permutation import permute
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score

INPUTS = (
    Column("strong", "number"),
    Column("weak", "number"),
    Column("idle", "number"),
    Column("mode", "category", values=("a", "b")),
)
SIGNATURE = Signature(INPUTS, ("car",), "bought", ("no", "yes"))
LINEAR = {"family": "logistic", "C": 1.0}


def frame(rows, seed):
    draw = np.random.default_rng(seed)
    columns = {
        "strong": draw.normal(size=rows).astype(np.float32),
        "weak": draw.normal(size=rows).astype(np.float32),
        "idle": draw.normal(size=rows).astype(np.float32),
        "mode": categories(draw.choice(["a", "b"], rows)),
        "car": categories((np.arange(rows) // 4).astype(str)),
    }
    score = 2 * columns["strong"] + 0.5 * columns["weak"] + draw.normal(size=rows)
    return Frame(columns, (score > 0).astype(np.int8), np.arange(rows) * 10**9)


def material(rows=400, **changes):
    stated = {
        "name": "m",
        "problem": "binary",
        "target": {"column": "bought", "positive": "yes"},
        "features": {c.name: c.type for c in INPUTS},
    }
    file = parse(stated | changes)
    return Material(
        run_id="r",
        feature_set="s",
        file=file,
        signature=SIGNATURE,
        manifest=Manifest("s", "d", rows + 500, "", ()),
        train=frame(rows, 1),
        validation=frame(200, 2),
        test=frame(300, 3),
    )


def answer(some, columns=("strong", "weak")):
    """A model whose weights are known."""
    score = 2 * some.columns[columns[0]] + 0.5 * some.columns[columns[1]]
    return 1 / (1 + np.exp(-score.astype(np.float64)))


def test_columns_come_by_what_the_metric_loses_and_an_unused_one_loses_nothing():
    found = permute(material(), answer, 10.0)

    by_name = {each.column: each for each in found.columns}
    assert [each.column for each in found.columns[:2]] == ["strong", "weak"]
    assert by_name["idle"].drop == 0
    assert by_name["idle"].interval == (0, 0)
    low, high = by_name["strong"].interval
    assert 0.1 < low < by_name["strong"].drop < high
    assert (found.rows, found.repeats) == (300, 5)


def test_the_same_candidate_gets_the_same_figures():
    assert permute(material(), answer, 10.0) == permute(material(), answer, 10.0)


def test_the_loss_is_what_scikit_learn_finds():
    given = material()
    fitted = fit(SIGNATURE, LINEAR, given.rows)
    matrix = np.column_stack([given.test.columns[c] for c in ("strong", "weak", "idle")])

    def score(_model, inputs, truth):
        columns = dict(zip(("strong", "weak", "idle"), inputs.T, strict=True))
        rows = Frame(given.test.columns | columns, given.test.target, given.test.time)
        return roc_auc_score(truth, answers(fitted, SIGNATURE, rows))

    class Fitted:
        def fit(self):
            """Only there to look like an estimator."""

    expected = permutation_importance(
        Fitted(), matrix, given.test.target, scoring=score, n_repeats=10, random_state=0
    ).importances_mean
    permuted = permute(given, lambda rows: answers(fitted, SIGNATURE, rows), 9.0)
    found = {each.column: each for each in permuted.columns}

    for name, drop in zip(("strong", "weak", "idle"), expected, strict=True):
        assert found[name].drop == pytest.approx(drop, abs=0.03)


def test_where_time_is_short_fewer_repeats_are_made_and_at_last_none():
    asked = []

    def slow(rows):
        asked.append(len(rows))
        time.sleep(0.01)
        return answer(rows)

    assert permute(material(), slow, 0.09).repeats < 5
    asked.clear()
    assert permute(material(), slow, 0.0001).columns == ()
    assert len(asked) == 1


def test_a_learning_curve_ends_with_all_rows_and_tells_its_noise():
    found = learning_curve(material(800), LINEAR, 1.0)

    assert [point.rows for point in found.points] == [100, 200, 400, 800]
    assert all(p.interval[0] < p.value < p.interval[1] for p in found.points)
    assert found.rule == "rows drawn at random"
    assert found.notes == ()


@pytest.mark.parametrize(
    ("changes", "rule", "largest"),
    [
        ({"time": {"column": "when"}}, "the newest rows", "time"),
        ({"group": "car"}, "rows of car drawn at random", "group"),
    ],
)
def test_a_part_is_the_newest_rows_or_whole_groups(monkeypatch, changes, rule, largest):
    seen = []

    def spy(signature, configuration, rows):
        seen.append(rows)
        return fit(signature, configuration, rows)

    monkeypatch.setattr("evergreen.train.learning_curve.fit", spy)
    given = material(800, **changes)

    found = learning_curve(given, LINEAR, 1.0)

    assert found.rule == rule
    smallest = seen[0]
    if largest == "time":
        assert smallest.time.min() == np.sort(given.train.time)[-100]
    else:
        assert len(set(smallest.columns["car"].text())) == 25
    for part, more in pairwise(seen):
        assert set(part.time) < set(more.time)


def test_fits_that_would_take_too_long_are_left_out_with_a_sentence():
    found = learning_curve(material(800), LINEAR, 3600.0)

    assert found.points == ()
    assert "fits on 100 and more train rows were left out" in found.notes[0]


def test_a_part_that_lacks_a_class_is_told_and_the_others_are_fitted():
    given = material(800, time={"column": "when"})
    late = Frame(given.train.columns, given.train.target.copy(), given.train.time)
    late.target[-150:] = 0
    given = msgspec.structs.replace(given, train=late)

    found = learning_curve(given, LINEAR, 1.0)

    assert [point.rows for point in found.points] == [200, 400, 800]
    assert "no row of class 'yes'" in found.notes[0]


def test_a_candidate_that_answers_too_slowly_says_so(monkeypatch):
    monkeypatch.setattr("evergreen.train.diagnostics._SECONDS_AT_LEAST", 0.01)

    def slow(rows):
        time.sleep(0.02)
        return answer(rows)

    found = diagnose(material(), slow, LINEAR, 0.001)

    assert found.columns == ()
    assert any("answers too slowly" in note for note in found.notes)


def test_few_rows_that_a_library_cannot_fit_are_told_and_the_others_are_fitted(monkeypatch):
    def wants_two_hundred(signature, configuration, rows):
        if len(rows) < 200:
            raise ValueError("Expected n_neighbors <= n_samples_fit.\nAnd more.")
        return fit(signature, configuration, rows)

    monkeypatch.setattr("evergreen.train.learning_curve.fit", wants_two_hundred)
    found = learning_curve(material(800), LINEAR, 1.0)

    assert [point.rows for point in found.points] == [200, 400, 800]
    assert found.notes == (
        "Learning curve on 100 rows: ValueError: Expected n_neighbors <= n_samples_fit.",
    )
