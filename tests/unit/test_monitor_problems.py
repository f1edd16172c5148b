"""A drift check of each problem: what was served, what turned out, and what that amounts to."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from evergreen.captured import Period
from evergreen.contracts import keys
from evergreen.contracts.capture import Capture, CapturedRow, captures_prefix
from evergreen.contracts.drift import DriftReport
from evergreen.contracts.model_file import LESS_IS_BETTER, METRICS, QUANTILES
from evergreen.contracts.table import ColumnRule
from evergreen.frame import arrays_to_npz
from evergreen.graph import Graph
from evergreen.infer.reader import Reader
from evergreen.monitor import monitor
from evergreen.monitor.window import window
from msgspec.structs import replace
from sklearn import metrics

from tests.fakes.answering import CLASSES, PROBLEMS, fitted, signature, world
from tests.fakes.batch import rows, without_key
from tests.fakes.memory import MemoryBus
from tests.fakes.serving import MODEL, PROFILE

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ASKED = [without_key(row) for row in rows(300)]
PEERS = {
    "roc_auc": lambda truth, answers: metrics.roc_auc_score(truth, answers[:, 0]),
    "average_precision": lambda truth, a: metrics.average_precision_score(truth, a[:, 0]),
    "log_loss": lambda truth, a: metrics.log_loss(
        truth,
        a / a.sum(axis=1, keepdims=True) if a.shape[1] > 1 else a[:, 0],
        labels=range(max(2, a.shape[1])),
    ),
    "accuracy": lambda truth, a: metrics.accuracy_score(truth, a.argmax(axis=1)),
    "macro_f1": lambda truth, a: metrics.f1_score(truth, a.argmax(axis=1), average="macro"),
    "rmse": lambda truth, a: metrics.root_mean_squared_error(truth, a[:, 0]),
    "mae": lambda truth, a: metrics.mean_absolute_error(truth, a[:, 0]),
    "r2": lambda truth, a: metrics.r2_score(truth, a[:, 0]),
    "poisson_deviance": lambda truth, a: metrics.mean_poisson_deviance(truth, a[:, 0]),
    **{
        name: lambda truth, a, alpha=quantile: metrics.mean_pinball_loss(
            truth, a[:, 0], alpha=alpha
        )
        for name, quantile in QUANTILES.items()
    },
}


def served(problem, metric=None, asked=ASKED):
    """A world in which the rows were asked for and captured."""
    made = world(problem)
    if metric:
        file = made.registry.model(MODEL).file
        made.registry.apply(msgspec.structs.replace(file, metric=metric), "me", "2026")
    answers = made.predict(*asked)["document"]["predictions"]
    lines = b"\n".join(msgspec.json.encode(capture) for capture in made.captures.captures)
    made.features.write(f"{captures_prefix(MODEL)}dt=2026-01-01/part", lines)
    return made, answers


def graph_said(problem, asked=ASKED):
    """What the graph answers for the rows as a check keeps it: shape (n, k)."""
    answers = Graph(fitted(problem).graph).answers(Reader(signature(problem)).read(asked).matrix)
    return answers[:, 1:] if problem == "binary" else answers


def check(made):
    monitor(
        NOW,
        features=made.features,
        artifacts=made.artifacts,
        registry=made.registry,
        bus=MemoryBus(),
    )
    found = sorted(made.artifacts.keys(f"reports/{MODEL}/drift/"))
    body, page = (next(key for key in found if key.endswith(end)) for end in ("json", "html"))
    report = msgspec.json.decode(made.artifacts.read(body), type=DriftReport)
    return report, made.artifacts.read(page).decode()


@pytest.mark.parametrize(("problem", "metric"), [(p, m) for p in PROBLEMS for m in METRICS[p]])
def test_the_metric_on_outcomes_is_scikit_learns(problem, metric):
    made, answers = served(problem, metric)
    random = np.random.default_rng(1)
    classes = signature(problem).classes
    if classes:
        truth = random.integers(0, len(classes), len(answers))
        said = [classes[place] for place in truth]
    else:
        truth = random.normal(50, 30, len(answers)).clip(0)
        said = truth.tolist()
    outcomes = [{"id": a["id"], "outcome": o} for a, o in zip(answers, said, strict=True)]
    made.call("POST", f"/models/{MODEL}/feedback", {"outcomes": outcomes})

    report, page = check(made)

    assert report.outcomes == len(answers)
    assert report.performance.at_training == 0.75
    expected = PEERS[metric](truth, graph_said(problem))
    assert report.performance.value == pytest.approx(expected, rel=1e-4)
    direction = "less" if metric in LESS_IS_BETTER else "more"
    assert f"({direction} is better)" in page


def test_outcomes_that_do_not_fit_the_model_are_not_counted():
    made, answers = served("regression")
    body = b'{"model":"crash","at":"2026-01-01T01","outcomes":[{"id":"%s","outcome":%s}]}\n'
    said = zip(answers, [b"1.5", b'"x"', b'""', b"7", b'"8.25"'], strict=False)
    lines = b"".join(body % (a["id"].encode(), outcome) for a, outcome in said)
    made.features.write(f"feedback/{MODEL}/dt=2026-01-01/a", lines)
    version = made.registry.version(MODEL, 1)
    found = window(made.features, version, Period("", "2027"), signature("regression"))
    assert sorted(found.truth) == [1.5, 7.0, 8.25]
    order = {prediction.id: place for place, prediction in enumerate(found.predictions)}
    assert set(found.judged) == {order[answers[n]["id"]] for n in (0, 3, 4)}


def test_captures_that_answer_otherwise_than_the_version_does_are_left_out():
    made, _ = served("regression", asked=ASKED[:3])
    odd = (CapturedRow("x", {}, 0.5), CapturedRow("y", {}, probabilities=(0.5, 0.5)))
    line = msgspec.json.encode(Capture(MODEL, 1, "2026-01-01T02", (*odd, CapturedRow("z", {}))))
    made.features.write(f"{captures_prefix(MODEL)}dt=2026-01-01/other", line)
    version = made.registry.version(MODEL, 1)
    found = window(made.features, version, Period("", "2027"), signature("regression"))
    assert found.answers.shape == (4, 1)  # one number is one number
    assert "y" not in {prediction.id for prediction in found.predictions}


def test_a_metric_of_another_problem_says_nothing_of_a_version():
    made, answers = served("regression", "roc_auc")
    outcomes = [{"id": a["id"], "outcome": 1.0} for a in answers]
    made.call("POST", f"/models/{MODEL}/feedback", {"outcomes": outcomes})
    report, page = check(made)
    assert report.performance is None
    assert "to say" in page


@pytest.mark.parametrize("problem", PROBLEMS)
def test_answers_are_compared_with_those_on_the_hold_out(problem):
    made, _ = served(problem)
    said = graph_said(problem, [without_key(row) for row in rows(2000, seed=3)])
    scores = said if problem == "multiclass" else said[:, 0]
    made.artifacts.write(keys.run("run-1", "scores.npz"), arrays_to_npz(challenger=scores))
    report, page = check(made)
    assert report.answers.column == "dead"
    assert report.answers.psi < 0.1
    assert not report.answers.drifted
    assert "What it answered" in page


def test_other_rows_are_answered_otherwise_and_the_report_says_so():
    older = [row | {"age": row["age"] + 60} for row in ASKED]
    for problem in PROBLEMS:
        made, _ = served(problem, asked=older)
        said = graph_said(problem)
        scores = said if problem == "multiclass" else said[:, 0]
        made.artifacts.write(keys.run("run-1", "scores.npz"), arrays_to_npz(challenger=scores))
        report, page = check(made)
        assert report.answers.drifted
        assert problem != "multiclass" or CLASSES[-1] in page


def test_a_version_whose_run_is_gone_is_checked_all_the_same():
    report, page = check(served("multiclass")[0])
    assert report.answers is None
    assert report.rows == len(ASKED)
    assert "What it answered" not in page


def test_what_a_columns_rule_makes_missing_is_missing_to_a_check_too():
    rule = ColumnRule(missing=(-999,), at_most=300)
    age, *others = signature("regression").inputs
    ruled = replace(signature("regression"), inputs=(replace(age, rule=rule), *others))
    asked = [ASKED[0] | {"age": years} for years in (30, -999, 400)]
    made, _ = served("regression", asked=asked)
    version = made.registry.version(MODEL, 1)
    found = window(made.features, version, Period("", "2027"), ruled)
    np.testing.assert_array_equal(found.column("age", PROFILE.columns["age"]), [30, np.nan, np.nan])
