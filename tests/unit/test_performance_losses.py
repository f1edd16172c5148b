"""What loss rows of a model of numbers will have, before outcomes arrive."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from evergreen.contracts.columns import Categories
from evergreen.contracts.expectation import Expectation, LossModel
from evergreen.estimators.threads import limited_threads
from evergreen.evaluate.loss_model import _fitted, _trees
from evergreen.metrics import measure
from evergreen.monitor.performance import expected_losses, perform
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.monitoring import referee_data
from tests.fakes.performing import held, model, served

NANNYML = json.loads((Path(__file__).parent / "referees/nannyml.json").read_text())


def noisy(rows, seed=0, moved=0.0, hand=0.5, bias=0.0):
    """Truth, answers, sizes and kinds: errors grow with the size, and by hand they are twice; the
    more ``moved``, the more of the sizes are large."""
    draw = np.random.default_rng(seed)
    size = 2 * draw.beta(1 + moved, 1, rows)
    kind = np.where(draw.random(rows) < hand, "hand", "auto")
    answers = 10 + 3 * size + draw.normal(0, 1, rows)
    error = draw.normal(0, 1, rows) * (0.3 + size) * np.where(kind == "hand", 2, 1)
    size = np.where(draw.random(rows) < 0.1, np.nan, size)
    return np.maximum(answers + error + bias, 0), answers, size, kind


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 100))
def test_the_stored_trees_answer_as_the_fitted_ones(seed):
    draw = np.random.default_rng(seed)
    matrix = draw.normal(0, 1, (400, 3)).astype(np.float32)
    matrix[draw.random((400, 3)) < 0.2] = np.nan
    losses = np.exp(np.nan_to_num(matrix[:, 0], nan=1.0)) * draw.gamma(1, 1, 400)
    with limited_threads():
        base, trees = _fitted(matrix, losses)
        fitted = _trees(len(trees), 400).fit(matrix, losses).predict(matrix)
    assert trees
    stored = LossModel("absolute", (("a", ()), ("b", ())), base, trees)
    stored = msgspec.json.decode(msgspec.json.encode(stored), type=LossModel)
    found = expected_losses(stored, {"a": matrix[:, 0], "b": matrix[:, 1]}, matrix[:, 2])
    shape = found / fitted
    np.testing.assert_allclose(shape, shape[0], rtol=2e-4)


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2", "poisson_deviance", "pinball_90"])
def test_on_rows_of_another_kind_the_estimate_follows_what_is_realised(metric):
    file = model(metric=metric)
    baseline = held(file, *noisy(4000))
    found = perform(file, baseline, served(baseline, *noisy(3000, 1, moved=2.0, hand=0.8)))
    assert found.realised.value != pytest.approx(found.at_training, rel=0.1)
    assert found.estimated.low <= found.realised.high
    assert found.realised.low <= found.estimated.high
    constant = abs(found.at_training - found.realised.value)
    assert abs(found.estimated.value - found.realised.value) < constant / 2


def test_estimates_of_errors_come_as_near_to_what_turned_out_as_nannymls():
    before, now = referee_data.regression()
    for metric in ("mae", "rmse"):
        file = model(metric=metric)
        baseline = held(file, before["truth"], before["predicted"], before["x"])
        rows = served(baseline, now["truth"], now["predicted"], now["x"])
        found = perform(file, baseline, rows)
        theirs = NANNYML["regression"][metric]
        realised = measure(metric, now["truth"], now["predicted"])
        ours = abs(found.estimated.value - realised)
        assert ours < 1.5 * abs(theirs["estimated"] - realised)


def test_the_interval_covers_what_new_rows_of_the_same_kind_realise():
    file = model()
    covered = 0
    for seed in range(15):
        baseline = held(file, *noisy(300, 2 * seed))
        found = perform(file, baseline, served(baseline, *noisy(200, 2 * seed + 1)))
        covered += found.estimated.low <= found.realised.value <= found.estimated.high
    assert 11 <= covered <= 15


def test_errors_that_no_column_tells_leave_the_hold_outs_mean():
    draw = np.random.default_rng(0)
    truth = draw.normal(100, 10, 600)
    baseline = held(model(), truth, truth + draw.normal(0, 1, 600), draw.normal(0, 1, 600))
    stored = baseline.expectation.losses
    found = expected_losses(stored, {}, np.array([100.0, 10_000.0]))
    np.testing.assert_allclose(found, measure("mae", truth, truth + 0.8), rtol=0.2)


def test_values_that_are_unseen_missing_or_not_sent_are_told_apart_from_none():
    baseline = held(model(), *noisy(2000))
    stored = baseline.expectation.losses
    answers = np.full(4, 13.0)
    kinds = Categories(np.array([0, 1, 2, 3]), ("hand", "auto", "never", ""))
    sizes = np.array([1.0, 1.0, 1.0, np.nan], np.float32)
    hand, auto, unseen, missing = expected_losses(stored, {"kind": kinds, "size": sizes}, answers)
    assert hand > 1.5 * auto
    assert np.isfinite([unseen, missing]).all()
    np.testing.assert_array_equal(
        expected_losses(stored, {}, answers[:1]),
        expected_losses(
            stored,
            {"kind": Categories(np.array([0]), ("",)), "size": np.array([np.nan], np.float32)},
            answers[:1],
        ),
    )


def test_many_rows_are_taken_in_parts_without_a_seam():
    baseline = held(model(), *noisy(1000))
    _, answers, size, _ = noisy(40_000, 2)
    stored = baseline.expectation.losses
    whole = expected_losses(stored, {"size": size}, answers)
    part = expected_losses(stored, {"size": size[30_000:]}, answers[30_000:])
    np.testing.assert_array_equal(whole[30_000:], part)


def test_columns_that_captures_leave_out_are_not_asked_for():
    baseline = held(model(redact=("size",)), *noisy(1000))
    assert [name for name, _ in baseline.expectation.losses.columns] == ["kind"]


def test_an_expectation_is_small_and_comes_back_from_json():
    expected = held(model(metric="r2"), *noisy(5000)).expectation
    body = msgspec.json.encode(expected)
    assert len(body) < 40_000
    assert msgspec.json.decode(body, type=Expectation) == expected


def test_answers_without_any_error_expect_none():
    truth = np.arange(500.0)
    baseline = held(model(), truth, truth)
    found = expected_losses(baseline.expectation.losses, {}, truth)
    assert found.max() < 1e-9


def test_a_hold_out_whose_only_errors_lie_in_one_stretch_of_time_has_an_expectation():
    truth = np.zeros(300)
    truth[-1] = 9.0
    found = held(model("regression", "mae"), truth, np.zeros(300)).expectation
    assert found.losses.base == pytest.approx(np.log(0.03), abs=5)
