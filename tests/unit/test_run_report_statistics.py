"""What a person relies on who reads a run's figures: they are what their names say."""

import numpy as np
import pytest
from evergreen.contracts.stages import Fidelity, TrialResult
from evergreen.evaluate.confusion import confusion
from evergreen.evaluate.reliability import reliability, wilson
from evergreen.evaluate.residuals import residuals
from evergreen.run_report.ranking import ranked
from evergreen.run_report.settings import analysis_of_variance, setting_shares
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.metrics import brier_score_loss, confusion_matrix


def result(number, loss, *, rung=0, promotes=None, folds=(), **configuration):
    """A trial; without a loss it failed."""
    configured = {"family": "boosting"} | configuration
    return TrialResult(
        number,
        configured,
        loss,
        1.0,
        "",
        "" if loss is not None else "It failed.",
        Fidelity(rung=rung, full=rung == 1),
        promotes,
        fold_losses=folds,
    )


def test_a_configuration_is_ranked_once_and_those_that_saw_more_come_first():
    results = [
        result(1, 0.1),
        result(2, 0.3),
        result(3, 0.2, rung=1, promotes=2, folds=(0.1, 0.3)),
        result(4, None),
        result(5, 0.05),
        result(6, None, rung=1, promotes=5),
    ]

    found = ranked("roc_auc", results)

    assert [(each.rank, each.trial) for each in found] == [(1, 3), (2, 5), (3, 1)]
    assert found[0].value == pytest.approx(0.8)
    assert found[0].spread == pytest.approx(np.std([0.1, 0.3], ddof=1))


def test_the_setting_that_decides_the_loss_has_most_of_its_variance_and_an_idle_one_none():
    draw = np.random.default_rng(0)
    results = [
        result(n, float((np.log10(rate) + 2) ** 2), rate=float(rate), idle=int(idle), kind=kind)
        for n, (rate, idle, kind) in enumerate(
            zip(
                10 ** draw.uniform(-4, 0, 80),
                draw.integers(1, 100, 80),
                draw.choice(["a", "b"], 80),
                strict=True,
            ),
            1,
        )
    ]

    found = {each.setting: each.share for each in setting_shares(results)}

    assert found["rate"] > 0.7
    assert found["idle"] < 0.1
    assert found["kind"] < 0.1


def test_the_choice_of_the_family_is_told_apart_from_chance():
    draw = np.random.default_rng(1)
    of = np.array(["one", "other"] * 20)
    noise = draw.normal(0, 0.1, 40)
    drawn = list(zip(of.tolist(), noise.tolist(), strict=True))
    apart = [result(n, e + (f == "one"), family=f) for n, (f, e) in enumerate(drawn)]
    alike = [result(n, e, family=f) for n, (f, e) in enumerate(drawn)]

    shares = [next(e.share for e in setting_shares(r) if not e.family) for r in (apart, alike)]

    assert shares[0] > 0.9
    assert shares[1] < 0.1


def test_losses_of_other_rungs_and_failures_are_not_mixed_in():
    low = [result(n, 1.0 + n % 2, rate=n % 2) for n in range(20)]
    high = [result(100 + n, 50.0 * n, rung=1, promotes=n, rate=0) for n in range(5)]

    assert setting_shares([*low, *high, result(200, None)]) == setting_shares(low)
    assert setting_shares([]) == ()


def test_shares_of_the_variance_are_those_of_the_forest_integrated_over_a_fine_grid():
    draw = np.random.default_rng(2)
    matrix = draw.random((60, 2))
    losses = np.sin(5 * matrix[:, 0]) + matrix[:, 0] * matrix[:, 1]
    forest = ExtraTreesRegressor(64, min_samples_leaf=2, random_state=0).fit(matrix, losses)
    ends = (np.arange(200) + 0.5) / 200
    grid = np.array([(a, b) for a in ends for b in ends])
    expected = []
    for tree in forest.estimators_:
        surface = tree.predict(grid).reshape(200, 200)
        expected.append([surface.mean(axis=1 - j).var() / surface.var() for j in range(2)])

    found = analysis_of_variance(matrix, losses)

    assert found == pytest.approx(np.mean(expected, axis=0), abs=0.01)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_a_share_is_wilsons(counted):
    hits, rows = counted
    expected = binomtest(hits, rows).proportion_ci(0.9, method="wilson")
    assert wilson(hits, rows) == pytest.approx((expected.low, expected.high), abs=1e-9)


@settings(max_examples=40)
@given(st.integers(2, 300), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_every_row_is_in_one_bin_and_equal_answers_are_in_the_same(rows, distinct, seed):
    draw = np.random.default_rng(seed)
    answered = draw.integers(0, distinct, rows) / 20
    truth = (draw.random(rows) < answered).astype(np.int8)

    found = reliability(truth, answered)

    assert sum(each.rows for each in found.bins) == rows
    assert len(found.bins) <= min(10, len(np.unique(answered)))
    hits = sum(each.rows * each.observed for each in found.bins)
    assert hits == pytest.approx(truth.sum())
    assert found.brier == pytest.approx(brier_score_loss(truth, answered, labels=[0, 1]))
    if len(np.unique(answered)) == 1:
        assert found.calibration_error == pytest.approx(abs(truth.mean() - answered[0]))


def test_of_several_classes_it_is_the_answer_that_comes_true_or_not():
    answered = np.array([[0.9, 0.1, 0.0]] * 10)

    found = reliability(np.array([0] * 9 + [1]), answered)

    (only,) = found.bins
    assert (only.answered, only.observed) == (pytest.approx(0.9), 0.9)
    assert found.calibration_error == pytest.approx(0)


def test_confusion_counts_as_scikit_learn_does():
    draw = np.random.default_rng(3)
    truth, answered = draw.integers(0, 4, 500), draw.integers(0, 4, 500)

    found = confusion(("a", "b", "c", "d"), truth, answered)

    assert np.array_equal(found.counts, confusion_matrix(truth, answered))


def test_of_many_classes_the_rarest_are_counted_together():
    draw = np.random.default_rng(4)
    truth = np.minimum(draw.geometric(0.1, 2000) - 1, 39)
    answered = np.where(draw.random(2000) < 0.7, truth, draw.integers(0, 40, 2000))

    found = confusion(tuple(map(str, range(40))), truth, answered)

    assert len(found.labels) == 20
    assert found.labels[-1] == "all others"
    assert np.sum(found.counts) == 2000
    assert found.counts[0][0] == np.sum((truth == 0) & (answered == 0))


def test_residuals_are_counted_all_and_their_bands_hold_equally_many_rows():
    draw = np.random.default_rng(5)
    predicted = draw.normal(100, 10, 1000)
    truth = predicted + draw.normal(5, 1, 1000)

    found = residuals(truth, predicted)

    assert sum(found.counts) == 1000
    assert {band.rows for band in found.bands} == {100}
    assert all(band.low < band.median < band.high for band in found.bands)
    assert np.mean([band.median for band in found.bands]) == pytest.approx(-5, abs=0.1)
