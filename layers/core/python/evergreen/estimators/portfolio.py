"""Where a search begins: what does well on most tables, the most telling ones first."""

from evergreen.contracts.stages import Configuration
from evergreen.estimators.space import FAMILY, Families

_PORTFOLIO: tuple[Configuration, ...] = (
    {FAMILY: "logistic"},
    {FAMILY: "ridge"},
    {FAMILY: "linear quantile"},
    {FAMILY: "gradient boosting"},
    {FAMILY: "extra trees"},
    {
        FAMILY: "gradient boosting",
        "learning_rate": 0.1,
        "max_leaf_nodes": 63,
        "min_samples_leaf": 20,
        "max_features": 0.8,
        "loss": "squared_log_error",
    },
    {FAMILY: "neural network"},
    {FAMILY: "nearest neighbours"},
    {FAMILY: "poisson"},
    {
        FAMILY: "gradient boosting",
        "learning_rate": 0.2,
        "max_leaf_nodes": 127,
        "min_samples_leaf": 10,
        "max_features": 1.0,
    },
    {FAMILY: "logistic", "C": 0.05, "numbers": "ranks", "categories": "target"},
    {FAMILY: "ridge", "alpha": 30.0, "numbers": "ranks", "loss": "squared_log_error"},
    {FAMILY: "elastic net"},
    {FAMILY: "random forest"},
    {
        FAMILY: "gradient boosting",
        "learning_rate": 0.05,
        "max_leaf_nodes": 6,
        "min_samples_leaf": 10,
        "l2_regularization": 5.0,
        "max_features": 0.5,
    },
    {FAMILY: "extra trees", "min_samples_leaf": 3, "max_features": 0.5, "criterion": "entropy"},
    {FAMILY: "neural network", "alpha": 1e-2, "numbers": "ranks"},
)


def defaults(space: Families) -> list[Configuration]:
    """The portfolio within the space, in order; a family that is not in it joins with its default.

    What the space does not have of a configuration's settings is left out, so two may become one.
    """
    listed = [c for c in _PORTFOLIO if c[FAMILY] in space]
    missing: list[Configuration] = [
        {FAMILY: name} for name in space if all(c[FAMILY] != name for c in listed)
    ]
    found: list[Configuration] = []
    for start in listed + missing:
        name = str(start[FAMILY])
        complete = space[name].configuration(name, start)
        if complete not in found:
            found.append(complete)
    return found
