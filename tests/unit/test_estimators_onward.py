"""What a trial relies on that asks one fit again and again while it goes on."""

from itertools import islice

import numpy as np
import pytest
from evergreen.estimators.onward import Asked
from evergreen.estimators.pipeline import answers, fit
from evergreen.estimators.space import FAMILY
from evergreen.estimators.steps import fit_in_steps

from tests.fakes.hostile import frame, signature

BOOSTING = {FAMILY: "gradient boosting", "max_leaf_nodes": 5, "categories": "ordinal"}
NETWORK = {FAMILY: "neural network", "units": 16}


@pytest.mark.parametrize("configuration", [BOOSTING, NETWORK], ids=lambda c: c[FAMILY])
@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_answers_that_go_on_are_those_of_the_whole_pipeline(problem, configuration):
    given, rows, later = signature(problem), frame(300, 1, problem), frame(200, 2, problem)
    asked = Asked(given, later)
    for _, fitted in islice(fit_in_steps(given, configuration, rows), 6):
        found = asked.answers(fitted)
        np.testing.assert_array_equal(found, answers(fitted, given, later))
        assert asked.seconds > 0


def test_a_fit_that_does_not_go_on_from_the_last_is_asked_from_its_beginning():
    given, later = signature("regression"), frame(200, 2, "regression")
    asked = Asked(given, later)
    for seed in (1, 3):
        for leaves in (5, 9):
            stated = BOOSTING | {"max_iter": 20, "max_leaf_nodes": leaves}
            fitted = fit(given, stated, frame(300, seed, "regression"))
            np.testing.assert_array_equal(asked.answers(fitted), answers(fitted, given, later))
