"""A blend's graph answers what its members answer together, whatever they are."""

import numpy as np
import onnx
import pytest
import skops.io
from evergreen.contracts.explanation import LinearExplanation, SampledExplanation
from evergreen.contracts.signature import encode
from evergreen.estimators.blend import Blend, answers, blend_of, explain, mean, to_skops
from evergreen.estimators.blend_graph import blend_graph
from evergreen.estimators.calibration import Calibration, calibrated
from evergreen.estimators.pipeline import answers as answers_of
from evergreen.estimators.pipeline import fit, to_graph
from evergreen.explanation import terms
from evergreen.graph import Graph
from scipy.special import logit
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tests.fakes.explained import CONFIGURATIONS
from tests.fakes.learned import frame, signature_of

PROBLEMS = ["binary", "multiclass", "regression"]
SIGMOID = Calibration("sigmoid", 0.7, (0.0, 0.4))
SEVERAL = Calibration("bias-corrected temperature", 1.4, (0.0, 0.2, -0.5, 0.1), 1e-6)


def by_hand(model, signature, rows):
    """A pipeline around any estimator."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    codes = OneHotEncoder(categories=[[0.0, 1.0]], handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer([("numbers", numbers, [0, 1]), ("categories", codes, [2])])
    made = Pipeline([("columns", columns), ("model", model)])
    if not signature.classes:
        made = TransformedTargetRegressor(made, transformer=StandardScaler(), check_inverse=False)
    target = rows.target.astype(np.int64) if signature.classes else rows.target
    return made.fit(encode(signature, rows.columns), target)


def members_of(problem, rows):
    """One of each family."""
    signature = signature_of(problem)
    linear = {"family": "logistic" if signature.classes else "ridge"}
    near = {"family": "nearest neighbours", "n_neighbors": 9}
    ours = [linear, CONFIGURATIONS["gradient boosting"], CONFIGURATIONS["extra trees"], near]
    others = (
        [MLPClassifier((8,), max_iter=60), RandomForestClassifier(9)]
        if signature.classes
        else [MLPRegressor(hidden_layer_sizes=(8,), max_iter=60), RandomForestRegressor(9)]
    )
    return (
        *(fit(signature, configuration, rows) for configuration in ours),
        *(by_hand(model, signature, rows) for model in others),
    )


@pytest.fixture(scope="module", params=PROBLEMS)
def mixed(request):
    rows, fresh = frame(500, 1, request.param), frame(400, 2, request.param)
    return signature_of(request.param), members_of(request.param, rows), rows, fresh


def served(blend, signature, rows):
    graph = Graph(blend_graph(blend, signature))
    found = graph.answers(encode(signature, rows.columns))
    return found if signature.problem == "multiclass" else found[:, -1]


def apart(found, wanted, signature):
    """In probability, or in standard deviations."""
    unit = 1.0 if signature.classes else float(np.std(wanted))
    return float(np.max(np.abs(found - wanted))) / unit


def calibration_of(signature):
    return {2: SIGMOID, 4: SEVERAL}.get(len(signature.classes))


def test_one_graph_answers_the_weighted_mean_of_all_families(mixed):
    signature, members, _, fresh = mixed
    weights = (0.3, 0.25, 0.2, 0.1, 0.1, 0.05)
    blend = Blend(members, weights)
    wanted = sum(w * answers_of(m, signature, fresh) for w, m in zip(weights, members, strict=True))
    found = served(blend, signature, fresh)
    np.testing.assert_allclose(answers(blend, signature, fresh), wanted, rtol=1e-12)
    assert apart(found, wanted, signature) < 2e-6


def test_a_calibrated_graph_answers_the_calibrated_mean(mixed):
    signature, members, _, fresh = mixed
    calibration = calibration_of(signature)
    if calibration is None:
        return
    plain = Blend(members, (0.3, 0.25, 0.2, 0.1, 0.1, 0.05))
    blend = Blend(plain.members, plain.weights, calibration)
    wanted = calibrated(calibration, answers(plain, signature, fresh))
    found = served(blend, signature, fresh)
    assert apart(found, wanted, signature) < 2e-6
    assert apart(wanted, answers(plain, signature, fresh), signature) > 0.01


@pytest.mark.parametrize("place", range(6))
def test_each_family_is_calibrated_alone(mixed, place):
    signature, members, _, fresh = mixed
    calibration = calibration_of(signature)
    if calibration is None:
        return
    blend = blend_of((members[place],), (1.0,), calibration)
    wanted = calibrated(calibration, answers_of(members[place], signature, fresh))
    linear = 1e-3 if blend.bare else 1e-5  # calibrated in its coefficients, so not narrowed
    assert apart(answers(blend, signature, fresh), wanted, signature) < linear
    assert apart(served(blend, signature, fresh), answers(blend, signature, fresh), signature) < (
        1e-5
    )


def test_probabilities_next_to_nought_and_one_are_calibrated_within_the_gate():
    signature = signature_of("binary")
    rows = frame(500, 1)
    sure = fit(signature, {"family": "logistic", "C": 100.0}, rows)
    sure.named_steps["model"].coef_ *= 6
    for slope in (0.05, 0.1, 0.2, 1.0, 5.0):
        blend = Blend((sure,), (1.0,), Calibration("sigmoid", slope, (0.0, 0.1)))
        wanted = answers(blend, signature, rows)
        assert apart(served(blend, signature, rows), wanted, signature) < 1e-4


def test_a_blend_of_one_is_the_graph_of_its_pipeline(mixed):
    signature, members, _, _ = mixed
    for member in members:
        assert blend_graph(Blend((member,)), signature) == to_graph(member, signature)


def test_the_same_blend_gives_the_same_bytes_and_a_valid_graph(mixed):
    signature, members, _, _ = mixed
    blend = Blend(members, (1 / 6,) * 6, calibration_of(signature))
    first, second = (blend_graph(blend, signature) for _ in range(2))
    assert first == second
    model = onnx.load_model_from_string(first)
    onnx.checker.check_model(model, full_check=True)
    assert [each.name for each in model.graph.input] == ["X"]
    assert len(model.graph.output) == 1
    assert len({o.domain for o in model.opset_import}) == len(model.opset_import)


def test_a_calibrated_linear_model_alone_stays_linear_and_explains_itself():
    signature, rows = signature_of("binary"), frame(500, 1)
    bare = fit(signature, {"family": "logistic", "C": 0.1}, rows)
    blend = blend_of((bare,), (1.0,), SIGMOID)
    assert blend.bare
    found = explain(blend, signature, rows)
    assert isinstance(found, LinearExplanation)
    matrix = encode(signature, rows.columns)
    stated = found.intercept + terms(signature, found, matrix).sum(axis=1)
    wanted = SIGMOID.slope * bare.decision_function(matrix) + SIGMOID.biases[1]
    np.testing.assert_allclose(stated, wanted, atol=1e-5)
    np.testing.assert_allclose(logit(answers(blend, signature, rows)), wanted, atol=1e-5)


def test_a_calibrated_linear_model_of_several_classes_is_its_own_graph():
    signature, rows = signature_of("multiclass"), frame(500, 1, "multiclass")
    bare = fit(signature, {"family": "logistic", "C": 0.1}, rows)
    blend = blend_of((bare,), (1.0,), SEVERAL)
    assert blend.bare
    wanted = calibrated(SEVERAL, answers_of(bare, signature, rows))
    assert apart(served(blend, signature, rows), wanted, signature) < 1e-5


def test_members_together_are_explained_by_asking_them(mixed):
    signature, members, rows, _ = mixed
    blend = Blend(members[:2], (0.5, 0.5))
    assert isinstance(explain(blend, signature, rows), SampledExplanation)


def test_the_stored_pipeline_answers_what_the_blend_does(mixed):
    signature, members, _, fresh = mixed
    blend = Blend(members[:3], (0.5, 0.3, 0.2), calibration_of(signature))
    body = to_skops(blend)
    opened = skops.io.loads(body, trusted=skops.io.get_untrusted_types(data=body))
    together = mean(
        tuple(opened["weights"]), [answers_of(m, signature, fresh) for m in opened["members"]]
    )
    given = opened["calibration"]
    if given:
        again = Calibration(**given | {"biases": tuple(given["biases"])})
        together = calibrated(again, together)
    np.testing.assert_array_equal(together, answers(blend, signature, fresh))
