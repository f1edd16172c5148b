"""Skill: what a metric is worth beside a constant and a perfect answer."""

import numpy as np
import pytest
from evergreen.contracts.model_file import LESS_IS_BETTER
from evergreen.metrics import measure
from evergreen.skill import naive, perfect, skill
from hypothesis import given
from hypothesis import strategies as st

OF_NUMBERS = ("mae", "rmse", "r2", "poisson_deviance", "pinball_10", "pinball_90")


@pytest.mark.parametrize("metric", OF_NUMBERS)
@given(seed=st.integers(0, 100))
def test_no_other_constant_does_better_on_these_rows(metric, seed):
    truth = np.random.default_rng(seed).gamma(2, 3, 40)
    best = naive(metric, truth)
    for constant in truth:
        other = measure(metric, truth, np.full(40, constant))
        worse = best - other if metric in LESS_IS_BETTER else other - best
        assert worse <= 1e-9


@given(seed=st.integers(0, 100))
def test_of_classes_the_constant_is_their_rate_shares_or_majority(seed):
    truth = np.random.default_rng(seed).choice(3, 60, p=[0.5, 0.3, 0.2])
    shares = np.bincount(truth, minlength=3) / 60
    there = shares[shares > 0]
    assert naive("log_loss", truth, 3) == pytest.approx(-np.sum(there * np.log(there)))
    assert naive("accuracy", truth, 3) == shares.max()
    merged = naive("accuracy", np.minimum(truth, 1), 2)
    assert merged == pytest.approx(max(shares[0], 1 - shares[0]))
    positive = (truth == 0).astype(np.int8)
    assert naive("roc_auc", positive, 2) == 0.5
    assert naive("average_precision", positive, 2) == pytest.approx(shares[0])


@pytest.mark.parametrize("metric", ["roc_auc", "mae", "r2"])
def test_skill_is_one_when_perfect_none_as_a_constant_and_below_when_worse(metric):
    constant = {"roc_auc": 0.5, "mae": 4.0, "r2": 0.0}[metric]
    assert skill(metric, perfect(metric), constant) == 1
    assert skill(metric, constant, constant) == 0
    assert skill(metric, 2 * constant - perfect(metric), constant) == -1


def test_where_a_constant_is_perfect_there_is_no_skill_to_tell():
    assert np.isnan(skill("mae", 1.0, 0.0))
