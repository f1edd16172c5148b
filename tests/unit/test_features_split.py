import numpy as np
import pandas as pd
import pytest
from evergreen.contracts.columns import categories
from evergreen.errors import InvalidTable
from evergreen.features.split import Splits, split
from evergreen.features.target import coded
from evergreen.frame import Frame
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.columnar import model_file

TIME = "time"
UNTIMED = {"time": None}
FREE = {"time": None, "group": None}
BY_GROUP = {"split": {"by": "group"}}
MULTICLASS = {"problem": "multiclass", "target": {"column": "dead"}}
NUMBER = {"problem": "regression", "target": {"column": "cost"}}
EVERY = [{}, UNTIMED, FREE, {"group": None}, BY_GROUP, MULTICLASS | FREE, NUMBER | UNTIMED]


def dataset(seed: int, rows: int = 600, periods: int = 4, cars: int = 250) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    time = random.integers(0, periods, rows)
    return pd.DataFrame(
        {
            "age": random.normal(size=rows),
            "belt": random.choice(["a", "b", ""], rows),
            "car": np.where(random.random(rows) < 0.1, "", random.integers(0, cars, rows)),
            "sex": "f",
            "dead": random.choice(["yes", "no"], rows),
            "cost": random.normal(size=rows),
            TIME: time,
        }
    )


def splits_of(frame: pd.DataFrame, **changes: object) -> Splits:
    model = model_file(**changes)
    columns = {
        name: frame[name].to_numpy(np.float64 if name == "age" else np.str_)
        for name in ("age", "belt", "car", "sex")
    }
    columns = {n: v if n == "age" else categories(v) for n, v in columns.items()}
    values = frame[model.target.column].to_numpy()
    target, classes = coded(model, categories(values.astype(str)) if model.classifies else values)
    time = frame[TIME].to_numpy(np.int64) if model.time else np.zeros(len(frame), np.int64)
    return split(model, Frame(columns, target, time), classes)


seeds = st.integers(0, 10**6)


@settings(max_examples=30, deadline=None)
@given(seeds, st.sampled_from(EVERY))
def test_every_row_is_in_exactly_one_split(seed, changes):
    frame = dataset(seed)
    splits = splits_of(frame, **changes)
    together = np.concatenate([rows for _, rows in splits.items()])
    assert sorted(together) == list(range(len(frame)))


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_no_row_of_a_later_split_is_older_than_one_of_an_earlier(seed):
    frame = dataset(seed)
    splits = splits_of(frame)
    time = frame[TIME].to_numpy()
    assert time[splits.train].max() <= time[splits.validation].min()
    assert time[splits.validation].max() <= time[splits.test].min()


@settings(max_examples=30, deadline=None)
@given(seeds, st.sampled_from([{}, UNTIMED]))
def test_a_group_of_one_time_is_never_cut(seed, changes):
    frame = dataset(seed)
    splits = splits_of(frame, **changes)
    place = pd.Series(index=frame.index, dtype=object)
    for name, rows in splits.items():
        place.iloc[rows] = name
    named = frame["car"] != ""
    times = frame[TIME] if not changes else pd.Series(0, index=frame.index)
    assert (place[named].groupby([times[named], frame["car"][named]]).nunique() == 1).all()


@settings(max_examples=30, deadline=None)
@given(seeds, st.sampled_from(EVERY))
def test_the_order_of_the_rows_in_the_file_does_not_matter(seed, changes):
    frame = dataset(seed)
    shuffled = frame.sample(frac=1, random_state=seed)
    first = splits_of(frame, **changes)
    second = splits_of(shuffled.reset_index(drop=True), **changes)
    for (_, one), (_, other) in zip(first.items(), second.items(), strict=True):
        left = frame.iloc[one].sort_values(list(frame)).reset_index(drop=True)
        right = shuffled.iloc[other].sort_values(list(frame)).reset_index(drop=True)
        pd.testing.assert_frame_equal(left, right)


@pytest.mark.parametrize("changes", EVERY)
def test_the_splits_have_the_stated_shares_up_to_a_group(changes):
    splits = splits_of(
        dataset(1),
        **changes | {"split": changes.get("split", {}) | {"validation": 0.25, "test": 0.1}},
    )
    assert len(splits.validation) == pytest.approx(150, abs=5)
    assert len(splits.test) == pytest.approx(60, abs=5)


def test_without_time_and_group_each_class_has_its_share():
    frame = dataset(1).assign(dead=["yes"] * 60 + ["no"] * 540)
    splits = splits_of(frame, **FREE)
    assert [(frame["dead"].iloc[rows] == "yes").sum() for _, rows in splits.items()] == [36, 12, 12]


@settings(max_examples=30, deadline=None)
@given(seeds, st.sampled_from([BY_GROUP, UNTIMED, MULTICLASS | BY_GROUP, NUMBER | BY_GROUP]))
def test_a_group_is_in_one_split_whatever_the_time(seed, changes):
    frame = dataset(seed)
    splits = splits_of(frame, **changes)
    held = [set(frame["car"].iloc[rows]) - {""} for _, rows in splits.items()]
    assert len(set.union(*held)) == sum(map(len, held))


def test_groups_are_dealt_so_that_every_split_is_alike_in_the_target():
    frame = dataset(3, rows=3000, cars=300)
    risky = frame["car"].isin([str(n) for n in range(60)])
    frame["dead"] = np.where(risky, "yes", "no")
    splits = splits_of(frame, **BY_GROUP)
    shares = [(frame["dead"].iloc[rows] == "yes").mean() for _, rows in splits.items()]
    assert max(shares) - min(shares) < 0.03


def test_a_number_has_the_same_deciles_in_every_split():
    frame = dataset(4, rows=2000)
    frame["cost"] = np.random.default_rng(0).lognormal(0, 2, 2000)
    splits = splits_of(frame, **NUMBER | FREE)
    deciles = [
        np.quantile(frame["cost"].iloc[rows], np.arange(1, 10) / 10) for _, rows in splits.items()
    ]
    for each in deciles:
        reached = np.searchsorted(np.sort(frame["cost"]), each) / 2000
        assert reached == pytest.approx(np.arange(1, 10) / 10, abs=0.03)


def test_a_rare_class_is_in_every_split_of_a_stratified_table():
    frame = dataset(1).assign(dead=["a"] * 30 + ["b"] * 270 + ["c"] * 300)
    splits = splits_of(frame, **MULTICLASS | FREE)
    assert [(frame["dead"].iloc[rows] == "a").sum() for _, rows in splits.items()] == [18, 6, 6]


def test_rows_that_are_copies_of_each_other_are_in_one_split_of_a_stratified_table():
    once = dataset(1, rows=300)
    frame = pd.concat([once, once], ignore_index=True)
    splits = splits_of(frame, **FREE)
    held = [{row % 300 for row in rows.tolist()} for _, rows in splits.items()]
    assert len(set.union(*held)) == sum(map(len, held))


def test_three_large_groups_are_a_split_each():
    frame = dataset(1).assign(car=np.repeat(["x", "y", "z"], 200))
    splits = splits_of(frame, **BY_GROUP)
    assert [len(rows) for _, rows in splits.items()] == [200, 200, 200]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"group": None}, "By year, because what is predicted comes later"),
        ({}, "the next newest validate, rows of one car kept together within a time"),
        (BY_GROUP, "By a fixed hash of car, as split.by states: rows of one car kept together"),
        (UNTIMED, "By a fixed hash of car, as there is no time column"),
        (FREE, "By a fixed hash of the row, as there is no time column: each split alike in dead"),
    ],
)
def test_the_rule_says_what_was_done_and_why(changes, says):
    assert says in splits_of(dataset(1), **changes).rule


def test_too_few_rows_or_positives_in_a_split_are_refused_with_advice():
    with pytest.raises(InvalidTable, match="The validation split holds 8 rows"):
        splits_of(dataset(1, rows=40), group=None)
    frame = dataset(1).sort_values(TIME).reset_index(drop=True)
    frame["dead"] = np.where(np.arange(600) < 100, "yes", "no")
    with pytest.raises(InvalidTable, match=r"0 of them 'yes'.*raise split.validation"):
        splits_of(frame)


def test_a_class_that_cannot_be_learned_is_refused_by_name_and_with_how_to_merge_it():
    frame = dataset(1).assign(dead=["rare"] + ["b"] * 299 + ["c"] * 300)
    advice = r"1 of them 'rare'.*merge the class with another by clean.columns.dead.spellings"
    with pytest.raises(InvalidTable, match=advice):
        splits_of(frame, **MULTICLASS | FREE)


def test_a_few_rows_of_one_among_several_classes_do_not_stop_the_others():
    frame = dataset(1).assign(dead=["rare"] * 3 + ["b"] * 297 + ["c"] * 300)
    train = splits_of(frame, **MULTICLASS | FREE).train
    assert (frame.dead[train] == "rare").sum() == 2


def test_one_class_alone_in_a_later_split_is_refused():
    frame = dataset(1).sort_values(TIME).assign(dead=["a", "b"] * 200 + ["b"] * 200)
    with pytest.raises(InvalidTable, match="'dead' is 'b' in all 120 rows of the test"):
        splits_of(frame, **MULTICLASS, group=None)


def test_a_table_of_sixty_rows_can_be_split():
    assert [len(rows) for _, rows in splits_of(dataset(1, rows=60), **FREE).items()] == [36, 12, 12]


def test_a_number_that_does_not_change_in_a_split_is_refused():
    frame = dataset(1).sort_values(TIME).assign(cost=[1.0] * 300 + [2.0] * 300)
    with pytest.raises(InvalidTable, match="'cost' is 2 in all 120 rows of"):
        splits_of(frame, **NUMBER, group=None)


def test_one_group_that_holds_everything_cannot_be_split():
    with pytest.raises(InvalidTable, match="split holds 0 rows"):
        splits_of(dataset(1).assign(car="one"), **UNTIMED)
