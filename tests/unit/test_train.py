import msgspec
import numpy as np
import pytest
import skops.io
from evergreen.contracts import keys
from evergreen.contracts.candidate import BlendReport, Member
from evergreen.contracts.explanation import Explanation, LinearExplanation, SampledExplanation
from evergreen.contracts.signature import encode
from evergreen.contracts.stages import Configuration, TrainInput, TrialResult
from evergreen.errors import InvalidTable, NotFound
from evergreen.estimators.explanation import explanation
from evergreen.estimators.pipeline import answers, fit
from evergreen.estimators.results import best_of, read_results
from evergreen.frame import Frame, arrays_from_npz
from evergreen.graph import Graph
from evergreen.metrics import measure
from evergreen.train import train
from evergreen.train.evidence import evidence_by_validation
from evergreen.train.material import read_material

from tests.fakes.learned import RUN, SET, SIGNATURE, World, frame
from tests.fakes.planted import (
    BOOSTED,
    FOLDS,
    LOGISTIC,
    ROWS,
    TREES,
    guessed,
    out_of_fold,
    plant,
)

GIVEN = TrainInput(RUN, SET)


def part(world, name):
    return world.artifacts.read(keys.candidate(RUN.run_id, name))


def made(world):
    return train(GIVEN, features=world.features, artifacts=world.artifacts, registry=world.registry)


def report(world):
    return msgspec.json.decode(part(world, "blend.json"), type=BlendReport)


def reference(world):
    return arrays_from_npz(part(world, "reference.npz"))


def served(world, rows):
    return Graph(part(world, "model.onnx")).probabilities(encode(SIGNATURE, rows.columns))


@pytest.fixture(scope="module")
def trained():
    world = World(metric="log_loss")
    plant(world, 1, LOGISTIC, out_of_fold(LOGISTIC))
    return world, made(world)


@pytest.fixture(scope="module")
def together():
    world = World(metric="log_loss")
    for number, configuration in enumerate((LOGISTIC, BOOSTED, TREES), start=1):
        plant(world, number, configuration, guessed(number, sharpness=2))
    return world, made(world)


def test_the_candidate_is_the_best_configuration_fitted_on_all_rows_but_the_hold_out(trained):
    world, _ = trained
    assert msgspec.json.decode(part(world, "configuration.json")) == LOGISTIC
    by_hand = fit(SIGNATURE, LOGISTIC, ROWS)
    found = reference(world)["answers"]
    np.testing.assert_array_equal(found, answers(by_hand, SIGNATURE, frame(300, 3)))


def test_the_best_of_a_real_search_is_what_is_trained():
    world = World(search={"trials": 3, "parallel": 3})
    world.tune()
    output = made(world)
    best = best_of(read_results(world.artifacts, RUN.run_id))
    members = msgspec.json.decode(part(world, "members.json"), type=list[Member])
    assert len(members) > 1 or members[0].configuration == best.configuration
    assert report(world).ensemble.tried > 1
    assert f"trial {best.number}" in output.summary or len(members) > 1
    rows = frame(300, 3)
    np.testing.assert_allclose(served(world, rows), reference(world)["answers"], atol=1e-5)


def test_graph_and_pipeline_of_the_candidate_give_the_reference_probabilities(trained):
    world, _ = trained
    test = frame(300, 3)
    np.testing.assert_allclose(served(world, test), reference(world)["answers"], atol=1e-6)
    body = part(world, "pipeline.skops")
    opened = skops.io.loads(body, trusted=skops.io.get_untrusted_types(data=body))
    (pipeline,) = opened["members"]
    np.testing.assert_array_equal(answers(pipeline, SIGNATURE, test), reference(world)["answers"])


def test_the_candidate_can_be_explained_with_what_it_learned_from(trained):
    world, _ = trained
    found = msgspec.json.decode(part(world, "explanation.json"), type=Explanation)
    assert isinstance(found, LinearExplanation)
    assert found == explanation(fit(SIGNATURE, LOGISTIC, ROWS), SIGNATURE, ROWS)


def test_the_threshold_flags_about_as_many_unseen_rows_as_are_positive(trained):
    world, _ = trained
    held = reference(world)
    flagged = np.mean(held["answers"] >= held["threshold"][0])
    assert flagged == pytest.approx(frame(300, 3).target.mean(), abs=0.1)


def test_the_summary_says_what_was_fitted_and_on_how_many_rows(trained):
    _, output = trained
    assert output.candidate == "runs/run-1/candidate/"
    assert output.summary == "logistic C=1 (trial 1) on 600 rows, graph 0.00 MiB"


def test_trials_that_are_surely_better_together_answer_together(together):
    world, output = together
    test = frame(300, 3)
    told = report(world)
    assert told.ensemble.taken
    assert told.ensemble.confidence >= 0.9
    assert told.ensemble.together < told.ensemble.single
    assert sum(m.weight for m in told.members) == pytest.approx(1)
    assert "(trials " in output.summary
    np.testing.assert_allclose(served(world, test), reference(world)["answers"], atol=1e-6)
    found = msgspec.json.decode(part(world, "explanation.json"), type=Explanation)
    assert isinstance(found, SampledExplanation)


def test_an_ensembles_members_can_be_read_with_their_whole_configurations(together):
    world, _ = together
    members = msgspec.json.decode(part(world, "members.json"), type=list[Member])
    planted = {1: LOGISTIC, 2: BOOSTED, 3: TREES}
    assert len(members) > 1
    assert all(member.configuration == planted[member.trial] for member in members)
    flat = msgspec.json.decode(part(world, "configuration.json"), type=Configuration)
    assert flat["family"] == "ensemble"
    assert str(planted[members[0].trial]["family"]) in flat[f"trial {members[0].trial}"]


def test_a_model_file_may_ask_for_one_member():
    world = World(metric="log_loss", search={"ensemble": 1})
    plant(world, 1, LOGISTIC, guessed(1))
    plant(world, 2, BOOSTED, guessed(2))
    made(world)
    assert report(world).ensemble is None
    assert len(report(world).members) == 1


def test_a_member_that_makes_the_graph_larger_than_the_gate_allows_is_left_out():
    world = World(metric="log_loss", gates={"graph_mebibytes": 0.01})
    plant(world, 1, LOGISTIC, guessed(1, sharpness=2))
    plant(world, 2, TREES, guessed(2, sharpness=2))
    output = made(world)
    assert report(world).dropped == (2,)
    assert [m.trial for m in report(world).members] == [1]
    assert "; without trial 2, with which it would have been larger" in output.summary


def test_a_trial_that_was_measured_on_other_folds_is_no_member():
    world = World(metric="log_loss")
    plant(world, 1, LOGISTIC, guessed(1))
    plant(world, 2, BOOSTED, guessed(2), folds=(FOLDS + 1) % 3)
    made(world)
    assert len(report(world).members) == 1
    assert report(world).ensemble is None


def test_probabilities_that_were_too_sure_are_calibrated():
    world = World(metric="log_loss")
    plant(world, 1, LOGISTIC, guessed(1, sharpness=4))
    output = made(world)
    told = report(world).calibration
    assert told.taken
    assert told.slope == pytest.approx(0.25, abs=0.1)
    assert told.log_loss_after < told.log_loss_before
    assert ", calibrated, graph" in output.summary
    bare = answers(fit(SIGNATURE, LOGISTIC, ROWS), SIGNATURE, frame(300, 3))
    flatter = reference(world)["answers"]
    assert flatter.std() < bare.std() / 2


def test_a_calibrated_linear_model_still_explains_itself():
    world = World(metric="log_loss")
    plant(world, 1, LOGISTIC, guessed(1, sharpness=4))
    made(world)
    found = msgspec.json.decode(part(world, "explanation.json"), type=Explanation)
    assert isinstance(found, LinearExplanation)


def test_stated_costs_decide_where_the_threshold_lies():
    costs = {"false_positive": 1, "false_negative": 9}
    world = World(metric="log_loss", decision={"costs": costs})
    plant(world, 1, LOGISTIC, out_of_fold(LOGISTIC))
    made(world)
    told = report(world).threshold
    assert told.rule == "stated costs"
    assert told.threshold == pytest.approx(0.1)
    assert reference(world)["threshold"] == [told.threshold]
    assert told.cost < told.cost_of_none


def test_a_run_without_out_of_fold_answers_is_trained_by_its_validation_rows():
    world = World()
    plant(world, 1, LOGISTIC, None)
    made(world)
    told = report(world)
    assert told.rows == 200
    assert told.ensemble is None
    fitted = fit(SIGNATURE, LOGISTIC, frame(400, 1))
    validation = frame(200, 2)
    found = measure("log_loss", validation.target, answers(fitted, SIGNATURE, validation))
    assert told.calibration.log_loss_before == pytest.approx(found)


def test_a_validation_split_of_one_group_is_cut_into_parts_all_the_same():
    world = World(group="sex", split={"by": "group"})
    rows = frame(200, 2)
    world.put(
        "validation", Frame(rows.columns | {"sex": np.full(200, "f")}, rows.target, rows.time)
    )
    best = TrialResult(1, LOGISTIC, 0.4, 1.0, "")
    material = read_material(TrainInput(RUN, SET), world.features, world.registry)
    for known, unknown in evidence_by_validation(material, best).splits():
        assert known.any()
        assert unknown.any()


def test_training_again_writes_the_same_graph_and_predictions(together):
    world, _ = together
    names = ("model.onnx", "explanation.json", "configuration.json", "blend.json", "members.json")
    before = {name: part(world, name) for name in names}
    answered = reference(world)["answers"]
    made(world)
    assert {name: part(world, name) for name in before} == before
    np.testing.assert_array_equal(reference(world)["answers"], answered)


def test_a_run_without_a_finished_trial_cannot_be_trained():
    world = World()
    with pytest.raises(NotFound, match="Run 'run-1' has no finished trial"):
        made(world)


def test_rows_of_one_class_end_the_run_with_a_sentence():
    world = World()
    rows = frame(1500, 1)
    only = rows.take(rows.target == 1)
    world.put("train", only)
    world.put("validation", only)
    plant(world, 1, LOGISTIC, guessed(1))
    with pytest.raises(InvalidTable, match="hold no row of class 'no' of 'left'"):
        made(world)
