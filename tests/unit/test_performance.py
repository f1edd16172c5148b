"""How well a champion does in a window, and when that is worse."""

from itertools import pairwise

import numpy as np
import pytest
from evergreen import cbpe
from evergreen.contracts.expectation import Knots
from evergreen.metrics import measure
from evergreen.monitor.performance import perform, perform_segments, timeline, unmeasured
from msgspec.structs import replace

from tests.fakes.performing import held, model, served


def demand(rows, seed=0, scale=1.0, noise=0.2, bias=0.0, flat=1.0):
    """Truth and answers of a number whose errors are as large as it is."""
    draw = np.random.default_rng(seed)
    expected = scale * (3 + flat * draw.normal(0, 1, rows))
    return expected * (1 + bias) + scale * draw.normal(0, noise, rows), expected


def risks(rows, seed=0, skill=1.5, rate=-1.0):
    """Outcomes and calibrated probabilities; the larger ``skill`` the further they are apart."""
    draw = np.random.default_rng(seed)
    score = 1 / (1 + np.exp(-draw.normal(rate, skill, rows)))
    return (draw.random(rows) < score).astype(np.int8), score


def states(rows, seed=0, sure=0.5):
    """Places of three classes and calibrated probabilities."""
    draw = np.random.default_rng(seed)
    answers = draw.dirichlet([sure] * 3, rows)
    return (draw.random((rows, 1)) > answers.cumsum(axis=1)[:, :2]).sum(axis=1), answers


MADE = {"regression": demand, "binary": risks, "multiclass": states}
METRICS = [
    ("regression", "mae"),
    ("regression", "rmse"),
    ("regression", "r2"),
    ("regression", "pinball_90"),
    ("regression", "poisson_deviance"),
    ("binary", "roc_auc"),
    ("binary", "average_precision"),
    ("binary", "log_loss"),
    ("multiclass", "log_loss"),
    ("multiclass", "accuracy"),
    ("multiclass", "macro_f1"),
]


def positive(rows):
    truth, answers = rows
    return np.abs(truth), np.abs(answers) + 0.05


@pytest.mark.parametrize(("problem", "metric"), METRICS)
def test_rows_as_at_training_are_not_worse_and_are_estimated_well(problem, metric):
    file, made = model(problem, metric), MADE[problem]
    fix = positive if metric == "poisson_deviance" else tuple
    alarms = covered = 0
    for seed in range(6):
        baseline = held(file, *fix(made(600, 2 * seed)))
        found = perform(file, baseline, served(baseline, *fix(made(400, 2 * seed + 1))))
        alarms += found.worse + found.estimated_worse
        covered += found.estimated.low <= found.realised.value <= found.estimated.high
    assert alarms == 0
    assert covered >= 4


@pytest.mark.parametrize(("problem", "metric"), METRICS)
def test_answers_that_no_longer_follow_the_outcome_are_worse_whatever_the_metric(problem, metric):
    file, made = model(problem, metric), MADE[problem]
    fix = positive if metric == "poisson_deviance" else tuple
    baseline = held(file, *fix(made(2000)))
    truth, answers = fix(made(1000, 1))
    found = perform(file, baseline, served(baseline, np.roll(truth, 7), answers))
    assert found.worse
    assert not found.estimated_worse
    assert "estimates are not acted on" in found.note


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2"])
def test_a_season_of_larger_numbers_is_not_worse_though_errors_are(metric):
    file = model(metric=metric)
    baseline = held(file, *demand(2000))
    found = perform(file, baseline, served(baseline, *demand(1000, 1, scale=3.0)))
    assert found.realised.value > 2 * found.at_training or metric == "r2"
    assert not found.worse


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2"])
def test_a_flat_season_is_not_worse_though_less_of_it_is_explained(metric):
    file = model(metric=metric)
    baseline = held(file, *demand(2000))
    found = perform(file, baseline, served(baseline, *demand(1000, 1, flat=0.3)))
    explained = 1 - found.realised.value / found.naive if metric != "r2" else found.realised.value
    before = 1 - found.at_training / baseline.expectation.naive if metric != "r2" else 0.96
    assert explained < 0.9 * before
    assert not found.worse


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2"])
def test_a_model_that_became_useless_is_found(metric):
    file = model(metric=metric)
    baseline = held(file, *demand(2000))
    found = perform(file, baseline, served(baseline, *demand(300, 1, bias=0.8)))
    assert measure("r2", *demand(300, 1, bias=0.8)) < 0
    assert found.worse


def test_rows_that_are_harder_to_tell_apart_are_not_worse_because_that_was_estimated():
    file = model("binary", "roc_auc")
    baseline = held(file, *risks(4000))
    found = perform(file, baseline, served(baseline, *risks(4000, 1, skill=0.7)))
    assert found.realised.high < found.at_training - 0.05
    assert not found.worse
    assert found.estimated_worse


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss"])
def test_answers_that_are_too_unsure_lower_no_estimate_and_excuse_no_loss(metric):
    file, uncorrected = model("binary", metric), (Knots((0.0, 1.0), (0.0, 1.0)),)

    def unsure(seed, skill=2.5):
        truth, score = risks(3000, seed, skill=skill, rate=0.0)
        return truth, 0.5 + 0.5 * (score - 0.5)

    truth, answers = unsure(0)
    baseline = held(file, truth, answers)
    told = cbpe.expected(metric, answers, answers)
    expected = replace(baseline.expectation, calibration=uncorrected, estimated=told)
    baseline = replace(baseline, expectation=expected)
    same = perform(file, baseline, served(baseline, *unsure(1)))
    assert same.estimated.value == pytest.approx(same.at_training, abs=0.02)
    assert not same.estimated_worse
    truth, answers = unsure(2)
    mixed = np.random.default_rng(3).random(3000) < 0.2
    found = perform(file, baseline, served(baseline, np.where(mixed, 1 - truth, truth), answers))
    assert found.worse


def test_rarer_positives_cost_precision_but_no_skill():
    file = model("binary", "average_precision")
    truth, score = risks(8000)
    baseline = held(file, truth, score)
    draw = np.random.default_rng(9)
    truth, score = risks(12_000, 1)
    kept = (truth == 0) | (draw.random(12_000) < 0.3)
    found = perform(file, baseline, served(baseline, truth[kept], score[kept]))
    assert found.realised.high < found.at_training - 0.1
    assert not found.worse


def test_a_small_loss_is_worse_only_where_the_model_file_says_that_it_matters():
    truth, answers = demand(6000, noise=1.0)
    now = demand(6000, 1, noise=1.25)
    for share, worse in ((0.05, True), (0.9, False)):
        file = model(metric="rmse", worse_by=share)
        baseline = held(file, truth, answers)
        assert perform(file, baseline, served(baseline, *now)).worse == worse


@pytest.mark.parametrize(("problem", "metric"), METRICS)
def test_outcomes_that_come_late_and_in_any_order_give_the_same_figures(problem, metric):
    fix = positive if metric == "poisson_deviance" else tuple
    file, made = model(problem, metric), MADE[problem]
    baseline = held(file, *fix(made(500)))
    truth, answers = fix(made(400, 1))
    late = np.sort(np.random.default_rng(2).choice(400, 250, replace=False))
    all_of_them = perform(file, baseline, served(baseline, truth, answers))
    some = perform(file, baseline, served(baseline, truth, answers, judged=late))
    assert some.realised.value == pytest.approx(measure(metric, truth[late], answers[late]))
    assert some.estimated == all_of_them.estimated
    assert (some.realised.rows, some.estimated_of_judged.rows) == (250, 250)
    assert all_of_them.estimated_of_judged == all_of_them.estimated


def test_without_outcomes_there_is_an_estimate_and_the_note_says_what_is_missing():
    file = model("multiclass", "accuracy")
    baseline = held(file, *states(900))
    truth, answers = states(300, 1)
    found = perform(file, baseline, served(baseline, truth, answers, judged=np.arange(12)))
    assert found.realised is None
    assert found.naive is None
    assert found.estimated.value == pytest.approx(measure("accuracy", truth, answers), abs=0.08)
    assert found.note == "12 of the 30 outcomes that a first figure takes."


def test_outcomes_that_are_all_the_same_realise_nothing_yet():
    file = model("binary", "roc_auc")
    baseline = held(file, *risks(900))
    _, answers = risks(100, 1)
    found = perform(file, baseline, served(baseline, np.zeros(100, np.int8), answers))
    assert found.realised is None
    assert "all the same" in found.note


def test_a_version_without_an_expectation_has_its_realised_metric_and_says_why_not_more():
    file = model()
    baseline = replace(held(file, *demand(500)), expectation=None)
    found = perform(file, baseline, served(baseline, *demand(400, 1, bias=0.8)))
    assert found.realised.value == pytest.approx(measure("mae", *demand(400, 1, bias=0.8)))
    assert (found.estimated, found.worse, found.estimated_worse) == (None, False, False)
    assert "without an expectation" in found.note
    nothing = served(baseline, *demand(400, 1), judged=np.arange(0))
    assert perform(file, baseline, nothing) is None


def test_a_metric_of_another_problem_or_one_never_measured_is_not_told():
    baseline = held(model(), *demand(500))
    rows = served(baseline, *demand(400, 1))
    assert perform(model("binary", "roc_auc"), baseline, rows) is None
    assert perform(model(metric="rmse"), baseline, rows) is None
    assert unmeasured(model(), baseline) == ""
    said = unmeasured(model(metric="rmse"), baseline)
    assert said.startswith("Version 1 was not measured by rmse, which the model file states since")


def test_a_metric_that_training_measured_beside_another_has_its_value_and_says_what_is_not_told():
    baseline = held(model(), *demand(500))
    metrics = baseline.version.draft.metrics | {"rmse": 9.0}
    draft = replace(baseline.version.draft, metrics=metrics)
    baseline = replace(baseline, version=replace(baseline.version, draft=draft))
    found = perform(model(metric="rmse"), baseline, served(baseline, *demand(400, 1)))
    assert found.realised
    assert "without an expectation for rmse, stated since" in found.note


def test_estimates_that_were_far_off_are_not_acted_on():
    file = model("binary", "roc_auc")
    baseline = held(file, *risks(3000))
    truth, score = risks(3000, 1, skill=0.7)
    reversed_ = (np.random.default_rng(3).random(3000) < 1 - score).astype(np.int8)
    trusted = served(baseline, truth, score, judged=np.arange(2000))
    distrusted = served(baseline, reversed_, score, judged=np.arange(2000))
    assert perform(file, baseline, trusted).estimated_worse
    found = perform(file, baseline, distrusted)
    assert not found.estimated_worse
    assert found.worse


def test_the_timeline_has_a_point_for_each_day_with_enough_rows_and_sixty_at_most():
    file = model()
    baseline = held(file, *demand(500))
    truth, answers = demand(24 * 200, 1)
    points = timeline(file, baseline, served(baseline, truth, answers))
    assert 45 <= len(points) <= 60
    assert sum(point.rows for point in points) == 24 * 200
    assert min(point.rows for point in points) >= 50
    assert all(one.until < other.since for one, other in pairwise(points))
    assert points[0].since == "1970-01-01T00:00:00.000Z"
    assert points[0].realised.value == pytest.approx(
        measure("mae", truth[: points[0].rows], answers[: points[0].rows])
    )
    assert all(point.estimated and point.version == 1 for point in points)


def test_a_stretch_without_outcomes_shows_its_estimate_alone():
    file = model()
    baseline = held(file, *demand(500))
    rows = served(baseline, *demand(24 * 20, 1), judged=np.arange(216))
    points = timeline(file, baseline, rows)
    assert [point.realised is not None for point in points] == sorted(
        (point.outcomes > 0 for point in points), reverse=True
    )
    assert points[-1].outcomes == 0
    assert points[-1].estimated
    assert timeline(file, baseline, served(baseline, *demand(0, 1))) == ()


def test_few_rows_are_one_point():
    file = model()
    baseline = held(file, *demand(500))
    (point,) = timeline(file, baseline, served(baseline, *demand(40, 1)))
    assert (point.rows, point.until) == (40, "1970-01-02T15:00:00.000Z")


def test_segments_with_enough_outcomes_are_measured_apart():
    file = model()
    baseline = held(file, *demand(500))
    truth, answers = demand(400, 1)
    city = np.where(np.arange(400) < 300, "Bonn", np.where(np.arange(400) < 390, "Trier", "Ulm"))
    found = perform_segments(
        file, baseline, served(baseline, truth, answers, groups={"city": city})
    )
    assert set(found["city"]) == {"Bonn", "Trier"}
    assert found["city"]["Bonn"].rows == 300
    assert found["city"]["Trier"].value == pytest.approx(
        measure("mae", truth[300:390], answers[300:390])
    )
