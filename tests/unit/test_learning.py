"""Every problem, from a dataset to a registered version."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from evergreen.contracts.expectation import Expectation
from evergreen.contracts.explanation import Explanation, LinearExplanation
from evergreen.contracts.model_file import METRICS
from evergreen.contracts.signature import encode
from evergreen.contracts.stages import TrialResult
from evergreen.digest import sha256
from evergreen.estimators.pipeline import answers, fit
from evergreen.feature_set import read_rows, read_signature
from evergreen.frame import arrays_from_npz
from evergreen.graph import Graph
from evergreen.score.scorer import load

from tests.fakes.flow import PROBLEMS, World


@pytest.fixture(scope="module", params=PROBLEMS)
def learned(request):
    world = World(request.param)
    verdict, summary = world.learn()
    return world, verdict, summary, world.register()


def test_a_table_of_each_problem_becomes_a_version_that_passed_its_gates(learned):
    world, verdict, summary, version = learned
    file = world.file
    assert verdict.passed, verdict.reason
    assert verdict.problem == file.problem
    assert (verdict.metric, version.number) == (METRICS[file.problem][0], 1)
    assert set(file.metrics) <= set(verdict.metrics)
    assert summary.startswith(verdict.metric)
    better = {"roc_auc": 0.8, "log_loss": 0.8, "rmse": 300, "mae": 300}[verdict.metric]
    assert verdict.value < better if verdict.metric != "roc_auc" else verdict.value > better
    assert (version.draft.threshold > 0) == (file.problem == "binary")


def test_the_registered_graph_answers_the_hold_out_as_its_scores_say(learned):
    world, _, _, version = learned
    rows = read_rows(world.features, version.draft.lineage.feature_set, "test")
    found = load(version, world.artifacts, "version").answers(rows.columns, len(rows))
    scores = arrays_from_npz(world.artifacts.read("runs/r1/scores.npz"))["challenger"]
    np.testing.assert_array_equal(found, scores)
    classes = len(read_signature(world.features, version.draft.lineage.feature_set).classes)
    assert scores.shape == ((len(rows), 3) if classes == 3 else (len(rows),))


def test_a_versions_explanation_is_one_of_the_two_kinds_serving_knows(learned):
    world, _, _, version = learned
    assert version.draft.explanation
    body = world.artifacts.read(version.draft.explanation.key)
    stored = msgspec.json.decode(body, type=Explanation)
    if world.file.problem == "multiclass":
        assert not isinstance(stored, LinearExplanation)


def test_what_a_version_is_expected_to_do_is_registered_with_it(learned):
    world, verdict, _, version = learned
    artifact = version.draft.expectation
    body = world.artifacts.read(artifact.key)
    assert (sha256(body), len(body)) == (artifact.sha256, artifact.bytes)
    found = msgspec.json.decode(body, type=Expectation)
    assert (found.metric, found.value, found.rows) == (verdict.metric, verdict.value, verdict.rows)
    assert found.low <= found.value <= found.high
    assert found.threshold == verdict.threshold
    counted = found.outcomes
    assert sum(counted.counts if found.losses else counted.counts.values()) == verdict.rows
    classes = {"binary": 1, "multiclass": 3}.get(world.file.problem, 0)
    assert len(found.calibration) == classes
    assert (found.losses is None) == bool(classes)


def test_the_card_says_what_is_predicted_and_how_the_rows_were_split(learned):
    world, _, _, version = learned
    card = world.artifacts.read(version.draft.card.key).decode()
    says = {
        "binary": "the value &#x27;yes&#x27;",
        "multiclass": "The probability of each value",
        "regression": "The number in the column &#x27;power&#x27;",
        "forecast": "3 steps of 1h ahead, for each turbine",
    }
    assert says[world.file.problem] in card
    assert "the newest rows test" in card
    assert ("power.lag_24" in card) == (world.file.problem == "forecast")


def test_a_second_candidate_meets_the_champion_on_the_same_hold_out(learned):
    world, verdict, _, _ = learned
    second, summary = world.learn("r2")
    assert second.contest.champion_version == 1
    assert second.contest.psi == 0
    assert second.contest.confidence == 0.5
    assert second.value == verdict.value
    assert summary.startswith("refused: Retraining would not help: the challenger's")


def test_a_forecasts_trial_is_the_mean_over_its_rolling_origins():
    world = World("forecast", search={"trials": 1, "parallel": 1})
    feature_set = world.split()
    world.learn()
    result = msgspec.json.decode(world.artifacts.read("runs/r1/trials/0001.json"), type=TrialResult)
    signature = read_signature(world.features, feature_set)
    both = read_rows(world.features, feature_set, "train").then(
        read_rows(world.features, feature_set, "validation")
    )
    ends = [360, 400, 440, 480]
    losses = []
    for origin, end in pairwise(ends):
        fitted = fit(signature, result.configuration, both.take(slice(0, origin)))
        rows = both.take(slice(origin, end))
        losses.append(np.abs(answers(fitted, signature, rows) - rows.target).mean())
    assert result.loss == pytest.approx(np.mean(losses))


def test_the_threshold_of_answers_is_a_binary_models_alone(learned):
    world, _, _, _ = learned
    reference = arrays_from_npz(world.artifacts.read("runs/r1/candidate/reference.npz"))
    assert ("threshold" in reference) == (world.file.problem == "binary")


def test_a_metric_of_errors_is_bounded_from_above():
    world = World("regression", gates={"metric_at_least": 1.0})
    verdict, summary = world.learn()
    assert [gate.name for gate in verdict.gates if not gate.passed] == ["metric"]
    assert "is not at most 1." in summary


def test_a_graph_of_numbers_answers_in_the_targets_unit_whatever_its_size(learned):
    world, _, _, version = learned
    if world.file.classifies:
        return
    signature = read_signature(world.features, version.draft.lineage.feature_set)
    rows = read_rows(world.features, version.draft.lineage.feature_set, "test")
    graph = Graph(world.artifacts.read(version.draft.graph.key))
    found = graph.answers(encode(signature, rows.columns))
    assert found.shape == (len(rows), 1)
    assert abs(found.mean() - rows.target.mean()) < 0.2 * rows.target.std()
