"""What is fitted of a trial whose time was over before its steps stopped helping."""

import numpy as np
import pytest
from evergreen.contracts import keys
from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.stages import Fidelity, TrialResult
from evergreen.estimators.results import best_of, write_result
from evergreen.frame import arrays_to_npz
from evergreen.train.evidence import read_evidence
from evergreen.train.material import Material

from tests.fakes.learned import RUN, SET, frame, model_file, signature_of
from tests.fakes.memory import MemoryStore

TARGETS = {
    "regression": {"target": {"column": "left"}, "protected": [], "metric": "rmse"},
    "binary": {},
}


def boosted(steps):
    return {"family": "gradient boosting", "learning_rate": 0.1, "max_iter": steps}


def fitted_steps(problem, *, below, cut_at, cut=True, folds=3):
    """Steps of what is fitted, of a trial that took ``below`` steps on fewer rows."""
    rows = [frame(size, seed, problem) for seed, size in enumerate((40, 20, 30))]
    file = model_file(problem=problem, **TARGETS[problem])
    made = Material(
        RUN.run_id, SET, file, signature_of(problem), Manifest(SET, "d", 90, "", ()), *rows
    )
    lower = TrialResult(1, boosted(below), 0.5, 1.0, "", fidelity=Fidelity(0, 30, 1, False))
    full = TrialResult(
        2, boosted(cut_at), 0.4, 1.0, "", fidelity=Fidelity(1, 0, folds, True), promotes=1, cut=cut
    )
    artifacts = MemoryStore()
    for result in (lower, full):
        write_result(artifacts, RUN.run_id, result)
    answered = {"rows": np.arange(60), "folds": np.arange(60) % 2, "answers": np.zeros(60)}
    artifacts.write(keys.predictions(RUN.run_id, 2), arrays_to_npz(**answered))
    found = read_evidence(made, best_of([lower, full]), [lower, full], artifacts)
    return found.trials[0].configuration["max_iter"]


def test_a_number_is_fitted_with_the_steps_that_fewer_rows_bore():
    assert fitted_steps("regression", below=450, cut_at=150) == 450


@pytest.mark.parametrize(("folds", "steps"), [(5, 250), (2, 100), (1, 100)])
def test_the_last_fit_takes_no_longer_than_the_trial_did_with_its_folds(folds, steps):
    assert fitted_steps("regression", below=1000, cut_at=50, folds=folds) == steps


@pytest.mark.parametrize(
    ("problem", "given"),
    [
        ("binary", {"below": 450, "cut_at": 150}),
        ("regression", {"below": 100, "cut_at": 150}),
        ("regression", {"below": 450, "cut_at": 150, "cut": False}),
    ],
    ids=["its probabilities are calibrated by fewer", "fewer rows took fewer", "it had its time"],
)
def test_its_own_steps_stay_where(problem, given):
    assert fitted_steps(problem, **given) == 150
