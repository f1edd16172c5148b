import numpy as np
import pytest
from evergreen.contracts.policies import Gates
from evergreen.contracts.verdict import GroupRate
from evergreen.evaluate.fairness import fairness_gate, group_rates
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
