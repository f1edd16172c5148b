"""Which rows a candidate learns from."""

import msgspec
import numpy as np
import pytest
from evergreen.contracts import keys
from evergreen.contracts.candidate import BlendReport, Window
from evergreen.contracts.profile import Profile
from evergreen.contracts.stages import TrainInput
from evergreen.estimators.pipeline import answers, fit
from evergreen.frame import arrays_from_npz
from evergreen.metrics import measure
from evergreen.train import train
from evergreen.train.choose_window import choose_window
from evergreen.train.material import read_material
from evergreen.train.rehearsal import evidence_of, rehearsal, rehearsed
from evergreen.train.windows import ALL, ages, learned, windows
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.drifting import LOGISTIC, RIDGE, drifting, material, model_file, world
from tests.fakes.learned import RUN, SET

HALF = Window("recent", 0.5)


def chosen(change, seed, rows=600, **changes):
    made = material(model_file("regression", **changes), drifting("regression", rows, seed, change))
    return made, choose_window(made, RIDGE)


def error(made, found):
    """Of a fit on these rows, on the hold-out."""
    fitted = fit(made.signature, RIDGE, found.rows, found.weights)
    return measure("rmse", made.test.target, answers(fitted, made.signature, made.test))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_a_rows_age_is_the_share_of_the_rows_that_are_newer(times):
    found = ages(np.array(times))
    assert found.tolist() == [sum(t < u for u in times) / len(times) for t in times]


def test_recent_takes_the_newest_rows_and_weighted_halves_them_with_their_age():
    file, rows = model_file("regression"), drifting("regression", 400, 1, "none")
    recent = learned(HALF, file, rows)
    assert recent.rows.time.tolist() == rows.time[200:].tolist()
    assert (recent.weights, recent.since) == (None, "1970-01-09T09:00:00.000Z")
    weighted = learned(Window("weighted", 0.25), file, rows)
    assert len(weighted.rows) == 400
    np.testing.assert_allclose(weighted.weights[[399, 299, 199]], [1, 0.5, 0.25], rtol=0.01)
    assert learned(ALL, file, rows).rows is rows


def test_rows_of_one_time_are_taken_or_left_together():
    rows = drifting("regression", 400, 1, "none")
    years = msgspec.structs.replace(rows, time=np.repeat([1, 2, 3, 4], 100) * 10**17)
    file = model_file("regression")
    assert len(learned(Window("recent", 0.3), file, years).rows) == 200
    assert len(learned(Window("recent", 0.25), file, years).rows) == 100


def test_a_model_file_may_allow_one_window_alone():
    made, found = chosen("abrupt", 1, retrain={"windows": ["all"]})
    assert found.report.tried == ()
    assert len(found.learned.rows) == len(made.rows)
    made, found = chosen("none", 1, retrain={"windows": ["weighted"]})
    assert found.learned.window.kind == "weighted"
    assert windows(("recent",))[0] == HALF
    assert chosen("none", 1, retrain={"windows": ["recent"]})[1].learned.window == HALF


@pytest.mark.parametrize("seed", range(2))
def test_where_only_the_newer_rows_are_right_they_are_learned_from(seed):
    made, found = chosen("abrupt", seed)
    assert found.report.window.kind in ("recent", "weighted")
    assert found.report.confidence >= 0.95
    assert error(made, found.learned) < 0.95 * error(made, learned(ALL, made.file, made.rows))


@pytest.mark.parametrize("seed", range(2))
def test_where_the_truth_moves_little_by_little_the_newer_rows_count_more(seed):
    made, found = chosen("gradual", seed)
    assert found.report.window.kind != "all"
    assert error(made, found.learned) < error(made, learned(ALL, made.file, made.rows))


def test_after_a_loss_less_must_speak_for_the_newer_rows():
    for seed in range(2):
        made, found = chosen("abrupt", seed)
        assert (found.report.asked, made.mends) == (0.95, False)
    mending = msgspec.structs.replace(made, mends=True)
    assert choose_window(mending, RIDGE).report.asked == 0.9


def test_a_run_for_a_loss_is_known_to_mend_one():
    made, _ = world(chosen("none", 1)[0], RIDGE)
    for outcomes, mends in ((None, False), (400, True)):
        run = msgspec.structs.replace(RUN, outcomes=outcomes)
        given = TrainInput(run, SET)
        assert read_material(given, made.features, made.registry).mends is mends


def test_where_nothing_changes_all_rows_are_learned_from():
    kinds = [chosen("none", seed)[1].report.window.kind for seed in range(12)]
    assert kinds.count("all") >= 11


@pytest.mark.parametrize("by", ["group", "stratified"])
def test_rows_that_no_time_orders_are_all_learned_from(by):
    made, found = chosen("abrupt", 1, split={"by": by}, group="a")
    assert (found.report, found.turns) == (None, None)
    assert found.learned.rows is made.rows


def test_too_few_rows_to_measure_on_try_nothing():
    _, found = chosen("abrupt", 1, rows=300)
    assert (found.report.window, found.report.tried) == (ALL, ())


def test_a_window_that_would_lack_a_class_is_not_learned_from():
    rows = drifting("binary", 1000, 1, "abrupt")
    target = np.where(np.arange(1000) < 620, rows.target, 0).astype(np.int8)
    target[np.arange(630, 1000, 60)] = 1
    made = material(model_file("binary"), msgspec.structs.replace(rows, target=target))
    found = choose_window(made, LOGISTIC)
    assert {each.window.share for each in found.report.tried} <= {1.0, 0.5, 0.25}
    assert np.bincount(found.learned.rows.target).min() >= 5


def test_every_fit_of_a_rehearsal_is_asked_about_later_rows_alone():
    made = material(model_file("regression"), drifting("regression", 900, 1, "none"))
    turns = rehearsal(made)
    assert len(turns.turns) == 3
    for before, after in turns.turns:
        assert made.rows.time[before].max() < made.rows.time[after].min()
    newest = made.validation.time
    assert turns.measured(made).time.tolist() == newest.tolist()
    evidence = evidence_of(made, turns, (), [rehearsed(made, turns, RIDGE, HALF)])
    assert len(np.unique(evidence.parts)) == 5
    assert all(len(np.unique(evidence.parts[evidence.clusters == c])) == 1 for c in range(10))


def test_rows_of_three_years_are_rehearsed_between_groups_within_a_year():
    rows = drifting("regression", 900, 1, "none")
    years = msgspec.structs.replace(rows, time=np.repeat([1, 2, 3], 300) * 10**17)
    cars = years.columns | {"car": np.repeat(np.arange(300.0), 3)}
    made = material(
        model_file("regression", group="car"), msgspec.structs.replace(years, columns=cars)
    )
    turns = rehearsal(made)
    assert len(turns.turns) == 3
    for before, after in turns.turns:
        assert not set(made.rows.columns["car"][before]) & set(made.rows.columns["car"][after])


def trained(problem, change, configuration, **changes):
    rows = drifting(problem, 1000, 1, change)
    made = material(model_file(problem, metric=METRIC[problem], **changes), rows)
    found, given_ = world(made, configuration)
    output = train(
        given_, features=found.features, artifacts=found.artifacts, registry=found.registry
    )
    return made, found, output


METRIC = {"binary": "log_loss", "regression": "rmse"}


def part(found, name):
    return found.artifacts.read(keys.candidate(RUN.run_id, name))


@pytest.fixture(scope="module")
def drifted():
    return trained("binary", "abrupt", LOGISTIC, retrain={"windows": ["all", "recent"]})


def test_a_candidate_of_recent_rows_is_fitted_calibrated_and_described_by_them(drifted):
    made, found, output = drifted
    report = msgspec.json.decode(part(found, "blend.json"), type=BlendReport)
    assert report.window.window.kind == "recent"
    count = report.window.rows
    newer = made.rows.take(slice(-count, None))
    assert count <= 400
    assert f"on the newest {count} rows (since {report.window.since[:10]})" in output.summary
    # Calibration and threshold rest on what fits under the window said of later rows.
    assert report.rows == len(made.validation)
    profile = msgspec.json.decode(part(found, "profile.json"), type=Profile)
    assert (profile.rows, profile.oldest) == (count, report.window.since)
    plain = fit(made.signature, LOGISTIC, newer)
    held = arrays_from_npz(part(found, "reference.npz"))
    if not report.calibration.taken:
        np.testing.assert_array_equal(held["answers"], answers(plain, made.signature, made.test))
    flagged = np.mean(held["answers"] >= held["threshold"][0])
    assert flagged == pytest.approx(made.test.target.mean(), abs=0.12)


def test_the_same_run_makes_the_same_candidate(drifted):
    _, found, _ = drifted
    _, again, _ = trained("binary", "abrupt", LOGISTIC, retrain={"windows": ["all", "recent"]})
    for name in ("model.onnx", "blend.json", "profile.json", "reference.npz", "explanation.json"):
        assert part(found, name) == part(again, name)


def test_a_candidate_of_all_rows_keeps_the_profile_of_the_feature_set():
    made, found, output = trained("regression", "none", RIDGE)
    assert f"on {len(made.rows)} rows" in output.summary
    assert not [*found.artifacts.keys(keys.candidate(RUN.run_id, "profile.json"))]
    report = msgspec.json.decode(part(found, "blend.json"), type=BlendReport)
    assert report.window.window == ALL
    assert report.window.tried
