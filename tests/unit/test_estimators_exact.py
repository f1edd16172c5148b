"""Every member of the space answers alike as a pipeline and as a graph."""

import pytest
from evergreen.contracts.model_file import Metric, Problem
from evergreen.estimators.space import FAMILY, describe

from tests.fakes.hostile import disagreement, members, space

ASKED: list[tuple[Problem, Metric]] = [
    ("binary", "roc_auc"),
    ("multiclass", "macro_f1"),
    ("regression", "rmse"),
    ("regression", "mae"),
    ("regression", "poisson_deviance"),
    ("regression", "pinball_90"),
]
EVERY = {
    f"{problem} {describe(configuration)}": (problem, configuration)
    for problem, metric in ASKED
    for configuration in members(space(problem, metric))
}
EXPONENTIAL = ("squared_log_error", "poisson")


@pytest.mark.parametrize(("problem", "configuration"), EVERY.values(), ids=EVERY)
def test_the_graph_of_every_member_of_the_space_answers_like_its_pipeline(problem, configuration):
    # An exponential makes of a difference in the 7th digit one of the largest answers' size.
    allowed = 5e-5 if configuration.get("loss") in EXPONENTIAL else 1e-5
    few = {"n_estimators": 20} if "n_estimators" in configuration else {}
    few |= {"gradient boosting": {"max_iter": 40}, "neural network": {"epochs": 5}}.get(
        configuration[FAMILY], {}
    )
    assert disagreement(problem, configuration | few) < allowed


def test_the_members_are_all_families_of_all_problems():
    assert {str(configuration[FAMILY]) for _, configuration in EVERY.values()} >= {
        "elastic net",
        "extra trees",
        "gradient boosting",
        "linear quantile",
        "logistic",
        "nearest neighbours",
        "neural network",
        "poisson",
        "random forest",
        "ridge",
    }
