"""What a check holds served rows against."""

import zlib

import msgspec
import numpy as np
import pytest
from evergreen.contracts import keys
from evergreen.contracts.columns import categories
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import FORMAT, NumberProfile, Profile, Season
from evergreen.contracts.signature import Signature
from evergreen.distribution import (
    category_profile,
    coarse_counts,
    places,
    sample_code,
    training_counts,
)
from evergreen.frame import Frame
from evergreen.profiles.profile import SAMPLE_AT_MOST, profile
from evergreen.profiles.unseen import as_served

from tests.fakes.columnar import World, csv, model_file, table

HOUR = 3600 * 10**9
START = 1_700_000_000 * 10**9


def learned(rows: int, step: int = HOUR) -> Frame:
    """Rows whose number follows the hour of the day."""
    random = np.random.default_rng(0)
    time = START + np.arange(rows, dtype=np.int64) * step
    hour = time % (24 * HOUR) // HOUR
    columns = {
        "age": (hour * 10 + random.normal(0, 1, rows)).astype(np.float32),
        "belt": random.choice(["belted", "none", ""], rows),
        "sex": random.choice(["f", "m", "x", ""], rows, p=[0.5, 0.44, 0.01, 0.05]),
    }
    return Frame(columns, random.integers(0, 2, rows).astype(np.int8), time)


def described(frame: Frame, **changes) -> Profile:
    world = World()
    dataset = world.split(world.ingest(csv(table())).dataset)
    known = world.document(keys.feature_set(dataset, "signature.json"), Signature)
    file: ModelFile = model_file(**changes)
    return profile(file, known.inputs, ("no", "yes"), frame)


@pytest.fixture(scope="module")
def year() -> tuple[Frame, Profile]:
    frame = learned(9_000)
    return frame, described(frame, monitor={"segments": ["belt"]})


def test_a_year_of_hours_has_all_three_seasons_and_their_cells_add_up(year):
    frame, found = year
    assert set(found.seasons) == {"hour", "weekday", "month"}
    for season in found.seasons.values():
        assert sum(season.rows) == len(frame)
        for name, cells in season.columns.items():
            whole = training_counts(found.columns[name], len(frame))
            expected = coarse_counts(found.columns[name], whole)
            assert np.sum(cells, axis=0).tolist() == expected.tolist()
            assert np.sum(cells, axis=1).tolist() == list(season.rows)
    assert max(found.seasons["hour"].columns["age"][0]) == found.seasons["hour"].rows[0]


@pytest.mark.parametrize(
    ("rows", "step", "seasons"),
    [
        (24 * 60, HOUR, {"hour", "weekday"}),
        (24 * 60, HOUR // 10, set()),
        (400, 24 * HOUR, {"weekday"}),
        (2_000, 24 * HOUR, {"weekday", "month"}),
    ],
)
def test_a_season_is_told_where_history_has_enough_of_each_of_its_cells(rows, step, seasons):
    assert set(described(learned(rows, step)).seasons) == seasons


def test_without_a_time_there_are_no_seasons():
    frame = learned(9_000)
    assert described(frame, time=None).seasons == {}
    still = msgspec.structs.replace(frame, time=np.zeros(len(frame), dtype=np.int64))
    assert described(still).seasons == {}


def test_protected_and_named_columns_are_told_apart_by_their_frequent_values(year):
    frame, found = year
    assert {name: set(each) for name, each in found.segments.items()} == {
        "sex": {"f", "m"},
        "belt": {"belted", "none"},
    }
    women = frame.columns["sex"] == "f"
    segment = found.segments["sex"]["f"]
    assert segment.rows == women.sum()
    assert segment.target == (*np.bincount(frame.target[women]).tolist(), 0, 0)
    ages = places(found.columns["age"], frame.columns["age"][women])
    size = len(found.columns["age"].edges) + 2
    expected = coarse_counts(found.columns["age"], np.bincount(ages, minlength=size))
    assert segment.columns["age"] == tuple(expected.tolist())


def test_the_sample_is_of_the_rows_and_small(year):
    frame, found = year
    codes = np.frombuffer(zlib.decompress(found.sample.codes), np.uint8).reshape(-1, 2)
    assert len(codes) == found.sample.rows == SAMPLE_AT_MOST
    age = sample_code(found.columns["age"])[places(found.columns["age"], frame.columns["age"])]
    share = np.bincount(age, minlength=12) / len(frame)
    assert np.bincount(codes[:, 0], minlength=12) / len(codes) == pytest.approx(share, abs=0.03)
    assert len(msgspec.json.encode(found)) < 40_000


def test_moments_and_ends_are_those_of_the_rows_that_are_there(year):
    frame, found = year
    ages = frame.columns["age"].astype(np.float64)
    assert found.columns["age"].mean == pytest.approx(ages.mean())
    assert found.columns["age"].deviation == pytest.approx(ages.std())
    assert (found.format, found.oldest[:10]) == (FORMAT, "2023-11-14")
    assert found.newest > found.oldest


def test_a_profile_from_before_there_were_fine_bins_is_read_as_it_was():
    old = b"""{"rows":4,"target":{"type":"category","counts":{"no":3,"yes":1},"missing":0},
    "columns":{"x":{"type":"number","edges":[1.0,2.0],"counts":[1,2,1],"missing":0}},"newest":""}"""
    found = msgspec.json.decode(old, type=Profile)
    column = found.columns["x"]
    assert isinstance(column, NumberProfile)
    counted = training_counts(column, 4)
    assert coarse_counts(column, counted).tolist() == counted.tolist() == [1, 2, 1, 0]
    assert (found.format, found.seasons, found.sample) == (1, {}, None)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Profile) == found


def test_profiles_come_back_from_json_as_they_were(year):
    found = year[1]
    assert msgspec.json.decode(msgspec.json.encode(found), type=Profile) == found
    assert isinstance(found.seasons["hour"], Season)


def most_frequent(texts: np.ndarray, size: int = 255) -> tuple[str, ...]:
    """As a signature knows them."""
    values, often = np.unique(texts, return_counts=True)
    return tuple(values[np.lexsort((values, -often))][:size].tolist())


@pytest.mark.parametrize("exponent", [0.0, 0.6, 1.0, 1.5])
@pytest.mark.parametrize("rows", [3_000, 30_000])
def test_the_share_of_unseen_values_is_that_of_rows_which_nothing_was_chosen_by(exponent, rows):
    random = np.random.default_rng(0)
    shares = np.arange(1, 2_001) ** -exponent
    told, true, plain = [], [], []
    for _ in range(5):
        texts = random.choice(2_000, rows, p=shares / shares.sum()).astype(np.str_)
        known = most_frequent(texts)
        found = category_profile(as_served(categories(texts), known), known)
        told.append(1 - sum(found.counts.values()) / rows)
        plain.append(1 - np.isin(texts, known).mean())
        chosen = np.isin(np.arange(2_000).astype(np.str_), known)
        true.append(1 - shares[chosen].sum() / shares.sum())
    off, otherwise = (abs(np.mean(each) - np.mean(true)) for each in (told, plain))
    assert off < max(0.01, otherwise / 3)


def test_values_of_a_few_rows_each_are_not_known_by_rows_that_happened_to_come_together():
    hours = np.repeat(np.arange(8_000).astype(np.str_), 3)
    half = np.random.default_rng(0).permutation(hours)[:12_000]
    known = most_frequent(half)
    found = category_profile(as_served(categories(half), known), known)
    assert np.bincount(np.unique(half, return_inverse=True)[1]).max() == 3
    assert sum(found.counts.values()) <= 1


def test_frequent_values_and_those_as_frequent_by_design_are_hardly_less_known():
    side = categories(np.array(["left", "right"] * 5_000))
    assert as_served(side, ("left", "right")) is side
    shops = categories(np.repeat(np.arange(400).astype(np.str_), 1_000))
    known = shops.values[:255]
    found = category_profile(as_served(shops, known), known)
    assert sum(found.counts.values()) == pytest.approx(255_000, rel=0.06)
