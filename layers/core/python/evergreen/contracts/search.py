"""How a model is tuned: the budget, the space, and where its fits run."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Choice = str | int | float | bool
Narrowed = Choice | tuple[Choice, ...]
"""A setting fixed, or its choices; of a number two of them are the ends of its range."""

CELLS_IN_A_FUNCTION = 40_000_000
"""Rows times columns that a trial or a last fit takes in a Lambda function of 3,008 MiB. Measured:
1,079 and 1,279 MiB of it for so many numbers and gradient boosting; categories take more."""


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """The tuning budget and the space. The search ends at the first of its limits."""

    trials: Annotated[int, Meta(ge=1, le=9_999)] = 20
    """Configurations tried; taking a promising one up to more rows or folds is not another."""
    parallel: Annotated[int, Meta(ge=1, le=1000)] = 4
    """Trials of a round. Above 40 a Distributed Map runs them."""
    minutes: Annotated[float, Meta(gt=0)] | None = None
    """Since the first round was suggested."""
    dollars: Annotated[float, Meta(gt=0)] | None = None
    """What its trials cost, by the published prices."""
    patience: Annotated[int, Meta(ge=1)] | None = None
    """Configurations without an improvement after which the search ends. Without it: as many as
    tell that improvement has ended, by the budget."""
    folds: Annotated[int, Meta(ge=2, le=20)] | None = None
    """Of cross-validation. Without it: by the number of rows, fewer the more there are."""
    families: tuple[str, ...] = ()
    """Kinds of estimators to try; all that fit the problem where it is empty."""
    settings: dict[str, dict[str, Narrowed]] = {}
    """For each family, settings fixed to a value or narrowed to a range or to some choices."""
    factory: str | None = None
    """``package.module:function`` that makes an unfitted scikit-learn estimator; then it is the
    only family."""
    ensemble: Annotated[int, Meta(ge=1, le=10)] = 4
    """Members at most, where several together are better than the best alone in 70 % of paired
    resamples."""
    proposals: Literal["joint", "hyperopt"] = "joint"
    """Who proposes: ``joint`` sees all settings together, ``hyperopt`` is its own TPE."""
    warm_start: bool = True
    """Whether a search begins where the model's earlier runs ended."""
    seed: int = 0


class Compute(Struct, frozen=True, forbid_unknown_fields=True):
    """Where trials and the last fit run."""

    on: Literal["auto", "lambda", "container"] = "auto"
    """``auto`` takes a container (AWS Fargate) above :data:`CELLS_IN_A_FUNCTION`."""
    processors: Literal[1, 2, 4, 8, 16] = 4
    """Of the container."""
    memory_gib: Annotated[int, Meta(ge=2, le=120)] = 16
