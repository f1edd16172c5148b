"""Calibration that converts exactly, against scikit-learn's."""

import numpy as np
import pytest
from evergreen.estimators.calibration import Calibration, calibrated, fit_calibration
from evergreen.metrics import measure
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit, softmax
from sklearn.linear_model import LogisticRegression


def overconfident(rows, seed, classes=2, factor=3.0):
    """Classes drawn from probabilities, and answers whose log-odds are some times too large."""
    draw = np.random.default_rng(seed)
    logs = draw.normal(size=(rows, classes))
    true = softmax(logs, axis=1)
    target = (true.cumsum(axis=1) < draw.random((rows, 1))).sum(axis=1)
    answers = softmax(factor * logs, axis=1)
    return target, (answers[:, 1] if classes == 2 else answers), true


def narrowed(answers):
    """Probabilities away from 0 and 1, as the calibration takes them."""
    return answers * (1 - 2e-4) + 1e-4


def test_the_sigmoid_is_the_logistic_regression_on_the_log_odds():
    target, answers, _ = overconfident(2000, 1)
    found = fit_calibration("sigmoid", target, answers)
    log_odds = logit(narrowed(answers))[:, None]
    peer = LogisticRegression(C=np.inf, tol=1e-10).fit(log_odds, target)
    assert found.slope == pytest.approx(peer.coef_[0, 0], abs=1e-4)
    assert found.biases[1] == pytest.approx(peer.intercept_[0], abs=1e-4)
    np.testing.assert_allclose(
        calibrated(found, answers), peer.predict_proba(log_odds)[:, 1], atol=1e-4
    )


def test_the_temperature_is_scikit_learns():
    from sklearn.calibration import _TemperatureScaling

    target, answers, _ = overconfident(3000, 2, classes=4)
    peer = _TemperatureScaling().fit(np.log(answers), target)
    found = fit_calibration("temperature", target, answers, 1e-12)
    assert found.slope == pytest.approx(peer.beta_, rel=1e-3)
    assert found.biases == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("method", "classes"),
    [("sigmoid", 2), ("temperature", 4), ("bias-corrected temperature", 4)],
)
def test_answers_that_are_too_sure_are_brought_back_to_what_is_true(method, classes):
    target, answers, true = overconfident(20_000, 3, classes)
    mended = calibrated(fit_calibration(method, target, answers, 1e-6), answers)
    truth = true[:, 1] if classes == 2 else true
    assert np.abs(mended - truth).max() < 0.05
    assert np.abs(answers - truth).max() > 0.2


def test_biases_give_back_the_shares_of_classes_that_were_weighted_away():
    draw = np.random.default_rng(4)
    target = draw.choice(3, 9000, p=[0.8, 0.15, 0.05])
    answers = softmax(draw.normal(size=(9000, 3)) + 2 * np.eye(3)[target], axis=1)
    found = fit_calibration("bias-corrected temperature", target, answers)
    mended = calibrated(found, answers)
    np.testing.assert_allclose(mended.mean(axis=0), [0.8, 0.15, 0.05], atol=0.01)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([0.2, 1.0, 6.0]))
def test_a_fit_never_raises_the_log_loss_of_its_own_rows(seed, factor):
    target, answers, _ = overconfident(80, seed, factor=factor)
    if len(np.unique(target)) < 2:
        return
    mended = calibrated(fit_calibration("sigmoid", target, answers), answers)
    kept = narrowed(answers)
    assert measure("log_loss", target, mended) <= measure("log_loss", target, kept) + 1e-9


def test_the_order_of_probabilities_stays():
    answers = np.sort(np.random.default_rng(5).random(500) ** 4)
    assert answers[5] < 1e-6
    mended = calibrated(Calibration("sigmoid", 0.4, (0.0, 1.5)), answers)
    assert np.all(np.diff(mended) > 0)
    inside = (answers > 0.05) & (answers < 0.95)
    np.testing.assert_allclose(mended[inside], expit(0.4 * logit(answers[inside]) + 1.5), atol=1e-3)


def test_answers_of_nought_and_one_have_a_calibrated_probability_too():
    target = np.array([0, 0, 0, 1, 1, 1, 0, 1])
    answers = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    mended = calibrated(fit_calibration("sigmoid", target, answers), answers)
    np.testing.assert_allclose(mended, [0.25] * 3 + [0.75] * 4 + [0.25], atol=1e-3)
