import msgspec
import numpy as np
import pytest
import skops.io
from evergreen.contracts import keys
from evergreen.contracts.explanation import Explanation, LinearExplanation, SampledExplanation
from evergreen.contracts.signature import encode
from evergreen.contracts.stages import Configuration, TrainInput
from evergreen.errors import InvalidTable, NotFound
from evergreen.estimators.explanation import explanation
from evergreen.estimators.pipeline import answers, fit
from evergreen.estimators.space import FAMILY
from evergreen.frame import arrays_from_npz
from evergreen.graph import Graph
from evergreen.train import train

from tests.fakes.learned import RUN, SET, SIGNATURE, World, frame

GIVEN = TrainInput(RUN, SET)


def part(world, name):
    return world.artifacts.read(keys.candidate(RUN.run_id, name))


def made(world):
    return train(GIVEN, features=world.features, artifacts=world.artifacts, registry=world.registry)


@pytest.fixture(scope="module")
def trained():
    world = World()
    summary = world.tune()
    output = made(world)
    return world, summary, output


def test_the_candidate_is_the_best_configuration_fitted_on_all_rows_but_the_hold_out(trained):
    world, summary, _ = trained
    configuration = msgspec.json.decode(part(world, "configuration.json"), type=Configuration)
    (best,) = [
        t
        for n in (1, 2, 3)
        for t in msgspec.json.decode(world.artifacts.read(f"runs/run-1/rounds/{n:04d}.json"))[
            "trials"
        ]
        if t["number"] == summary.best_trial
    ]
    assert configuration == best["configuration"]
    by_hand = fit(SIGNATURE, configuration, frame(400, 1).then(frame(200, 2)))
    reference = arrays_from_npz(part(world, "reference.npz"))["answers"]
    np.testing.assert_array_equal(reference, answers(by_hand, SIGNATURE, frame(300, 3)))


def test_graph_and_pipeline_of_the_candidate_give_the_reference_probabilities(trained):
    world, _, _ = trained
    test = frame(300, 3)
    reference = arrays_from_npz(part(world, "reference.npz"))["answers"]
    served = Graph(part(world, "model.onnx")).probabilities(encode(SIGNATURE, test.columns))
    np.testing.assert_allclose(served, reference, atol=1e-6)
    body = part(world, "pipeline.skops")
    opened = skops.io.loads(body, trusted=skops.io.get_untrusted_types(data=body))
    (pipeline,) = opened["members"]
    np.testing.assert_array_equal(answers(pipeline, SIGNATURE, test), reference)


def test_the_candidate_can_be_explained_with_what_it_learned_from(trained):
    world, _, _ = trained
    found = msgspec.json.decode(part(world, "explanation.json"), type=Explanation)
    configuration = msgspec.json.decode(part(world, "configuration.json"), type=Configuration)
    linear = configuration[FAMILY] == "logistic"
    assert isinstance(found, LinearExplanation if linear else SampledExplanation)
    rows = frame(400, 1).then(frame(200, 2))
    pipeline = fit(SIGNATURE, configuration, rows)
    assert found == explanation(pipeline, SIGNATURE, rows)


def test_the_threshold_flags_about_as_many_unseen_rows_as_are_positive(trained):
    world, _, _ = trained
    reference = arrays_from_npz(part(world, "reference.npz"))
    flagged = np.mean(reference["answers"] >= reference["threshold"][0])
    assert flagged == pytest.approx(frame(300, 3).target.mean(), abs=0.1)


def test_the_summary_says_what_was_fitted_and_on_how_many_rows(trained):
    world, summary, output = trained
    configuration = msgspec.json.decode(part(world, "configuration.json"))
    assert output.candidate == "runs/run-1/candidate/"
    assert output.summary.startswith(str(configuration[FAMILY]))
    assert f"(trial {summary.best_trial}) on 600 rows, graph " in output.summary


def test_training_again_writes_the_same_graph_and_predictions(trained):
    world, _, _ = trained
    before = {
        name: part(world, name) for name in ("model.onnx", "explanation.json", "configuration.json")
    }
    reference = arrays_from_npz(part(world, "reference.npz"))
    made(world)
    assert {name: part(world, name) for name in before} == before
    again = arrays_from_npz(part(world, "reference.npz"))
    np.testing.assert_array_equal(again["answers"], reference["answers"])


def test_a_run_without_a_finished_trial_cannot_be_trained():
    world = World()
    with pytest.raises(NotFound, match="Run 'run-1' has no finished trial"):
        made(world)


def test_rows_of_one_class_end_the_run_with_a_sentence():
    world = World()
    world.tune()
    rows = frame(100, 1)
    only = rows.take(rows.target == 1)
    world.put("train", only)
    world.put("validation", only)
    with pytest.raises(InvalidTable, match="hold no row of class 'no' of 'left'"):
        made(world)
