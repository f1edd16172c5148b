"""What train takes only where it is more than noise: ensembles, calibration, thresholds."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from evergreen.contracts.policies import Costs
from evergreen.contracts.stages import TrialResult
from evergreen.metrics import loss, measure
from evergreen.train.calibrate import choose_calibration, reliability
from evergreen.train.ensemble import choose_members, greedy, weighted
from evergreen.train.evidence import Evidence
from evergreen.train.threshold import choose_threshold, cost, least_cost
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

METRICS = ["roc_auc", "average_precision", "log_loss", "rmse", "mae", "r2"]


def evidence(target, *answers, parts=5):
    rows = len(target)
    trials = tuple(TrialResult(n, {"family": "x"}, 0.1, 1.0, "") for n in range(len(answers)))
    return Evidence(
        trials, target, tuple(answers), np.arange(rows) % parts, np.arange(rows), seed=1
    )


def noisy(metric, rows, seed, trials, noise=1.0):
    """A target and answers that each see it through noise of their own."""
    draw = np.random.default_rng(seed)
    hidden = draw.normal(size=rows)
    seen = [hidden + draw.normal(0, noise, rows) for _ in range(trials)]
    if metric in ("rmse", "mae", "r2"):
        return hidden, seen
    if metric in ("accuracy", "macro_f1"):
        target = np.digitize(hidden, [-0.5, 0.5])
        centres = np.array([-1.0, 0.0, 1.0])
        return target, [softmax(-2 * (each[:, None] - centres) ** 2, axis=1) for each in seen]
    return (hidden > 0).astype(np.int8), [expit(3 * each) for each in seen]


@pytest.mark.parametrize("metric", [*METRICS, "accuracy", "macro_f1"])
def test_several_that_err_apart_answer_together_by_every_metric(metric):
    target, answers = noisy(metric, 1500, 1, 4)
    found = choose_members(evidence(target, *answers), metric, 4)
    assert found.report.taken
    assert len(found.weights) > 1
    assert sum(found.weights.values()) == pytest.approx(1)


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "rmse"])
def test_trials_that_only_differ_by_chance_are_seldom_taken_for_an_ensemble(metric):
    taken = 0
    for seed in range(20):
        target, (one,) = noisy(metric, 300, seed, 1, noise=0.7)
        draw = np.random.default_rng(seed)
        others = [np.clip(one + draw.normal(0, 1e-3, 300), 1e-6, 1 - 1e-6) for _ in range(5)]
        if metric == "rmse":
            others = [one + draw.normal(0, 1e-3, 300) for _ in range(5)]
        taken += choose_members(evidence(target, one, *others), metric, 4).report.taken
    assert taken <= 6


def test_equal_trials_are_answered_by_the_first_alone():
    target, (one,) = noisy("log_loss", 400, 2, 1)
    found = choose_members(evidence(target, one, one.copy(), one.copy()), "log_loss", 4)
    assert found.weights == {0: 1.0}
    assert found.report.confidence == pytest.approx(0.5)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000), st.sampled_from(METRICS))
def test_greedy_members_are_never_worse_than_the_best_alone(seed, metric):
    target, answers = noisy(metric, 120, seed, 4)
    weights = greedy(metric, target, answers, 3)
    alone = min(loss(metric, measure(metric, target, each)) for each in answers)
    found = loss(metric, measure(metric, target, weighted(weights, answers)))
    assert found <= alone + 1e-12
    assert len(weights) <= 3


def test_greedy_members_are_nearly_as_good_as_the_best_mean_of_any_four():
    target, answers = noisy("rmse", 300, 3, 5)
    weights = greedy("rmse", target, answers, 5)
    found = measure("rmse", target, weighted(weights, answers))
    every = [
        measure("rmse", target, np.mean([answers[i] for i in chosen], axis=0))
        for chosen in combinations_with_replacement(range(5), 4)
    ]
    assert found <= min(every) * 1.01


def test_probabilities_that_are_right_are_left_alone():
    draw = np.random.default_rng(4)
    probability = expit(draw.normal(0, 2, 4000))
    target = (draw.random(4000) < probability).astype(np.int8)
    found = choose_calibration(
        evidence(target, probability), probability, "binary", "roc_auc", 1e-4
    )
    assert found.calibration is None
    np.testing.assert_array_equal(found.answers, probability)


def test_classes_that_were_weighted_away_come_back_where_the_log_loss_counts():
    draw = np.random.default_rng(5)
    target = draw.choice(3, 3000, p=[0.8, 0.15, 0.05])
    answers = softmax(draw.normal(size=(3000, 3)) + 1.5 * np.eye(3)[target], axis=1)
    given = evidence(target, answers)
    by_loss = choose_calibration(given, answers, "multiclass", "log_loss", 1e-6)
    assert by_loss.report.method == "bias-corrected temperature"
    assert by_loss.report.log_loss_after < by_loss.report.log_loss_before
    by_label = choose_calibration(given, answers, "multiclass", "macro_f1", 1e-6)
    assert by_label.report.method == "temperature"
    np.testing.assert_array_equal(by_label.answers.argmax(axis=1), answers.argmax(axis=1))


def test_reliability_is_how_often_it_was_so_where_it_was_said_to_be_so_likely():
    target = np.array([0, 0, 0, 1, 1] * 20)
    answers = np.array([0.1, 0.1, 0.1, 0.1, 0.9] * 20)
    bins = reliability(target, answers)
    assert sum(each.rows for each in bins) == 100
    assert bins[0].predicted == pytest.approx(0.1)
    assert np.average([b.observed for b in bins], weights=[b.rows for b in bins]) == 0.4
    assert (bins[-1].predicted, bins[-1].observed) == (pytest.approx(0.9), 1.0)


@given(st.integers(0, 10_000), st.floats(0.1, 10), st.floats(0.1, 10))
@settings(deadline=None, max_examples=60)
def test_the_least_cost_is_that_of_trying_every_threshold(seed, wrongly, missed):
    draw = np.random.default_rng(seed)
    answers = draw.integers(1, 9, 30) / 10
    target = (draw.random(30) < answers).astype(np.int8)
    costs = Costs(wrongly, missed)
    found = cost(target, answers, least_cost(target, answers, costs), costs).sum()
    every = [cost(target, answers, edge, costs).sum() for edge in (*np.arange(1, 10) / 10, 2.0)]
    assert found == pytest.approx(min(every))


def test_the_threshold_of_right_probabilities_is_where_theory_puts_it():
    draw = np.random.default_rng(6)
    answers = expit(draw.normal(0, 2, 3000))
    target = (draw.random(3000) < answers).astype(np.int8)
    found = choose_threshold(evidence(target, answers), answers, Costs(4.0, 1.0))
    assert (found.rule, found.threshold) == ("stated costs", 0.8)
    assert found.cost < found.cost_of_none


def test_the_threshold_follows_the_costs_found_where_probabilities_are_surely_wrong():
    draw = np.random.default_rng(7)
    true = expit(draw.normal(0, 2, 3000))
    target = (draw.random(3000) < true).astype(np.int8)
    answers = true / 4
    found = choose_threshold(evidence(target, answers), answers, Costs(1.0, 1.0))
    assert found.rule == "least cost found"
    assert found.threshold == pytest.approx(0.125, abs=0.04)


def test_without_costs_as_many_are_flagged_as_are_positive():
    target, (answers,) = noisy("log_loss", 1000, 8, 1)
    found = choose_threshold(evidence(target, answers), answers, None)
    assert np.mean(answers >= found.threshold) == pytest.approx(target.mean(), abs=0.002)


def test_answers_that_know_nothing_are_no_ensemble_however_well_some_fit_these_rows_together():
    taken = 0
    for seed in range(12):
        draw = np.random.default_rng(seed)
        target = draw.integers(0, 2, 150)
        answers = [draw.random(150) for _ in range(10)]
        taken += choose_members(evidence(target, *answers), "roc_auc", 4).report.taken
    assert taken <= 3


def test_a_calibration_that_only_fits_the_rows_it_was_fitted_on_is_not_taken():
    taken = 0
    for seed in range(6):
        draw = np.random.default_rng(seed)
        answers = softmax(draw.normal(size=(50, 6)), axis=1)
        target = np.array([draw.choice(6, p=each) for each in answers])
        found = choose_calibration(evidence(target), answers, "multiclass", "log_loss", 1e-6)
        taken += found.report.taken
    assert taken <= 1
