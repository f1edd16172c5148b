"""What a trial relies on when it stops a family that learns in steps."""

from itertools import islice

import numpy as np
import pytest
from evergreen.contracts.signature import encode
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.space import FAMILY
from evergreen.estimators.steps import fit_in_steps, with_steps
from evergreen.graph import Graph

from tests.fakes.hostile import frame, signature

BOOSTING = {FAMILY: "gradient boosting", "max_features": 0.5, "categories": "ordinal"}
NETWORK = {FAMILY: "neural network", "units": 16}
IN_STEPS = pytest.mark.parametrize("configuration", [BOOSTING, NETWORK], ids=lambda c: c[FAMILY])


@IN_STEPS
@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_what_a_step_gives_is_what_a_fit_of_that_many_steps_gives(problem, configuration):
    given, rows, later = signature(problem), frame(400, 1, problem), frame(300, 2, problem)
    steps = list(islice(fit_in_steps(given, configuration, rows), 3))
    numbers = [number for number, _ in steps]
    assert numbers == sorted(set(numbers))
    for number, fitted in steps:
        alone = fit(given, with_steps(configuration, number), rows)
        np.testing.assert_array_equal(answers(fitted, given, later), answers(alone, given, later))
        assert to_graph(fitted, given) == to_graph(alone, given)


@IN_STEPS
def test_steps_in_32_bits_answer_as_their_graph_does(configuration):
    given, rows = signature("regression"), frame(400, 1, "regression")
    for _, fitted in islice(fit_in_steps(given, configuration, rows), 2):
        served = Graph(to_graph(fitted, given)).answers(encode(given, rows.columns))[:, 0]
        apart = np.abs(served - answers(fitted, given, rows)).max()
        assert apart < 1e-5 * rows.target.std()


@pytest.mark.parametrize(
    "configuration",
    [{FAMILY: "ridge", "alpha": 2.0}, BOOSTING | {"max_iter": 30}, NETWORK | {"epochs": 2}],
    ids=lambda c: c[FAMILY],
)
def test_what_learns_at_once_or_states_its_steps_is_fitted_once(configuration):
    given, rows = signature("regression"), frame(300, 1, "regression")
    ((number, fitted),) = fit_in_steps(given, configuration, rows)
    assert (number, with_steps(configuration, number)) == (0, configuration)
    alone = fit(given, configuration, rows)
    np.testing.assert_array_equal(answers(fitted, given, rows), answers(alone, given, rows))


def test_trees_of_many_leaves_end_before_their_graph_is_too_large_to_load():
    given, rows = signature("multiclass"), frame(200, 1, "multiclass")
    large = BOOSTING | {"max_leaf_nodes": 1500, "min_samples_leaf": 60, "max_features": 1.0}
    *_, (last, _) = fit_in_steps(given, large, rows)
    assert last == 400_000 // (2 * 1500 * 3)


def test_trees_beyond_the_first_hundred_are_those_of_a_fit_of_as_many():
    given, rows, later = signature("binary"), frame(200, 1, "binary"), frame(100, 2, "binary")
    configuration = BOOSTING | {"max_leaf_nodes": 3}
    steps = list(islice(fit_in_steps(given, configuration, rows), 6))
    assert [number for number, _ in steps] == [25, 50, 75, 100, 125, 150]
    alone = fit(given, configuration | {"max_iter": 150}, rows)
    np.testing.assert_array_equal(answers(steps[-1][1], given, later), answers(alone, given, later))
