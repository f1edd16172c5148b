import numpy as np
import pandas as pd
import pytest
from evergreen.contracts.dataset import TIME
from evergreen.errors import InvalidTable
from evergreen.features.split import split
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.columnar import model_file

UNTIMED = {"time": None}
FREE = {"time": None, "group": None}


def dataset(seed: int, rows: int = 600, periods: int = 4, cars: int = 250) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    time = random.integers(0, periods, rows)
    return pd.DataFrame(
        {
            "age": random.normal(size=rows),
            "belt": random.choice(["a", "b", ""], rows),
            "year": time.astype(str),
            "car": np.where(random.random(rows) < 0.1, "", random.integers(0, cars, rows)),
            "sex": "f",
            "dead": random.choice(["yes", "no"], rows),
            TIME: time,
        }
    )


def splits_of(frame: pd.DataFrame, **changes: object):
    return split(model_file(**changes), frame, (frame["dead"] == "yes").to_numpy())


seeds = st.integers(0, 10**6)


@settings(max_examples=30, deadline=None)
@given(seeds, st.sampled_from([{}, UNTIMED, FREE, {"group": None}]))
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
@given(seeds, st.sampled_from([{}, UNTIMED, FREE, {"group": None}]))
def test_the_order_of_the_rows_in_the_file_does_not_matter(seed, changes):
    frame = dataset(seed)
    shuffled = frame.sample(frac=1, random_state=seed)
    first = splits_of(frame, **changes)
    second = splits_of(shuffled.reset_index(drop=True), **changes)
    for (_, one), (_, other) in zip(first.items(), second.items(), strict=True):
        left = frame.iloc[one].sort_values(list(frame)).reset_index(drop=True)
        right = shuffled.iloc[other].sort_values(list(frame)).reset_index(drop=True)
        pd.testing.assert_frame_equal(left, right)


@pytest.mark.parametrize("changes", [{}, UNTIMED, FREE, {"group": None}])
def test_the_splits_have_the_stated_shares_up_to_a_group(changes):
    splits = splits_of(dataset(1), split={"validation": 0.25, "test": 0.1}, **changes)
    assert len(splits.validation) == pytest.approx(150, abs=5)
    assert len(splits.test) == pytest.approx(60, abs=5)


def test_without_time_and_group_each_class_has_its_share():
    frame = dataset(1).assign(dead=["yes"] * 60 + ["no"] * 540)
    splits = splits_of(frame, **FREE)
    assert [(frame["dead"].iloc[rows] == "yes").sum() for _, rows in splits.items()] == [36, 12, 12]


def test_too_few_rows_or_positives_in_a_split_are_refused_with_advice():
    with pytest.raises(InvalidTable, match="The validation split holds 40 rows"):
        splits_of(dataset(1, rows=200), group=None)
    frame = dataset(1).sort_values(TIME).reset_index(drop=True)
    frame["dead"] = np.where(np.arange(600) < 100, "yes", "no")
    with pytest.raises(InvalidTable, match=r"0 of them 'yes'.*raise split.validation"):
        splits_of(frame)


def test_one_group_that_holds_everything_cannot_be_split():
    with pytest.raises(InvalidTable, match="split holds 0 rows"):
        splits_of(dataset(1).assign(car="one"), **UNTIMED)
