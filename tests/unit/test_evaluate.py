import msgspec
import numpy as np
import pytest
from evergreen.contracts import keys
from evergreen.contracts.model_file import Gates
from evergreen.contracts.stages import EvaluateInput
from evergreen.contracts.verdict import GroupRate, Verdict
from evergreen.errors import InvalidTable
from evergreen.evaluate import evaluate
from evergreen.evaluate.bootstrap import RESAMPLES, bootstrap, confidence, interval
from evergreen.evaluate.fairness import fairness_gate, group_rates
from evergreen.evaluate.gates import parity_gate, size_gate
from evergreen.frame import Frame, arrays_to_npz
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from tests.fakes.learned import RUN, SET, World

GROUP = "car"


def hold_out(rows=600, seed=0):
    """Rows of which a fifth are positive, in two groups."""
    draw = np.random.default_rng(seed)
    columns = {"sex": draw.choice(["f", "m"], rows), GROUP: np.arange(rows).astype(str)}
    target = (draw.random(rows) < 0.2).astype(np.int8)
    return Frame(columns, target, np.arange(1, rows + 1) * 86_400 * 10**9)


def guess(rows, skill, seed=0):
    """Probabilities that separate the classes by ``skill`` standard deviations."""
    score = np.random.default_rng(seed).normal(size=len(rows)) + skill * rows.target
    return 1 / (1 + np.exp(1.5 - score))


def judged(challenger, champion=None, *, rows=None, reference=None, size=1000, **changes):
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
            probability=reference, threshold=threshold
        ),
        keys.candidate(RUN.run_id, "model.onnx"): b"0" * size,
    }
    world.artifacts.objects |= parts
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


def failed(verdict):
    return [gate.name for gate in verdict.gates if not gate.passed]


def test_a_good_first_candidate_passes_without_a_contest():
    rows = hold_out()
    challenger = guess(rows, 2)
    world, output, verdict = judged(challenger)
    assert output.passed
    assert verdict.contest is None
    assert [gate.name for gate in verdict.gates] == ["parity", "fairness", "graph size"]
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
        f"refused: The challenger's roc_auc {contest.challenger:.3f} does not beat champion v4's"
        f" {contest.champion:.3f} (confidence 0.00, 0.90 asked)."
    )
    run = world.registry.run(RUN.run_id)
    assert (run.status, run.reason) == ("refused", verdict.reason)


def test_a_challenger_that_equals_the_champion_does_not_replace_it():
    same = guess(hold_out(), 2)
    _, _, verdict = judged(same, same)
    assert verdict.contest.confidence == 0.5
    assert failed(verdict) == ["champion"]


def test_a_challenger_that_is_better_by_chance_alone_is_refused():
    rows = hold_out()
    champion = guess(rows, 2)
    barely = champion + np.random.default_rng(3).normal(0, 1e-3, len(rows))
    higher = max((barely, 2 * champion - barely), key=lambda each: roc_auc_score(rows.target, each))
    _, _, verdict = judged(higher, champion)
    assert verdict.contest.challenger > verdict.contest.champion
    assert failed(verdict) == ["champion"]


def test_less_log_loss_is_better():
    rows = hold_out()
    sharp, dull = guess(rows, 2), np.full(len(rows), 0.5)
    _, _, verdict = judged(sharp, dull, metric="log_loss", gates={"metric_at_least": 0.6})
    assert verdict.passed
    assert verdict.contest.challenger < verdict.contest.champion
    _, _, verdict = judged(dull, sharp, metric="log_loss", gates={"metric_at_least": 0.6})
    assert failed(verdict) == ["metric", "champion"]


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
    _, _, verdict = judged(guess(hold_out(), 0.1), gates={"metric_at_least": 0.8})
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


# Fairness


def test_true_positive_rates_count_only_rows_that_had_the_outcome():
    rows = Frame(
        {"sex": np.array(["f", "f", "f", "m", "m", ""])},
        np.array([1, 1, 0, 1, 0, 0], dtype=np.int8),
        np.zeros(6, np.int64),
    )
    flagged = np.array([True, False, True, True, True, False])
    assert group_rates("sex", rows, flagged) == (
        GroupRate("sex", "missing", 1, 0, 0.0),
        GroupRate("sex", "f", 3, 2, 0.5),
        GroupRate("sex", "m", 2, 1, 1.0),
    )


def test_a_protected_number_of_many_values_is_judged_in_quarters():
    ages = np.r_[np.arange(20, 80), np.nan].astype(np.float32)
    rows = Frame({"age": ages}, np.ones(61, dtype=np.int8), np.zeros(61, np.int64))
    rates = {r.group: r.rows for r in group_rates("age", rows, np.ones(61, bool))}
    assert list(rates.values()) == [1, 15, 15, 15, 15]
    assert list(rates) == [
        "missing",
        "20 to 34.75",
        "34.75 to 49.5",
        "49.5 to 64.25",
        "64.25 to 79",
    ]


def test_a_protected_number_of_few_values_is_judged_value_by_value():
    rows = Frame(
        {"level": np.array([2, 1, 2, np.nan], dtype=np.float32)},
        np.ones(4, dtype=np.int8),
        np.zeros(4, np.int64),
    )
    rates = {r.group: r.rows for r in group_rates("level", rows, np.ones(4, bool))}
    assert rates == {"1": 1, "2": 2, "missing": 1}


def rates_of(*pairs):
    return tuple(GroupRate("sex", f"g{n}", 0, n, rate) for n, rate in pairs)


@pytest.mark.parametrize(
    ("rates", "passed", "says"),
    [
        (rates_of((500, 0.5), (501, 0.55)), True, "0.050 apart"),
        (rates_of((500, 0.5), (501, 0.75)), False, "0.250 apart"),
        (rates_of((50, 0.28), (60, 0.43)), True, "0.1 allowed, which chance explains"),
        (rates_of((50, 0.2), (60, 0.8)), False, "0.600 apart"),
        (rates_of((500, 0.5), (29, 1.0)), True, "was not judged"),
    ],
)
def test_fairness_judges_groups_that_are_large_enough_and_allows_for_chance(rates, passed, says):
    gate = fairness_gate("sex", rates, Gates())
    assert gate.passed is passed
    assert says in gate.sentence


# Bootstrap


def test_the_interval_covers_the_metric_of_the_population_about_nine_times_in_ten():
    # Two unit normals, 1 apart: the area is that of a normal at 1 / sqrt(2), 0.760.
    covered = 0
    for seed in range(60):
        rows = hold_out(400, seed)
        probability = guess(rows, 1, seed + 1000)
        values = bootstrap("roc_auc", rows.target, [probability], np.arange(400), seed)
        low, high = interval(values[0])
        covered += low <= 0.7602 <= high
    assert 48 <= covered <= 60


def test_rows_of_one_cluster_are_drawn_together_so_copies_add_no_certainty():
    rows = hold_out(300)
    probability = guess(rows, 1)
    once = bootstrap("roc_auc", rows.target, [probability], np.arange(300), 1)[0]
    copies = np.tile(np.arange(300), 4)
    target, four = rows.target[copies], probability[copies]
    together = bootstrap("roc_auc", target, [four], copies, 1)[0]
    apart = bootstrap("roc_auc", target, [four], np.arange(1200), 1)[0]
    np.testing.assert_allclose(together, once)
    assert np.std(apart) < 0.7 * np.std(once)


def test_a_group_in_the_model_file_widens_the_interval_of_dependent_rows():
    rows = hold_out(300)
    copies = np.tile(np.arange(300), 4)
    four = rows.take(copies)
    challenger = guess(rows, 1)[copies]
    _, _, alone = judged(challenger, rows=four)
    _, _, grouped = judged(challenger, rows=four, group=GROUP)
    assert grouped.interval[1] - grouped.interval[0] > 1.5 * (alone.interval[1] - alone.interval[0])


@given(seed=st.integers(0, 50), skill=st.floats(0, 2))
def test_the_confidence_of_both_sides_adds_up_to_one(seed, skill):
    rows = hold_out(60, seed)
    if rows.target.sum() == 0:
        return
    scores = [guess(rows, skill, 1), np.round(guess(rows, 1, 2), 1)]
    one, other = bootstrap("roc_auc", rows.target, scores, np.arange(60), seed)
    both = confidence("roc_auc", one, other) + confidence("roc_auc", other, one)
    assert both == pytest.approx(1)


def test_resamples_without_a_positive_row_are_left_out_and_not_counted_as_lost():
    target = np.zeros(30, dtype=np.int8)
    target[0] = 1
    good, bad = target.astype(float), 1.0 - target
    values = bootstrap("roc_auc", target, [good, bad], np.arange(30), 1)
    assert values.shape == (2, RESAMPLES)
    assert np.isnan(values).any()
    assert confidence("roc_auc", *values) == 1.0
    assert interval(values[0]) == (1.0, 1.0)
