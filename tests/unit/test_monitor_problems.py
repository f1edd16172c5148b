"""A drift check of each problem: what was served, what turned out, and what that amounts to."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from evergreen.contracts.capture import captures_prefix
from evergreen.contracts.drift import DriftReport
from evergreen.contracts.model_file import METRICS, QUANTILES
from evergreen.graph import Graph
from evergreen.infer.reader import Reader
from evergreen.monitor import check as check_model
from sklearn import metrics

from tests.fakes.answering import PROBLEMS, fitted, signature, world
from tests.fakes.batch import rows, without_key
from tests.fakes.serving import MODEL

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
    check_model(
        MODEL, NOW, features=made.features, artifacts=made.artifacts, registry=made.registry
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
    assert report.performance.realised.value == pytest.approx(expected, rel=1e-4)
    assert metric in page


def test_a_metric_of_another_problem_says_nothing_of_a_version():
    made, answers = served("regression", "roc_auc")
    outcomes = [{"id": a["id"], "outcome": 1.0} for a in answers]
    made.call("POST", f"/models/{MODEL}/feedback", {"outcomes": outcomes})
    report, page = check(made)
    assert report.performance is None
    assert "Version 1 was not measured by roc_auc" in page
    assert page.count("roc_auc") == page.count("was not measured by roc_auc")


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_version_from_before_there_were_expectations_is_checked_for_drift(problem):
    older = [row | {"age": row["age"] + 60} for row in ASKED]
    report, _ = check(served(problem, asked=older)[0])
    assert report.rows == len(older)
    assert report.answers is None
    assert [column.column for column in report.columns if column.drifted] == ["age"]
