import numpy as np
import pytest
from evergreen.contracts.policies import Gates
from evergreen.contracts.verdict import GroupRate
from evergreen.evaluate.fairness import fairness_gate, group_rates, rates_by_class
from evergreen.evaluate.fairness_of_numbers import mean_errors
from evergreen.frame import Frame


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


def classes_by_group(rows=4000, seed=0):
    """Rows of three classes in two groups, each answered with its own class."""
    draw = np.random.default_rng(seed)
    sex = draw.choice(["f", "m"], rows)
    target = draw.integers(0, 3, rows).astype(np.int16)
    return Frame({"sex": sex}, target, np.zeros(rows, np.int64)), sex, target


def test_of_several_classes_the_one_that_is_treated_least_alike_decides():
    rows, sex, target = classes_by_group()
    answered = target.astype(np.intp)
    lost = (sex == "f") & (target == 2) & (np.arange(len(target)) % 2 == 0)
    answered[lost] = 0
    rates = rates_by_class("sex", rows, answered, ("low", "middle", "top"))
    assert [(r.label, r.group) for r in rates] == [
        (label, group) for label in ("low", "middle", "top") for group in ("f", "m")
    ]
    gate = fairness_gate("sex", rates, Gates())
    assert not gate.passed
    assert gate.sentence.startswith("True positive rates of 'top' by sex lie 0.")


def test_many_classes_that_are_treated_alike_are_refused_no_more_often_than_one_in_twenty():
    refused = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        sex = draw.choice(["f", "m"], 2400)
        target = draw.integers(0, 12, 2400).astype(np.int16)
        answered = np.where(draw.random(2400) < 0.5, target, (target + 1) % 12)
        rows = Frame({"sex": sex}, target, np.zeros(2400, np.int64))
        rates = rates_by_class("sex", rows, answered, tuple("abcdefghijkl"))
        refused += not fairness_gate("sex", rates, Gates(fairness_gap=0.0)).passed
    # Either side may be ahead, so twice one in twenty at the allowed gap of nothing.
    assert refused <= 0.1 * 200 + 13


def numbers_by_group(shift, rows=3000, seed=0):
    draw = np.random.default_rng(seed)
    sex = draw.choice(["f", "m", "x"], rows, p=[0.5, 0.495, 0.005])
    target = draw.normal(100, 20, rows)
    answered = target + draw.normal(0, 10, rows) + shift * (sex == "f")
    return Frame({"sex": sex}, target, np.zeros(rows, np.int64)), answered


def test_a_number_that_is_overestimated_for_one_group_is_refused_in_standard_deviations():
    rows, answered = numbers_by_group(6.0)
    rates, gate = mean_errors("sex", rows, answered, Gates())
    assert [r.group for r in rates] == ["f", "m", "x"]
    assert rates[0].error == pytest.approx(6.0, abs=1)
    assert not gate.passed
    assert "Mean errors by sex lie 0.3" in gate.sentence
    assert mean_errors("sex", rows, answered, Gates(fairness_gap=0.4))[1].passed


def test_a_small_group_of_numbers_is_reported_but_not_judged():
    rows, answered = numbers_by_group(0.0)
    answered = answered + 1000.0 * (rows.columns["sex"] == "x")
    rates, gate = mean_errors("sex", rows, answered, Gates())
    assert rates[2].error > 900
    assert gate.passed
    alone = rows.take(rows.columns["sex"] == "f")
    _, gate = mean_errors("sex", alone, alone.target, Gates())
    assert "was not judged" in gate.sentence


def test_a_difference_in_error_that_chance_explains_passes():
    refused = 0
    for seed in range(200):
        rows, answered = numbers_by_group(0.0, rows=120, seed=seed)
        refused += not mean_errors("sex", rows, answered, Gates(fairness_gap=0.0))[1].passed
    assert refused <= 0.1 * 200 + 13
