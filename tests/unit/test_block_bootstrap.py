"""Intervals of metrics whose rows lie in time."""

import numpy as np
import pytest
from evergreen.block_bootstrap import blocks, resampled
from evergreen.bootstrap import bootstrap, interval
from evergreen.metrics import measure

DAY = 86_400 * 10**9
METRICS = ("mae", "rmse", "r2", "poisson_deviance", "pinball_90")
OF_TWO = ("roc_auc", "average_precision", "log_loss")
OF_SEVERAL = ("log_loss", "accuracy", "macro_f1")


def rows(metric, count=900, seed=0, classes=2):
    draw = np.random.default_rng(seed)
    if metric in METRICS:
        truth = draw.gamma(4, 2, count)
        return truth, np.abs(truth + draw.normal(0, 1, count)) + 0.1
    if classes > 2:
        answers = draw.dirichlet([1, 1, 1], count)
        return (draw.random((count, 1)) > answers.cumsum(axis=1)[:, :2]).sum(axis=1), answers
    answers = draw.beta(1, 3, count)
    return (draw.random(count) < answers).astype(np.int8), answers


@pytest.mark.parametrize(
    ("metric", "classes"),
    [(name, 2) for name in METRICS + OF_TWO] + [(name, 3) for name in OF_SEVERAL],
)
def test_of_independent_rows_it_says_what_the_bootstrap_of_rows_says(metric, classes):
    truth, answers = rows(metric, classes=classes)
    found = resampled(metric, truth, answers, blocks(np.arange(900)))
    plain = bootstrap(metric, truth, [answers], np.arange(900), 1)[0]
    assert np.std(found) == pytest.approx(np.std(plain), rel=0.25)
    assert np.mean(found) == pytest.approx(measure(metric, truth, answers), abs=np.std(plain) / 2)


def test_it_covers_the_metric_of_the_population_about_nine_times_in_ten():
    covered = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        error = np.repeat(draw.normal(0, 1, 40), 24) + draw.normal(0, 1, 960)
        times = np.arange(960) * DAY // 24
        low, high = interval(resampled("rmse", error, np.zeros(960), blocks(times)))
        covered += low <= np.sqrt(2) <= high
    assert 165 <= covered <= 192


def test_days_that_err_alike_are_less_sure_than_their_rows_alone():
    draw = np.random.default_rng(3)
    error = np.repeat(draw.normal(0, 1, 60), 24) + draw.normal(0, 0.2, 1440)
    by_day = resampled("mae", error, np.zeros(1440), blocks(np.arange(1440) * DAY // 24))
    by_row = bootstrap("mae", error, [np.zeros(1440)], np.arange(1440), 0)[0]
    assert np.std(by_day) > 2 * np.std(by_row)


def test_blocks_are_days_or_few_runs_of_neighbours_whatever_the_order_of_the_rows():
    times = np.arange(100) * DAY
    np.testing.assert_array_equal(blocks(times[60::-1]), np.arange(61)[::-1])
    assert blocks(times).max() == 63
    short = blocks(np.arange(1000)[::-1])
    assert short.max() == 63
    assert (np.diff(short) <= 0).all()


def test_weights_count_as_copies_do():
    truth, answers = rows("average_precision", 400)
    block = blocks(np.arange(400))
    twice = np.where(truth == 1, 2.0, 1.0)
    copies = np.repeat(np.arange(400), twice.astype(int))
    one = resampled("average_precision", truth, answers, block, twice)
    other = resampled("average_precision", truth[copies], answers[copies], block[copies])
    assert np.mean(one) == pytest.approx(np.mean(other), abs=0.01)
    assert np.std(one) == pytest.approx(np.std(other), rel=0.1)


def test_where_few_days_vary_at_all_the_interval_is_of_resamples_that_do():
    truth = np.zeros(2000)
    truth[1000:1003] = 5.0, 9.0, 7.0
    answers = 0.8 * truth + np.random.default_rng(0).normal(0, 0.1, 2000)
    found = resampled("r2", truth, answers, blocks(np.arange(2000) * DAY // 24))
    value = measure("r2", truth, answers)
    low, high = interval(found)
    assert value - 0.5 < low <= value <= high < value + 0.5
    assert 0 < np.isnan(found).sum() < len(found)
