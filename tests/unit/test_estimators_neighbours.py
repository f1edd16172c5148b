"""Nearest neighbours answer alike wherever rounding would decide between rows."""

import numpy as np
import onnx
import pytest
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.estimators.blend import Blend
from evergreen.estimators.blend import answers as together
from evergreen.estimators.blend_graph import blend_graph
from evergreen.estimators.families import families
from evergreen.estimators.neighbours import ALIKE, BEYOND, NeighboursClassifier, NeighboursRegressor
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.space import FAMILY
from evergreen.frame import Frame
from evergreen.graph import Graph
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.fakes.hostile import frame, signature
from tests.unit.test_estimators_space import file, manifest

WHOLE = Signature((Column("x", "number"), Column("z", "number")), (), "y", (), "regression")
CONFIGURATION = {FAMILY: "nearest neighbours", "n_neighbors": 5, "shrinkage": 0.01}


def one_by_one(rows, target, point, count, shrinkage):
    """Epanechnikov's kernel up to just beyond the (count + 1)-th neighbour, in plain words."""
    squared = [float(np.sum((row - point) ** 2)) for row in rows]
    end = BEYOND * sorted(squared)[min(count, len(rows) - 1)] + ALIKE
    weights = np.array([max(0.0, 1 - d / end) for d in squared])
    mean = float(weights @ target) / float(weights.sum())
    return (1 - shrinkage) * mean + shrinkage * float(target.mean())


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(2, 60),
    count=st.integers(1, 80),
    shrinkage=st.floats(0, 0.5),
    whole=st.booleans(),
)
def test_neighbours_weigh_by_a_kernel_that_ends_beyond_the_next_one(
    seed, rows, count, shrinkage, whole
):
    draw = np.random.default_rng(seed)
    inputs = draw.integers(2, 5, (rows, 2)) * 1.0 if whole else draw.normal(size=(rows, 2))
    target, points = draw.normal(size=rows), draw.normal(3, 2, (4, 2))
    model = NeighboursRegressor(count, shrinkage).fit(inputs, target)
    scale = np.where(inputs.std(axis=0) > 0, inputs.std(axis=0), 1)
    rows_, points_ = inputs / scale, points / scale
    wanted = [one_by_one(rows_, target, point, count, shrinkage) for point in points_]
    np.testing.assert_allclose(model.predict(points), wanted, atol=1e-9)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 30))
def test_the_order_of_rows_that_are_equally_far_does_not_matter(seed, count):
    draw = np.random.default_rng(seed)
    inputs, target = draw.integers(0, 3, (40, 3)) * 1.0, draw.integers(0, 3, 40)
    order = draw.permutation(40)
    first = NeighboursClassifier(count).fit(inputs, target)
    again = NeighboursClassifier(count).fit(inputs[order], target[order])
    np.testing.assert_allclose(
        first.predict_proba(inputs), again.predict_proba(inputs), rtol=0, atol=1e-12
    )


def test_a_probability_is_the_share_of_those_near_and_never_quite_0_or_1():
    inputs, target = np.repeat([0.0, 10.0], 30)[:, None], np.repeat([0, 1], 30)
    model = NeighboursClassifier(5, 0.02).fit(inputs, target)
    np.testing.assert_allclose(model.predict_proba(inputs[[0, -1]]), [[0.99, 0.01], [0.01, 0.99]])
    assert model.predict(inputs).tolist() == target.tolist()


@pytest.mark.parametrize("offset", [0.0, 1e7], ids=["near zero", "far from zero"])
def test_a_graph_answers_alike_where_rows_repeat_tie_or_lie_far_away(offset):
    draw = np.random.default_rng(4)
    grid = draw.integers(0, 4, (200, 2)).astype(np.float32) + np.float32(offset)
    rows = np.vstack([grid, grid[:100], grid[:1] + np.float32(5000)])
    columns = {"x": rows[:, 0], "z": rows[:, 1]}
    known = Frame(columns, draw.normal(size=len(rows)), np.zeros(len(rows), np.int64))
    asked = np.vstack([rows, rows + np.float32(0.5), rows[:9] + np.float32(1e9)])
    asked[-1] = 3e38
    later = Frame({"x": asked[:, 0], "z": asked[:, 1]}, np.zeros(len(asked)), known.time)
    fitted = fit(WHOLE, CONFIGURATION, known)
    served = Graph(to_graph(fitted, WHOLE)).answers(encode(WHOLE, later.columns))[:, 0]
    assert np.abs(served - answers(fitted, WHOLE, later)).max() < 1e-7


@pytest.mark.parametrize("name", ["offset", "age", "seat"])
def test_whatever_makes_the_inputs_the_graph_is_valid_alone_and_beside_a_newer_one(name):
    whole, rows = signature("binary"), frame(200, 1, "binary")
    given = replace(whole, inputs=tuple(c for c in whole.inputs if c.name == name))
    near = fit(given, CONFIGURATION, rows)
    onnx.checker.check_model(onnx.load_model_from_string(to_graph(near, given)), full_check=True)
    blend = Blend((near, fit(given, {FAMILY: "neural network", "epochs": 2}, rows)), (0.6, 0.4))
    served = Graph(blend_graph(blend, given)).answers(encode(given, rows.columns))[:, 1]
    assert np.abs(served - together(blend, given, rows)).max() < 1e-6


def test_a_table_that_every_row_would_be_slow_to_compare_with_has_no_neighbours():
    few = families(signature("regression"), file(), manifest(rows=1000))
    assert "nearest neighbours" in few
    many = families(signature("regression"), file(), manifest(rows=20_000))
    assert "nearest neighbours" not in many
