from typing import Any

import numpy as np
import pytest
from evergreen.contracts.drift import ColumnDrift
from evergreen.frame import Frame
from evergreen.monitor.drift import Drifts, find_drift
from sklearn import datasets

from tests.fakes.served import baseline_of, file_of, frame_of, served_from


def columns(random: np.random.Generator, rows: int, numbers: int = 20) -> dict[str, Any]:
    found: dict[str, Any] = {f"n{i}": random.normal(size=rows) for i in range(numbers)}
    shares = [0.5, 0.3, 0.15, 0.05]
    return found | {f"c{i}": random.choice(list("abcd"), rows, p=shares) for i in range(5)}


def check(before: Any, now: Any, **changes: Any) -> Drifts:
    file = file_of(before, time=None, **changes)
    baseline = baseline_of(file, frame_of(before))
    return find_drift(file, baseline, served_from(baseline, frame_of(now)))


def moved(drifts: Drifts) -> dict[str, str]:
    """Everything of a check that is not within chance, by its level."""
    found: list[Any] = [*drifts.columns, drifts.answers, drifts.outcomes]
    levels = {each.column: each.level for each in found if each}
    levels |= {f"{each.column} {each.value}": each.level for each in drifts.segments}
    levels["domain"] = drifts.domain.level if drifts.domain else "none"
    return {name: level for name, level in levels.items() if level != "none"}


def column(drifts: Drifts, name: str) -> ColumnDrift:
    return next(each for each in drifts.columns if each.column == name)


def test_a_tenth_of_a_deviation_in_one_of_25_columns_is_found_as_small_at_100_000_rows():
    random = np.random.default_rng(0)
    before, now = columns(random, 100_000), columns(random, 100_000)
    now["n7"] = now["n7"] + 0.1
    drifts = check(before, now)
    assert moved(drifts) == {"n7": "small"}
    assert column(drifts, "n7").shift == pytest.approx(0.1, abs=0.02)
    assert drifts.p_value < 1e-6


def test_half_a_deviation_is_a_large_move_of_2_000_rows():
    random = np.random.default_rng(1)
    before, now = columns(random, 10_000), columns(random, 2_000)
    now["n3"] = now["n3"] + 0.55
    assert moved(check(before, now))["n3"] == "large"


def test_a_hundredth_of_a_deviation_is_left_alone_however_many_rows_are_sure_of_it():
    random = np.random.default_rng(2)
    before, now = columns(random, 400_000, 1), columns(random, 400_000, 1)
    now["n0"] = now["n0"] + 0.02
    drifts = check(before, now)
    assert column(drifts, "n0").q_value < 0.01
    assert moved(drifts) == {}


def test_what_begins_to_miss_and_what_was_never_seen_is_found():
    random = np.random.default_rng(3)
    before, now = columns(random, 5_000), columns(random, 3_000)
    now["n0"][:600] = np.nan
    now["n1"][:60] = np.nan
    now["c0"][:500] = "new"
    found = check(before, now, monitor={"false_discovery_rate": 0.001})
    levels = {each.column: each.level for each in found.columns if each.level != "none"}
    assert levels == {"n0": "large", "n1": "small", "c0": "large"}
    assert column(found, "n0").missing == pytest.approx(0.2)
    assert (column(found, "c0").unseen, column(found, "c0").unseen_before) == (500 / 3000, 0)


def test_one_new_value_among_a_thousand_rows_is_within_chance():
    random = np.random.default_rng(4)
    before, now = columns(random, 10_000), columns(random, 1_000)
    now["c0"][0] = "new"
    assert moved(check(before, now)) == {}


def test_a_larger_threshold_in_the_model_file_turns_large_to_small():
    random = np.random.default_rng(5)
    before, now = columns(random, 10_000), columns(random, 2_000)
    now["n3"] = now["n3"] + 0.55
    assert moved(check(before, now, monitor={"psi_at_least": 0.6}))["n3"] == "small"


def test_many_rare_categories_in_few_rows_are_not_drift():
    random = np.random.default_rng(6)
    names = np.array([f"v{i}" for i in range(250)])
    before = {"c": random.choice(names, 20_000), "n": random.normal(size=20_000)}
    now = {"c": random.choice(names, 1_000), "n": random.normal(size=1_000)}
    drifts = check(before, now)
    assert column(drifts, "c").psi > 0.2
    assert moved(drifts) == {}


def halves(table: Any, seed: int) -> tuple[Any, Any]:
    rows = len(next(iter(table.values())))
    order = np.random.default_rng(seed).permutation(rows)
    first, second = np.array_split(order, 2)
    return tuple({n: v[side] for n, v in table.items()} for side in (first, second))


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "diabetes"])
def test_random_halves_of_a_real_table_have_not_moved(name):
    values, _ = getattr(datasets, f"load_{name}")(return_X_y=True)
    table = {f"x{i}": values[:, i] for i in range(values.shape[1])}
    flagged = [seed for seed in range(25) if moved(check(*halves(table, seed)))]
    assert len(flagged) <= 1


def test_simulated_rows_of_every_kind_raise_an_alarm_in_hardly_any_check():
    flagged = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        before, now = columns(random, 3_000), columns(random, 1_000)
        for side in (before, now):
            side["n0"] = random.poisson(1.0, len(side["n0"]))
            side["n1"] = np.where(random.random(len(side["n1"])) < 0.02, np.nan, side["n1"])
            side["n2"] = np.exp(side["n2"])
        flagged += bool(moved(check(before, now, monitor={"segments": ["c0"]})))
    assert flagged <= 1


def outcomes(problem: str, classes: tuple[str, ...], shifted: float) -> Drifts:
    random = np.random.default_rng(7)
    before, now = columns(random, 4_000), columns(random, 2_000)
    target: dict[str, Any] = {"column": "outcome"} | (
        {"positive": "yes"} if problem == "binary" else {}
    )
    file = file_of(before, time=None, problem=problem, target=target)
    width = len(classes) if problem == "multiclass" else 1

    def answered(rows: int, shift: float) -> Any:
        return random.normal(size=(rows, width)) + shift * (np.arange(width) == 0)

    held, later = answered(1_500, 0.0), answered(2_000, shifted)
    said, turned = (
        side.argmax(axis=1) if width > 1 else side[:, 0] > 0 if classes else side[:, 0]
        for side in (held, later)
    )
    baseline = baseline_of(file, frame_of(before), classes=classes, answers=held, outcomes=said)
    frame = Frame(frame_of(now).columns, turned, frame_of(now).time)
    judged = np.arange(0, 2_000, 2)
    return find_drift(file, baseline, served_from(baseline, frame, answers=later, judged=judged))


KINDS = [("binary", ("no", "yes")), ("multiclass", ("a", "b", "c")), ("regression", ())]


@pytest.mark.parametrize(("problem", "classes"), KINDS)
def test_answers_and_outcomes_are_held_against_the_hold_outs(problem, classes):
    still, shifted = outcomes(problem, classes, 0.0), outcomes(problem, classes, 0.9)
    assert still.answers
    assert still.outcomes
    assert (still.answers.level, still.outcomes.level) == ("none", "none")
    assert shifted.answers
    assert shifted.outcomes
    assert (shifted.answers.level, shifted.outcomes.level) == ("large", "large")
    assert shifted.outcomes.rows == 1_000


def test_without_an_expectation_columns_are_checked_all_the_same():
    random = np.random.default_rng(8)
    drifts = check(columns(random, 2_000), columns(random, 1_000))
    assert (drifts.answers, drifts.outcomes, len(drifts.columns)) == (None, None, 25)


def test_a_column_that_captures_leave_out_is_not_told_of():
    random = np.random.default_rng(9)
    before = columns(random, 2_000)
    file = file_of(before, time=None)
    baseline = baseline_of(file, frame_of(before))
    served = served_from(baseline, frame_of(columns(random, 1_000)), without=("n0",))
    drifts = find_drift(file, baseline, served)
    assert "n0" not in {each.column for each in drifts.columns}
    assert drifts.domain is not None


def test_a_segment_that_moved_is_named_with_its_columns_though_the_whole_hardly_moved():
    random = np.random.default_rng(10)
    before, now = columns(random, 20_000), columns(random, 20_000)
    rare = now["c0"] == "d"
    now["n4"] = np.where(rare, now["n4"] + 1.0, now["n4"])
    drifts = check(before, now, monitor={"segments": ["c0"]})
    found = {each.value: (each.level, each.drifted) for each in drifts.segments}
    assert found["d"] == ("large", ("n4",))
    assert found["a"] == ("none", ())
    assert column(drifts, "n4").level != "large"


def test_shares_of_both_sides_are_told_by_coarse_bin():
    random = np.random.default_rng(11)
    drifts = check(columns(random, 5_000), columns(random, 1_000))
    for each in drifts.columns:
        assert len(each.labels) == len(each.before) == len(each.now)
        assert sum(each.before) == pytest.approx(1)
        assert sum(each.now) == pytest.approx(1)
