import msgspec
import numpy as np
import pytest
from evergreen.contracts.feature_set import Manifest, SplitReport
from evergreen.contracts.model_file import Forecast
from evergreen.contracts.policies import Gates
from evergreen.contracts.verdict import Baseline
from evergreen.estimators.pipeline import answers, fit
from evergreen.evaluate.baseline import baseline_gate, baseline_gates
from evergreen.evaluate.judge import HoldOut, judge
from evergreen.frame import Frame
from evergreen.metrics import measure
from evergreen.train.baselines import baselines
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier, DummyRegressor

from tests.fakes.holdout import guess, hold_out
from tests.fakes.learned import SIGNATURE, frame, model_file, signature_of

SPEED = SIGNATURE.inputs[0]
KINDS = {
    "binary": {},
    "multiclass": {"problem": "multiclass", "target": {"column": "left"}},
    "regression": {"problem": "regression", "target": {"column": "left"}},
}


def made(problem, rows, test, **changes):
    file = model_file(**KINDS[problem] | changes)
    splits = (SplitReport("train", len(rows), {}, None, "", ""),)
    manifest = Manifest("f1", "d1", len(rows), "", splits)
    return baselines(file, signature_of(problem), manifest, rows, test)


def judged(rows, challenger, beside, **changes):
    held = HoldOut(model_file(protected=[], **changes), ("no", "yes"), rows)
    reference = {"answers": challenger, "threshold": np.array([0.5])}
    scores = {"challenger": challenger}
    return judge(held, scores, reference, size=1, baselines=beside)


@pytest.mark.parametrize("problem", ["binary", "multiclass"])
def test_class_frequencies_are_what_scikit_learns_prior_answers(problem):
    rows, test = frame(500, 1, problem), frame(100, 2, problem)
    found = made(problem, rows, test)
    prior = DummyClassifier(strategy="prior").fit(np.zeros((500, 1)), rows.target)
    expected = prior.predict_proba(np.zeros((100, 1)))
    expected = expected[:, 1] if problem == "binary" else expected
    np.testing.assert_allclose(found["class frequencies"], expected)
    assert list(found) == ["class frequencies", "logistic regression"]


@pytest.mark.parametrize(
    ("metric", "name", "strategy"),
    [
        ("rmse", "mean", {"strategy": "mean"}),
        ("r2", "mean", {"strategy": "mean"}),
        ("mae", "median", {"strategy": "median"}),
        ("pinball_50", "median", {"strategy": "median"}),
        ("pinball_90", "90% quantile", {"strategy": "quantile", "quantile": 0.9}),
    ],
)
def test_a_number_without_skill_is_the_one_that_the_metric_likes_best(metric, name, strategy):
    rows, test = frame(500, 1, "regression"), frame(100, 2, "regression")
    found = made("regression", rows, test, metric=metric)[name]
    dummy = DummyRegressor(**strategy).fit(np.zeros((500, 1)), rows.target)
    np.testing.assert_allclose(found, dummy.predict(np.zeros((100, 1))))


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["rmse", "mae"]), st.integers(0, 1000), st.floats(-2, 2))
def test_no_other_constant_is_better_on_the_rows_it_was_taken_from(metric, seed, aside):
    target = np.random.default_rng(seed).lognormal(size=60)
    rows = Frame({"speed": np.arange(60, dtype=np.float32)}, target, np.zeros(60, np.int64))
    signature = msgspec.structs.replace(signature_of("regression"), inputs=(SPEED,))
    file = model_file(**KINDS["regression"], metric=metric)
    manifest = Manifest("f1", "d1", 60, "", (SplitReport("train", 60, {}, None, "", ""),))
    number = next(iter(baselines(file, signature, manifest, rows, rows).values()))[0]
    best = measure(metric, target, np.full(60, number))
    assert best <= measure(metric, target, np.full(60, number + aside)) + 1e-9


def test_the_plain_model_is_the_linear_family_with_its_defaults():
    rows, test = frame(500, 1), frame(100, 2)
    found = made("binary", rows, test, search={"families": ["extra trees"]})
    signature = signature_of("binary")
    by_hand = fit(signature, {"family": "logistic", "C": 1.0}, rows)
    np.testing.assert_allclose(
        found["logistic regression"], answers(by_hand, signature, test), atol=1e-6
    )


def test_a_plain_model_of_a_part_of_many_rows_knows_the_rarest_class(monkeypatch):
    monkeypatch.setattr("evergreen.train.baselines._CELLS_AT_MOST", 500)
    rows, test = frame(500, 1, "multiclass"), frame(100, 2, "multiclass")
    rows.target[:] = np.arange(500) % 3
    rows.target[[7, 8]] = 3
    found = made("multiclass", rows, test)["logistic regression"]
    assert found.shape == (100, 4)
    assert np.all(found > 0)


def hourly(rows, lags, seed=0):
    """A forecast's rows of two days before it, and its signature."""
    draw = np.random.default_rng(seed)
    series = draw.normal(50, 5, rows + 200)
    columns = {
        f"left.lag_{lag}": series[200 - lag : 200 - lag + rows].astype(np.float32) for lag in lags
    }
    for name in ("speed", "age"):
        columns[name] = draw.normal(size=rows).astype(np.float32)
    for name in ("seat", "empty category"):
        columns[name] = np.full(rows, "")
    columns["empty number"] = np.full(rows, np.nan, np.float32)
    signature = msgspec.structs.replace(
        signature_of("forecast"), forecast=Forecast(step="1h", horizon=3, lags=lags)
    )
    time = np.arange(rows) * 3600 * 10**9
    return Frame(columns, series[200:], time), signature


def test_a_forecast_is_measured_by_values_that_are_known_at_its_horizon():
    rows, signature = hourly(400, (3, 5, 24, 168))
    test = rows.take(slice(300, 400))
    test.columns["left.lag_24"][7] = np.nan
    learned = rows.take(slice(0, 300))
    forecast = {
        "problem": "forecast",
        "target": {"column": "left"},
        "time": {"column": "when"},
        "forecast": {"step": "1h", "horizon": 3},
    }
    manifest = Manifest("f1", "d1", 300, "", (SplitReport("train", 300, {}, None, "", ""),))
    found = baselines(model_file(**forecast), signature, manifest, learned, test)
    assert list(found) == [
        "last value, 3 steps before",
        "seasonal naive, 24 steps before",
        "seasonal naive, 168 steps before",
        "ridge regression",
    ]
    last = found["last value, 3 steps before"]
    np.testing.assert_allclose(last, rows.target[297:397], rtol=1e-6)
    daily = found["seasonal naive, 24 steps before"]
    expected = rows.target[276:376].copy()
    expected[7] = np.median(learned.target)  # the metric is the absolute error
    np.testing.assert_allclose(daily, expected, rtol=1e-6)


def test_a_candidate_without_skill_is_refused_with_the_sentence_that_says_so():
    rows = hold_out(600)
    beside = {"class frequencies": np.full(600, 0.2)}
    noise = guess(rows, 0.0, seed=5)
    verdict = judged(rows, noise, beside)
    (baseline,) = verdict.baselines
    assert (baseline.value, baseline.plain) == (0.5, False)
    assert not verdict.passed
    assert verdict.reason.startswith(f"The candidate's roc_auc {verdict.value:.3f} does not beat ")
    assert "'class frequencies' 0.500 (confidence 0." in verdict.reason
    assert "0.90 asked): there is nothing here that it " in verdict.reason


def test_a_candidate_that_learned_something_passes_and_its_baselines_are_told():
    rows = hold_out(600)
    verdict = judged(rows, guess(rows, 2), {"class frequencies": np.full(600, 0.2)})
    assert verdict.passed, verdict.reason
    assert verdict.baselines[0].confidence > 0.99
    assert [gate.name for gate in verdict.gates].count("baseline") == 1


def test_a_small_hold_out_that_shows_skill_only_by_chance_is_told_that_rows_would_tell():
    gate = baseline_gate("roc_auc", 0.56, Baseline("class frequencies", 0.5, 0.71), Gates())
    assert not gate.passed
    assert gate.sentence == (
        "The candidate's roc_auc 0.560 does not beat 'class frequencies' 0.500 (confidence 0.71,"
        " 0.90 asked): there is nothing here that it surely learned; more rows would tell."
    )


def test_a_plain_model_need_not_be_beaten_but_must_not_be_surely_better():
    plain = Baseline("logistic regression", 0.85, 0.4, plain=True)
    assert baseline_gate("roc_auc", 0.84, plain, Gates()).passed
    worse = msgspec.structs.replace(plain, confidence=0.02)
    gate = baseline_gate("roc_auc", 0.71, worse, Gates())
    assert not gate.passed
    assert gate.sentence == (
        "The candidate's roc_auc 0.710 surely loses against 'logistic regression' 0.850"
        " (confidence 0.02, 0.10 asked): a model with its defaults answers better than what the"
        " search found."
    )


def test_to_lose_a_hundredth_of_the_plain_models_skill_is_not_to_lose():
    plain = Baseline("ridge regression", 1.0, 0.0, plain=True)
    beside = (Baseline("mean", 11.0, 1.0), plain)
    for value, passed in ((1.05, True), (1.2, False)):
        (_, gate) = baseline_gates("rmse", value, beside, Gates(champion_confidence=0.5))
        assert gate.passed is passed
        told = "is within a hundredth of the skill of" if passed else "surely loses against"
        assert f"{told} 'ridge regression'" in gate.sentence


def test_a_candidate_that_is_the_plain_model_itself_passes():
    rows = hold_out(300)
    probability = guess(rows, 1.0)
    verdict = judged(rows, probability, {"logistic regression": probability})
    assert (verdict.baselines[0].confidence, verdict.baselines[0].plain) == (0.5, True)
    assert verdict.passed


def test_less_error_than_a_baseline_is_better():
    assert baseline_gate("mae", 1.0, Baseline("median", 2.0, 1.0), Gates()).passed
    assert not baseline_gate("mae", 3.0, Baseline("median", 2.0, 0.0), Gates()).passed


def test_a_model_file_may_ask_for_a_report_alone():
    rows = hold_out(600)
    beside = {"class frequencies": np.full(600, 0.2)}
    verdict = judged(rows, guess(rows, 0.0, seed=5), beside, gates={"baselines": "report"})
    assert verdict.passed
    (gate,) = [gate for gate in verdict.gates if gate.name == "baseline"]
    assert "does not beat" in gate.sentence
    assert "which the model file has reported alone." in gate.sentence


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.sampled_from([0.5, 0.8, 0.9]))
def test_what_is_refused_without_skill_was_not_better_or_not_surely_so(value, other, sure, asked):
    gates = Gates(champion_confidence=asked)
    passed = baseline_gate("roc_auc", value, Baseline("mean", other, sure), gates).passed
    assert passed == (value > other and sure >= asked)
