"""What a team relies on that brings its own estimator."""

import sys
import types

import numpy as np
import pytest
from evergreen.contracts.explanation import SampledExplanation
from evergreen.contracts.search import Search
from evergreen.contracts.signature import encode
from evergreen.errors import InvalidModelFile
from evergreen.estimators.explanation import explanation
from evergreen.estimators.narrowing import narrowed
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.portfolio import defaults
from evergreen.frame import Frame
from evergreen.graph import Graph
from msgspec import convert
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from tests.fakes.learned import SIGNATURE, frame, signature_of


def tree(signature, depth=2):
    assert signature.target == "left"
    return make_pipeline(
        SimpleImputer(keep_empty_features=True), DecisionTreeClassifier(max_depth=depth)
    )


def number(_signature):
    return make_pipeline(SimpleImputer(keep_empty_features=True), Ridge())


def worded(_signature, **settings):
    """Its settings have names that families of our own have too."""
    assert settings == {"loss": "poisson", "penalty": "l1", "units": 3, "epochs": 2}
    return number(_signature)


def broken(_signature):
    raise ValueError("no such thing.\nAt all.")


@pytest.fixture(autouse=True)
def package(monkeypatch):
    module = types.ModuleType("team_models")
    for each in (tree, number, worded, broken):
        setattr(module, each.__name__, each)
    module.constant = 3
    module.fitted = lambda _: 3
    module.a_class = lambda _: Ridge
    module.sure = lambda _: RidgeClassifier()
    monkeypatch.setitem(sys.modules, "team_models", module)


def test_it_is_the_only_family_and_its_settings_are_searched():
    settings = {"depth": (1, 8), "share": (0.001, 1.0), "kind": ("a", "b", "c"), "fixed": 3}
    search = Search(factory="team_models:tree", settings={"factory": settings})
    (family,) = narrowed({}, search).values()
    depth, share, kind = family.settings
    assert (depth.low, depth.high, depth.kind, depth.log) == (1, 8, "integer", False)
    assert (share.kind, share.log) == ("real", True)
    assert kind.options == ("a", "b", "c")
    assert family.fixed == {"factory": "team_models:tree", "fixed": 3}


def test_it_is_fitted_served_and_explained_like_any_other():
    search = Search(factory="team_models:tree", settings={"factory": {"depth": (2, 6)}})
    (configuration,) = defaults(narrowed({}, search))
    assert configuration == {"family": "factory", "factory": "team_models:tree", "depth": 4}
    rows = frame(500, 1)
    fitted = fit(SIGNATURE, configuration, rows)
    assert fitted.named_steps["model"][-1].get_depth() == 4
    served = Graph(to_graph(fitted, SIGNATURE)).answers(encode(SIGNATURE, rows.columns))[:, 1]
    np.testing.assert_allclose(served, answers(fitted, SIGNATURE, rows), atol=1e-6)
    assert isinstance(explanation(fitted, SIGNATURE, rows), SampledExplanation)


def test_its_numbers_are_in_the_targets_unit():
    signature, rows = signature_of("regression"), frame(500, 1, "regression")
    fitted = fit(signature, {"family": "factory", "factory": "team_models:number"}, rows)
    found = Graph(to_graph(fitted, signature)).answers(encode(signature, rows.columns))[:, 0]
    assert abs(found.mean() - rows.target.mean()) < rows.target.std() / 100


def test_it_is_given_all_its_settings_whatever_they_are_called():
    stated = {"loss": "poisson", "penalty": ["l1"], "units": 3, "epochs": 2}
    search = convert({"factory": "team_models:worded", "settings": {"factory": stated}}, Search)
    (configuration,) = defaults(narrowed({}, search))
    signature, rows = signature_of("regression"), frame(500, 1, "regression")
    below = Frame(rows.columns, rows.target - rows.target.max(), rows.time)
    found = answers(fit(signature, configuration, below), signature, below)
    assert abs(found.mean() - below.target.mean()) < below.target.std() / 100


@pytest.mark.parametrize(
    ("factory", "says"),
    [
        ("no_such_package:f", "cannot be imported: No module named 'no_such_package'."),
        ("team_models:gone", "cannot be imported: module 'team_models' has no attribute 'gone'."),
        ("team_models:constant", "is something of type int, no function."),
        ("team_models:broken", "failed with ValueError: no such thing."),
        (
            "team_models:fitted",
            "returned something of type int; it must return an unfitted scikit-learn estimator.",
        ),
        ("team_models:a_class", "returned the class Ridge; it must return an unfitted"),
        (
            "team_models:sure",
            "returned something of type RidgeClassifier, which has no predict_proba; a binary",
        ),
    ],
)
def test_what_is_no_factory_of_an_estimator_is_told_in_a_sentence(factory, says):
    with pytest.raises(InvalidModelFile) as refused:
        fit(SIGNATURE, {"family": "factory", "factory": factory}, frame(100, 1))
    assert says in str(refused.value)
