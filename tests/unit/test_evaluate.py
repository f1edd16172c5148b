import msgspec
import numpy as np
import pytest
from evergreen.contracts import keys
from evergreen.contracts.policies import Gates
from evergreen.contracts.stages import EvaluateInput
from evergreen.contracts.verdict import Verdict
from evergreen.errors import InvalidTable
from evergreen.evaluate import evaluate
from evergreen.evaluate.contest import Opponent
from evergreen.evaluate.gates import parity_gate, size_gate
from evergreen.evaluate.judge import HoldOut, judge
from evergreen.frame import Frame, arrays_to_npz
from sklearn.metrics import f1_score, roc_auc_score

from tests.fakes.holdout import GROUP, guess, hold_out
from tests.fakes.learned import RUN, SET, World, model_file
from tests.fakes.registered import register


def judged(
    challenger, champion=None, *, rows=None, reference=None, size=1000, lineage=None, **changes
):
    """The world, the output and the verdict on these scores."""
    world = World(**changes)
    rows = rows or hold_out()
    world.put("test", rows)
    scores = {"challenger": challenger}
    scores |= {} if champion is None else {"champion": champion}
    reference = challenger if reference is None else reference
    threshold = np.array([np.quantile(challenger, 0.8)])
    parts = {
        keys.run(RUN.run_id, "scores.npz"): arrays_to_npz(**scores),
        keys.candidate(RUN.run_id, "reference.npz"): arrays_to_npz(
            answers=reference, threshold=threshold
        ),
        keys.candidate(RUN.run_id, "model.onnx"): b"0" * size,
        keys.candidate(RUN.run_id, "baselines.npz"): arrays_to_npz(**without_skill(rows)),
    }
    world.artifacts.objects |= parts
    register(world.registry, RUN.model, lineage or {"feature_set": SET})
    given = EvaluateInput(RUN, SET, None if champion is None else 4)
    output = evaluate(
        given,
        features=world.features,
        artifacts=world.artifacts,
        registry=world.registry,
        clock=world.clock,
    )
    verdict = msgspec.json.decode(world.artifacts.read(output.verdict), type=Verdict)
    return world, output, verdict


def without_skill(rows):
    """The one baseline of a binary target that takes no fit."""
    return {"class frequencies": np.full(len(rows), rows.target.mean())}


def failed(verdict):
    return [gate.name for gate in verdict.gates if not gate.passed]


def test_a_good_first_candidate_passes_without_a_contest():
    rows = hold_out()
    challenger = guess(rows, 2)
    world, output, verdict = judged(challenger)
    assert output.passed
    assert verdict.contest is None
    assert [gate.name for gate in verdict.gates] == ["parity", "fairness", "graph size", "baseline"]
    assert verdict.value == pytest.approx(roc_auc_score(rows.target, challenger))
    assert (verdict.rows, verdict.positives) == (600, int(rows.target.sum()))
    assert set(verdict.metrics) == {"roc_auc", "average_precision", "log_loss", "brier"}
    low, high = verdict.interval
    expected = f"roc_auc {verdict.value:.3f} ({low:.3f} to {high:.3f}) on 600 rows, gates passed"
    assert output.summary == expected
    assert world.registry.run(RUN.run_id).status == "running"


def test_the_verdict_says_which_time_the_hold_out_covers():
    _, _, verdict = judged(guess(hold_out(), 2))
    assert (verdict.oldest[:10], verdict.newest[:10]) == ("1970-01-02", "1971-08-24")


def test_without_a_time_column_the_verdict_names_no_time():
    rows = msgspec.structs.replace(hold_out(), time=np.zeros(600, np.int64))
    _, _, verdict = judged(guess(rows, 2), rows=rows)
    assert (verdict.oldest, verdict.newest) == ("", "")


def test_a_better_challenger_beats_the_champion():
    rows = hold_out()
    _, output, verdict = judged(guess(rows, 2), guess(rows, 0.5, seed=1))
    assert output.passed
    assert verdict.contest.champion_version == 4
    assert verdict.contest.confidence > 0.99
    assert output.summary.endswith("on 600 rows, beats champion v4, gates passed")


def test_a_challenger_that_is_not_better_is_refused_and_the_run_says_why():
    rows = hold_out()
    world, output, verdict = judged(guess(rows, 0.5, seed=1), guess(rows, 2))
    assert not output.passed
    assert failed(verdict) == ["champion"]
    contest = verdict.contest
    assert output.summary == (
        "refused: Retraining would not help: the challenger's roc_auc"
        f" {contest.challenger:.3f} does not beat champion v4's {contest.champion:.3f} (confidence"
        " 0.00, 0.90 asked)."
    )
    run = world.registry.run(RUN.run_id)
    assert (run.status, run.reason) == ("refused", verdict.reason)


def test_less_log_loss_is_better():
    rows = hold_out()
    sharp, dull = guess(rows, 2), np.full(len(rows), 0.5)
    _, _, verdict = judged(sharp, dull, metric="log_loss", gates={"metric_at_least": 0.6})
    assert verdict.passed
    assert verdict.contest.challenger < verdict.contest.champion
    _, _, verdict = judged(dull, sharp, metric="log_loss", gates={"metric_at_least": 0.6})
    assert failed(verdict) == ["metric", "baseline", "champion"]


def test_a_graph_that_disagrees_with_its_pipeline_is_refused():
    challenger = guess(hold_out(), 2)
    reference = challenger.copy()
    reference[17] += 0.0021
    _, output, verdict = judged(challenger, reference=reference)
    assert failed(verdict) == ["parity"]
    assert "The graph disagrees with its pipeline" in output.summary
    assert "differ by up to 0.0021, 0.0001 allowed" in output.summary


def test_a_pipeline_that_answers_with_no_number_does_not_pass_for_agreement():
    answers = np.array([0.1, 0.2])
    assert not parity_gate(answers, np.array([0.1, np.nan]), Gates()).passed


def test_a_metric_below_its_bound_is_refused():
    _, _, verdict = judged(guess(hold_out(), 0.5), gates={"metric_at_least": 0.8})
    assert failed(verdict) == ["metric"]
    assert "is not at least 0.8" in verdict.reason


def test_a_graph_over_its_size_is_refused():
    assert size_gate(2 * 2**20, Gates(graph_mebibytes=2.0)).passed
    gate = size_gate(2 * 2**20 + 1, Gates(graph_mebibytes=2.0))
    assert (gate.passed, gate.sentence) == (False, "The graph has 2.00 MiB, 2 allowed.")


def test_a_candidate_that_finds_one_group_less_often_is_refused():
    rows = hold_out(3000)
    unfair = guess(rows, 2) * np.where(rows.columns["sex"] == "f", 0.5, 1)
    _, output, verdict = judged(unfair, rows=rows)
    assert failed(verdict) == ["fairness"]
    assert "True positive rates by sex lie" in output.summary


def test_evaluating_twice_gives_the_same_verdict_and_keeps_the_first_end():
    rows = hold_out()
    world, output, verdict = judged(guess(rows, 0.5, seed=1), guess(rows, 2))
    ended = world.registry.run(RUN.run_id)
    world.clock.go_on(minutes=5)
    again = evaluate(
        EvaluateInput(RUN, SET, 4),
        features=world.features,
        artifacts=world.artifacts,
        registry=world.registry,
        clock=world.clock,
    )
    assert again == output
    assert msgspec.json.decode(world.artifacts.read(again.verdict), type=Verdict) == verdict
    assert world.registry.run(RUN.run_id) == ended


def test_a_hold_out_of_one_class_cannot_judge():
    rows = hold_out()
    none = rows.take(rows.target == 0)
    with pytest.raises(InvalidTable, match="hold-out rows hold only one class of 'left'"):
        judged(guess(none, 1), rows=none)


def test_a_group_in_the_model_file_widens_the_interval_of_dependent_rows():
    rows = hold_out(300)
    copies = np.tile(np.arange(300), 4)
    four = rows.take(copies)
    challenger = guess(rows, 1)[copies]
    _, _, alone = judged(challenger, rows=four)
    _, _, grouped = judged(challenger, rows=four, group=GROUP)
    assert grouped.interval[1] - grouped.interval[0] > 1.5 * (alone.interval[1] - alone.interval[0])


def test_parity_of_numbers_is_told_in_standard_deviations_of_the_target():
    target = np.array([0.0, 10.0, 20.0])
    pipeline = np.array([1.0, 11.0, 19.0])
    assert parity_gate(pipeline + 5e-4, pipeline, Gates(), target).passed
    gate = parity_gate(pipeline + np.array([0, 0.01, 0]), pipeline, Gates(), target)
    assert not gate.passed
    assert "answers differ by up to 0.0012 standard deviations of the target" in gate.sentence


def test_a_number_far_from_all_others_may_differ_in_its_eighth_digit():
    target = np.array([0.0, 10.0, 20.0])
    pipeline = np.array([1.0, 11.0, 1e7])
    assert parity_gate(pipeline + np.array([0, 0, 1.0]), pipeline, Gates(), target).passed
    assert not parity_gate(pipeline + np.array([0, 0, 1e4]), pipeline, Gates(), target).passed


def several(skill, seed=0, rows=900):
    """Rows of three classes, and probabilities of some skill."""
    draw = np.random.default_rng(seed)
    target = np.random.default_rng(7).integers(0, 3, rows).astype(np.int16)
    odds = draw.normal(size=(rows, 3)) + skill * np.eye(3)[target]
    shares = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    sex = np.random.default_rng(8).choice(["f", "m"], rows)
    return Frame({"sex": sex}, target, np.arange(rows, dtype=np.int64)), shares


def unseen(rows):
    return Opponent(4, np.zeros(len(rows), dtype=np.bool_))


def test_several_classes_are_judged_by_all_their_probabilities():
    rows, better = several(2.0)
    _, worse = several(1.0, seed=1)
    file = model_file(problem="multiclass", target={"column": "left"}, metric="macro_f1")
    held = HoldOut(file, ("a", "b", "c"), rows, unseen(rows))
    scores = {"challenger": better, "champion": worse}
    verdict = judge(held, scores, {"answers": better}, size=1, baselines={})
    assert verdict.passed
    expected = f1_score(rows.target, better.argmax(axis=1), average="macro")
    assert verdict.value == pytest.approx(expected)
    assert set(verdict.metrics) == {"log_loss", "accuracy", "macro_f1"}
    assert (verdict.threshold, verdict.positives, verdict.problem) == (0, 0, "multiclass")
    assert {rate.label for rate in verdict.groups} == {"a", "b", "c"}
    assert verdict.contest.confidence > 0.99
    assert verdict.contest.psi < 0.1  # as a trial sees it: each label is about as frequent
    lazy = scores | {"champion": np.tile([0.8, 0.1, 0.1], (len(rows), 1))}
    assert judge(held, lazy, {"answers": better}, size=1, baselines={}).contest.psi > 1
    apart = judge(held, scores, {"answers": better[:, ::-1]}, size=1, baselines={})
    assert failed(apart) == ["parity"]


def test_numbers_are_judged_by_their_errors_and_less_error_wins():
    rows, _ = several(0)
    target = np.random.default_rng(1).normal(50, 9, len(rows))
    rows = Frame(rows.columns, target, rows.time)
    noise = np.random.default_rng(2).normal(size=len(rows))
    scores = {"challenger": target + noise, "champion": target + 2 * noise}
    file = model_file(problem="regression", target={"column": "left"})
    held = HoldOut(file, (), rows, unseen(rows))
    verdict = judge(held, scores, {"answers": scores["challenger"]}, size=1, baselines={})
    assert verdict.passed
    assert verdict.metrics["mae"] == pytest.approx(np.abs(noise).mean())
    assert verdict.contest.confidence == 1
    low, high = verdict.interval
    assert low < verdict.value < high
    swapped = {"challenger": scores["champion"], "champion": scores["challenger"]}
    lost = judge(held, swapped, {"answers": swapped["challenger"]}, size=1, baselines={})
    assert failed(lost) == ["champion"]


def test_a_hold_out_that_hardly_varies_is_refused_rather_than_judged_without_a_value():
    rows, _ = several(0)
    rows = Frame(rows.columns, np.where(np.arange(len(rows)) == 3, 1e-170, 0.0), rows.time)
    held = HoldOut(model_file(problem="regression", target={"column": "left"}), (), rows)
    answers = np.full(len(rows), 0.1)
    with pytest.raises(InvalidTable, match="r2 has no value: 'left' varies too little there"):
        judge(held, {"challenger": answers}, {"answers": answers}, size=1, baselines={})


def test_the_verdict_says_what_the_hold_outs_wrong_answers_cost():
    rows = hold_out()
    scores = guess(rows, 1)
    costs = {"false_positive": 2, "false_negative": 5}
    verdict = judged(scores, decision={"costs": costs})[2]
    flagged, positive = scores >= verdict.threshold, rows.target == 1
    wanted = np.mean(2.0 * (flagged & ~positive) + 5.0 * (~flagged & positive))
    assert verdict.metrics["cost"] == pytest.approx(wanted)
    assert "cost" not in judged(scores)[2].metrics
