import numpy as np
import pytest
from evergreen.contracts.columns import categories
from evergreen.contracts.feature_set import Manifest, SplitReport
from evergreen.contracts.stages import Fidelity
from evergreen.frame import Frame
from evergreen.tune.folds import Study, folds
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.learned import model_file

TIME = {"time": {"column": "when"}}
GROUP = {"group": "car"}
NUMBER = {"problem": "regression", "target": {"column": "left"}}
EXCHANGEABLE = [{}, GROUP, TIME | GROUP | {"split": {"by": "group"}}, NUMBER, NUMBER | GROUP]
IN_ORDER = [TIME, TIME | GROUP, TIME | NUMBER]
FULL = Fidelity()


def study(
    changes,
    rows=600,
    seed=0,
    *,
    periods=200,
    cars=150,
    folds=5,
    share=0.2,
    search_seed=3,
    origins=(),
):
    """Rows in the order of their time, a tenth of them without a group, a quarter validating."""
    stated = {"seed": search_seed} | ({"folds": folds} if folds else {})
    file = model_file(**{"search": stated, **changes})
    draw = np.random.default_rng(seed)
    car = np.where(draw.random(rows) < 0.1, "", draw.integers(0, cars, rows).astype(str))
    time = draw.integers(0, periods, rows)
    order = np.lexsort((car, time))
    target = (draw.random(rows) < share).astype(np.int8)
    if file.problem == "regression":
        target = draw.lognormal(size=rows)
    speed = draw.normal(size=rows).astype(np.float32)
    frame = Frame({"speed": speed, "car": categories(car)}, target, time).take(order)
    train = rows - rows // 4
    splits = tuple(
        SplitReport(name, n, {}, None, "", "")
        for name, n in (("train", train), ("validation", rows - train), ("test", 100))
    )
    manifest = Manifest("f1", "d1", rows + 100, "", splits, origins)
    return Study(file, manifest, frame, train, 0 if file.problem == "regression" else 2)


def looks(fold):
    return set(fold.fit.tolist()) | set(fold.measured.tolist())


seeds = st.integers(0, 10**6)


@settings(max_examples=15, deadline=None)
@given(seeds, st.sampled_from(EXCHANGEABLE), st.integers(2, 7))
def test_without_an_order_each_row_is_measured_once_and_fitted_by_all_other_folds(
    seed, changes, count
):
    given_rows = study(changes, seed=seed, folds=count)
    found = folds(given_rows, FULL)
    assert len(found) == count
    measured = np.concatenate([fold.measured for fold in found])
    assert sorted(measured) == list(range(600))
    for fold in found:
        assert sorted([*fold.fit, *fold.measured]) == list(range(600))


@settings(max_examples=15, deadline=None)
@given(seeds, st.sampled_from([each for each in EXCHANGEABLE if "group" in each]))
def test_no_group_is_fitted_on_and_measured(seed, changes):
    given_rows = study(changes, seed=seed, cars=40)
    cars = given_rows.rows.columns["car"].text()
    for fold in folds(given_rows, FULL):
        assert not (set(cars[fold.fit]) & set(cars[fold.measured])) - {""}


@settings(max_examples=15, deadline=None)
@given(seeds, st.sampled_from([{}, NUMBER, GROUP]))
def test_rows_that_are_copies_of_each_other_are_never_fitted_on_and_measured(seed, changes):
    once = study(changes, rows=200, seed=seed, cars=10**6)
    twice = Study(once.file, once.manifest, once.rows.then(once.rows), 300, once.classes)
    cars = twice.rows.columns["car"].text()
    for fold in folds(twice, FULL):
        copies = {row % 200 for row in fold.fit.tolist()} & {
            r % 200 for r in fold.measured.tolist()
        }
        assert not copies, cars


@settings(max_examples=15, deadline=None)
@given(seeds, st.sampled_from(IN_ORDER), st.sampled_from([3, 12, 200, 10**6]), st.integers(2, 5))
def test_no_fold_in_time_is_fitted_on_what_comes_after_the_rows_it_measures(
    seed, changes, periods, count
):
    given_rows = study(changes, seed=seed, periods=periods, folds=count)
    time, cars = given_rows.rows.time, given_rows.rows.columns["car"].text()
    found = folds(given_rows, FULL)
    assert 1 <= len(found) <= count
    for fold in found:
        newest, first = time[fold.fit].max(), time[fold.measured].min()
        assert newest < first if periods >= 200 else newest <= first
        tied = (time == first) & (cars != "")
        if "group" in changes:
            both = set(cars[fold.fit[tied[fold.fit]]]) & set(
                cars[fold.measured[tied[fold.measured]]]
            )
            assert not both


def test_folds_in_time_measure_the_newest_half_once_each_fit_longer_than_the_one_before():
    found = folds(study(TIME, periods=10**6), FULL)
    assert [len(fold.measured) for fold in found] == [60] * 5
    assert [len(fold.fit) for fold in found] == [540, 480, 420, 360, 300]
    measured = np.concatenate([fold.measured for fold in found])
    assert sorted(measured) == list(range(300, 600))


@settings(max_examples=15, deadline=None)
@given(seeds, st.floats(0.02, 0.5))
def test_every_fold_has_its_share_of_a_class(seed, share):
    given_rows = study({}, seed=seed, share=share)
    target = given_rows.rows.target
    counts = [int(target[fold.measured].sum()) for fold in folds(given_rows, FULL)]
    assert max(counts) - min(counts) <= 1


def test_every_fold_of_groups_has_about_its_share_of_a_class():
    given_rows = study(GROUP, rows=6000, cars=1500)
    target = given_rows.rows.target
    shares = [target[fold.measured].mean() for fold in folds(given_rows, FULL)]
    assert max(shares) - min(shares) < 0.03


def test_a_number_has_the_same_quartiles_in_every_fold():
    given_rows = study(NUMBER, rows=3000)
    target = given_rows.rows.target
    quartiles = [
        np.quantile(target[fold.measured], [0.25, 0.5, 0.75]) for fold in folds(given_rows, FULL)
    ]
    reached = np.searchsorted(np.sort(target), quartiles) / len(target)
    assert reached == pytest.approx(np.tile([0.25, 0.5, 0.75], (5, 1)), abs=0.03)


def test_all_trials_of_a_run_have_the_same_folds_and_another_seed_has_others():
    one, same = (folds(study({}), FULL) for _ in range(2))
    other = folds(study({}, search_seed=4), FULL)
    for first, second in zip(one, same, strict=True):
        np.testing.assert_array_equal(first.measured, second.measured)
    assert any(set(a.measured) != set(b.measured) for a, b in zip(one, other, strict=True))


@settings(max_examples=15, deadline=None)
@given(seeds, st.sampled_from(EXCHANGEABLE + IN_ORDER))
def test_a_smaller_sample_is_part_of_every_larger_one_and_of_the_same_folds(seed, changes):
    given_rows = study(changes, rows=2000, seed=seed, cars=600)
    every = {fold.number: fold for fold in folds(given_rows, FULL)}
    small, large = (folds(given_rows, Fidelity(0, n, 2, False)) for n in (300, 900))
    assert len(small) == len(large) == 2
    for less, more in zip(small, large, strict=True):
        assert less.number == more.number
        for name in ("fit", "measured"):
            assert set(getattr(less, name)) < set(getattr(more, name))
            assert set(getattr(more, name)) < set(getattr(every[more.number], name))


@pytest.mark.parametrize("changes", EXCHANGEABLE)
def test_a_sample_has_about_as_many_rows_as_asked_whole_groups_and_the_class_in_its_share(changes):
    given_rows = study(changes, rows=4000, cars=1200)
    (fold,) = folds(given_rows, Fidelity(0, 1000, 1, False))
    chosen = sorted(looks(fold))
    assert len(chosen) == pytest.approx(1000, abs=100)
    cars = given_rows.rows.columns["car"].text()
    if "group" in changes:
        whole = np.isin(cars, list(set(cars[chosen]) - {""}))
        assert set(np.flatnonzero(whole)) <= set(chosen)
    target = given_rows.rows.target
    assert np.median(target[chosen]) == pytest.approx(np.median(target), rel=0.15, abs=0.05)


def test_a_sample_of_a_table_in_time_is_spread_over_all_of_it():
    given_rows = study(TIME, rows=4000, periods=10**6)
    (fold,) = folds(given_rows, Fidelity(0, 800, 1, False))
    assert fold.fit.min() < 50
    assert fold.measured.max() > 3950
    assert len(looks(fold)) == pytest.approx(0.2 * 4000, abs=40)


def test_a_class_too_rare_for_its_share_is_in_every_sample_all_the_same():
    given_rows = study({}, rows=4000, share=0.004)
    (fold,) = folds(given_rows, Fidelity(0, 100, 1, False))
    assert given_rows.rows.target[fold.fit].sum() >= 1
    assert given_rows.rows.target[fold.measured].sum() >= 1


def test_a_single_fold_is_the_validation_split_itself():
    big = study({}, rows=2_000)
    manifest = Manifest("f1", "d1", 10**7, "", (SplitReport("train", 10**7, {}, None, "", ""),))
    file = model_file(search={})
    (fold,) = folds(Study(file, manifest, big.rows, big.train, 2), FULL)
    np.testing.assert_array_equal(fold.fit, np.arange(big.train))
    np.testing.assert_array_equal(fold.measured, np.arange(big.train, 2_000))


def test_a_forecast_keeps_its_origins_the_newest_first():
    forecast = {
        "problem": "forecast",
        "target": {"column": "left"},
        "forecast": {"step": "1h", "horizon": 1},
        **TIME,
    }
    given_rows = study(forecast, folds=None, origins=(450, 500, 550))
    target = np.random.default_rng(0).normal(size=600)
    rows = Frame(given_rows.rows.columns, target, given_rows.rows.time)
    found = folds(Study(given_rows.file, given_rows.manifest, rows, 450, 0), FULL)
    assert [(len(fold.fit), len(fold.measured)) for fold in found] == [
        (550, 50),
        (500, 50),
        (450, 50),
    ]


def test_a_fold_whose_past_lacks_a_class_is_left_out():
    given_rows = study(TIME, periods=10**6)
    target = (np.arange(600) > 400).astype(np.int8)
    rows = Frame(given_rows.rows.columns, target, given_rows.rows.time)
    found = folds(Study(given_rows.file, given_rows.manifest, rows, 450, 2), FULL)
    assert [len(fold.fit) for fold in found] == [540, 480, 420]
