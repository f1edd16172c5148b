import pytest
from evergreen.contracts.feature_set import Manifest, SplitReport
from evergreen.contracts.stages import Fidelity
from evergreen.tune.ladder import ladder
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.learned import model_file


def rungs(rows, columns=20, classes=None, **search):
    counted = classes or {"no": rows // 2, "yes": rows - rows // 2}
    splits = (
        SplitReport("train", rows, counted, None, "", ""),
        SplitReport("test", rows, counted, None, "", ""),
    )
    manifest = Manifest("f1", "d1", 2 * rows, "", splits)
    file = model_file(
        features={f"f{n}": "number" for n in range(columns)},
        protected=[],
        search={"trials": 60} | search,
    )
    return ladder(manifest, file)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (500, [(0, 5)]),
        (4_000, [(0, 2), (0, 5)]),
        (15_000, [(0, 1), (0, 3)]),
        (50_000, [(10_000, 1), (22_361, 1), (0, 1), (0, 3)]),
        (1_000_000, [(10_000, 1), (46_416, 1), (215_443, 1), (0, 1)]),
    ],
)
def test_small_tables_begin_with_fewer_folds_and_big_ones_with_fewer_rows(rows, found):
    assert [(rung.rows, rung.folds) for rung in rungs(rows)] == found


def test_cells_count_so_a_wide_table_is_bigger_than_a_long_one_of_as_many_rows():
    assert rungs(10_000, columns=10)[-1].folds == 5
    assert rungs(10_000, columns=100)[-1].folds == 3
    assert rungs(10_000, columns=1_000)[-1].folds == 1


def test_a_search_of_few_minutes_takes_a_large_table_in_fewer_folds():
    assert [rungs(20_000, minutes=m)[-1].folds for m in (0.5, 5)] == [1, 3]
    assert rungs(500, minutes=0.5)[-1].folds == 5


def test_folds_that_the_model_file_states_are_taken_whatever_the_size():
    assert rungs(1_000_000, folds=4)[-1] == Fidelity(3, 0, 4, True)
    assert rungs(500, folds=10) == (Fidelity(0, 0, 10, True),)


@pytest.mark.parametrize(("trials", "count"), [(5, 1), (6, 2), (20, 3), (60, 4), (500, 4)])
def test_a_search_of_few_trials_has_few_rungs_so_that_some_reach_the_last(trials, count):
    assert len(rungs(50_000, trials=trials)) == count


def test_the_smallest_sample_holds_some_of_the_rarest_class():
    assert rungs(1_000_000, classes={"no": 999_000, "yes": 1_000})[0].rows >= 50_000
    assert len(rungs(50_000, classes={"no": 49_990, "yes": 10})) == 2


@given(
    rows=st.integers(100, 10**8),
    columns=st.integers(1, 2_000),
    trials=st.integers(1, 9_999),
    folds=st.none() | st.integers(2, 20),
)
def test_whatever_the_table_each_rung_takes_more_work_than_the_one_below(
    rows, columns, trials, folds
):
    found = rungs(rows, min(columns, 60), trials=trials, folds=folds)
    assert 1 <= len(found) <= 4
    assert [rung.rung for rung in found] == list(range(len(found)))
    assert [rung.full for rung in found] == [False] * (len(found) - 1) + [True]
    work = [(rung.rows or rows) * rung.folds for rung in found]
    assert work == sorted(set(work))
    assert all(rung.rows < rows for rung in found)
