"""What a metric of classes will be, before outcomes arrive."""

import json
from pathlib import Path

import numpy as np
import pytest
from evergreen.cbpe import chances, expected
from evergreen.contracts.expectation import Knots
from evergreen.evaluate.knots import calibration
from evergreen.metrics import measure
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from benchmarks.monitoring import referee_data

NANNYML = json.loads((Path(__file__).parent / "referees/nannyml.json").read_text())


def curve(answered, came):
    """NannyML's calibration: isotonic regression of single rows."""
    fitted = IsotonicRegression(out_of_bounds="clip").fit(answered, came)
    return Knots(tuple(fitted.X_thresholds_), tuple(fitted.y_thresholds_))


def several():
    before, now = referee_data.multiclass()
    return (
        (np.column_stack([side[label] for label in referee_data.CLASSES]), side["truth"])
        for side in (before, now)
    )


def test_the_estimated_area_is_nannymls():
    before, now = referee_data.binary()
    chance = chances((curve(before["score"], before["truth"]),), now["score"])
    found = expected("roc_auc", now["score"], chance)
    assert found == pytest.approx(NANNYML["binary"]["roc_auc"]["estimated"], abs=1e-8)


def test_estimates_of_several_classes_with_labels_are_nannymls():
    (known, truth), (answers, _) = several()
    pairs = zip(known.T, referee_data.CLASSES, strict=True)
    knots = tuple(curve(column, truth == label) for column, label in pairs)
    chance = chances(knots, answers)
    asked = NANNYML["multiclass"]
    for metric, name in (("accuracy", "accuracy"), ("macro_f1", "f1")):
        found = expected(metric, answers, chance)
        assert found == pytest.approx(asked[name]["estimated"], abs=1e-8)


def test_our_own_curves_estimate_what_answers_that_are_too_sure_realise():
    before, now = referee_data.binary()
    chance = chances(calibration(before["truth"], before["score"]), now["score"])
    realised = measure("log_loss", now["truth"], now["score"])
    told = expected("log_loss", now["score"], chance)
    believed = expected("log_loss", now["score"], now["score"])
    assert abs(told - realised) < abs(believed - realised) / 5


@given(seed=st.integers(0, 200))
def test_the_expected_area_counts_every_pair_by_its_chance(seed):
    draw = np.random.default_rng(seed)
    score, chance = draw.integers(0, 6, 20) / 5, draw.random(20)
    pairs = chance[:, None] * (1 - chance)
    order = (score[:, None] > score) + (score[:, None] == score) / 2
    assert expected("roc_auc", score, chance) == pytest.approx((pairs * order).sum() / pairs.sum())


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "log_loss"])
def test_of_calibrated_probabilities_the_mean_of_what_turns_out_is_what_was_estimated(metric):
    draw = np.random.default_rng(5)
    score = draw.beta(1, 2, 2000)
    turned = [
        measure(metric, (draw.random(2000) < score).astype(np.int8), score) for _ in range(100)
    ]
    error = np.std(turned) / 10
    assert expected(metric, score, score) == pytest.approx(np.mean(turned), abs=4 * error)


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "log_loss"])
def test_so_it_is_of_several_classes(metric):
    draw = np.random.default_rng(6)
    answers = draw.dirichlet([1, 2, 3], 1500)
    edges = answers.cumsum(axis=1)[:, :2]
    turned = [
        measure(metric, (draw.random((1500, 1)) > edges).sum(axis=1), answers) for _ in range(100)
    ]
    error = np.std(turned) / 10
    assert expected(metric, answers, answers) == pytest.approx(np.mean(turned), abs=4 * error)


def test_beyond_what_was_calibrated_a_curve_goes_on_level_and_the_log_loss_stays_finite():
    knots = (Knots((0.2, 0.6), (0.0, 1.0)),)
    answers = np.array([0.0, 0.1, 0.4, 0.9, 1.0])
    chance = chances(knots, answers)
    np.testing.assert_allclose(chance, [0, 0, 0.5, 1, 1])
    assert np.isfinite(expected("log_loss", answers, chance))


def test_chances_of_several_classes_add_up_to_one_even_where_no_curve_knows_a_class():
    never = Knots((0.0, 1.0), (0.0, 0.0))
    answers = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    assert chances((never, never, never), answers).tolist() == answers.tolist()
    half = Knots((0.0, 1.0), (0.0, 0.5))
    assert chances((half, half, never), answers).sum(axis=1).tolist() == [1, 1]


def test_a_curve_that_does_not_help_on_other_rows_is_not_taken():
    draw = np.random.default_rng(1)
    sure = draw.random(300)
    (knots,) = calibration((draw.random(300) < sure).astype(np.int8), sure)
    assert knots == Knots((0.0, 1.0), (0.0, 1.0))
