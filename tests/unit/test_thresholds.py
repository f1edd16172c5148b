import numpy as np
import pytest
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.space import FAMILY
from evergreen.estimators.thresholds import floor32
from evergreen.frame import Frame
from evergreen.graph import Graph
from hypothesis import given
from hypothesis import strategies as st

THRESHOLDS = st.floats(-1e38, 1e38, allow_nan=False)
VALUES = st.floats(-(2.0**100), 2.0**100, allow_nan=False, width=32)


@given(value=VALUES, threshold=THRESHOLDS)
def test_rounding_a_threshold_down_sends_every_value_the_same_way(value, threshold):
    rounded = floor32(np.array([threshold]))[0]
    assert np.float32(rounded) == rounded
    assert (value <= threshold) == (value <= rounded)


@given(value=VALUES, steps=st.integers(-3, 3))
def test_a_threshold_beside_a_value_stays_on_its_side(value, steps):
    threshold = float(value)
    for _ in range(abs(steps)):
        threshold = float(np.nextafter(threshold, np.inf if steps > 0 else -np.inf))
    rounded = floor32(np.array([threshold]))[0]
    assert (value <= threshold) == (value <= rounded)


@pytest.mark.parametrize("seed", range(3))
def test_boosted_trees_of_prices_and_other_rounded_numbers_convert_exactly(seed):
    # With more distinct values than bins, thresholds lie halfway between two of them, which is
    # where another value lies, but for a rounding error.
    random = np.random.default_rng(seed)
    values = np.round(random.normal(20, 5, 5100), 3).astype(np.float32)
    target = (random.random(5100) < 1 / (1 + np.exp(values - 20))).astype(np.int8)
    rows = Frame({"price": values}, target, np.zeros(5100, dtype=np.int64))
    signature = Signature((Column("price", "number"),), (), "sold", ("no", "yes"))
    configuration = {FAMILY: "gradient boosting", "max_iter": 60, "max_leaf_nodes": 40}
    pipeline = fit(signature, configuration, rows)
    every = np.arange(5000, 35000).astype(np.float64) / 1000
    later = Frame({"price": every.astype(np.float32)}, target[:0], rows.time[:0])
    served = Graph(to_graph(pipeline, signature)).probabilities(encode(signature, later.columns))
    assert np.abs(served - answers(pipeline, signature, later)).max() < 1e-5
