"""Rows of one group are not independent of each other."""

import numpy as np
from evergreen.monitor.performance import perform

from tests.fakes.performing import held, model, served
from tests.unit.test_performance import demand


def test_served_rows_of_one_group_make_what_is_realised_less_sure():
    baseline = held(model(), *demand(500))
    draw = np.random.default_rng(1)
    group = draw.permutation(np.repeat(np.arange(30), 20))
    answers = draw.normal(50, 5, 600)
    truth = answers + draw.normal(0, 1, 30)[group] * 3 + draw.normal(0, 0.1, 600)
    alone = perform(model(), baseline, served(baseline, truth, answers)).realised
    rows = served(baseline, truth, answers, clusters=group.astype(np.uint8))
    together = perform(model(), baseline, rows).realised
    assert together.value == alone.value
    assert together.high - together.low > 2 * (alone.high - alone.low)
    # Of one group nothing is surer than its days.
    single = served(baseline, truth, answers, clusters=np.zeros(600, np.uint8))
    assert perform(model(), baseline, single).realised == alone
