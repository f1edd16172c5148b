"""What a user relies on of forests that are divided into groves."""

import numpy as np
import onnx
import pytest
from evergreen.contracts.signature import encode
from evergreen.estimators import groves
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.space import FAMILY
from evergreen.graph import Graph

from tests.fakes.learned import SIGNATURE, frame, signature_of

FOREST = {FAMILY: "extra trees", "max_depth": 9, "min_samples_leaf": 2, "max_features": 0.7}


def kinds(body):
    return [node.op_type for node in onnx.load_from_string(body).graph.node]


@pytest.mark.parametrize("nodes", [1, 500, 4096])
@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_a_forest_in_groves_answers_as_the_pipeline_does(problem, nodes, monkeypatch):
    monkeypatch.setattr(groves, "_NODES", nodes)
    signature = signature_of(problem)
    pipeline = fit(signature, FOREST, frame(2000, 1, problem))
    body = to_graph(pipeline, signature)
    rows = frame(500, 2, problem)
    served = Graph(body).answers(encode(signature, rows.columns))
    found = answers(pipeline, signature, rows)

    assert kinds(body).count("TreeEnsembleRegressor") > 1
    served = served[:, -1] if found.ndim == 1 else served
    allowed = 1e-5 if signature.classes else 1e-5 * rows.target.std()
    assert np.abs(served - found).max() < allowed
    onnx.checker.check_model(onnx.load_from_string(body), full_check=True)


def test_no_grove_has_more_nodes_than_stay_in_the_cache_and_none_is_lost():
    body = to_graph(fit(SIGNATURE, FOREST, frame(2000, 1)), SIGNATURE)
    sizes, trees = [], set()
    for node in onnx.load_from_string(body).graph.node:
        if node.op_type == "TreeEnsembleRegressor":
            ids = onnx.helper.get_node_attr_value(node, "nodes_treeids")
            sizes.append(len(ids))
            assert not trees & set(ids)
            trees |= set(ids)
    assert max(sizes) <= 4096
    assert trees == set(range(100))


@pytest.mark.parametrize("family", ["logistic", "gradient boosting"])
def test_what_is_no_forest_stays_whole(family):
    body = to_graph(fit(SIGNATURE, {FAMILY: family}, frame(400, 1)), SIGNATURE)
    assert "TreeEnsembleRegressor" not in kinds(body)
