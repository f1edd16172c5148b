"""The model file: everything a team states about one model, checked before anything runs.

One YAML file per model is the only thing an ML engineer writes. :func:`parse` turns its decoded
form into a frozen :class:`ModelFile` or raises one sentence that says what to fix.
"""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from evergreen.contracts.explain import problem
from evergreen.errors import InvalidModelFile

Fraction = Annotated[float, Meta(gt=0, lt=1)]
FeatureType = Literal["number", "category"]
Metric = Literal["roc_auc", "average_precision", "log_loss"]


class Target(Struct, frozen=True, forbid_unknown_fields=True):
    """The column to predict and the value that counts as the positive class."""

    column: str
    positive: str | int


class Time(Struct, frozen=True, forbid_unknown_fields=True):
    """The column that orders rows. ``year`` reads 1999 as 1999-01-01; the others parse ISO 8601."""

    column: str
    unit: Literal["year", "date", "timestamp"] = "timestamp"


class Split(Struct, frozen=True, forbid_unknown_fields=True):
    """Shares of the rows, latest first: ``test`` is the newest, ``validation`` the next newest."""

    validation: Fraction = 0.2
    test: Fraction = 0.2


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """The tuning budget: ``trials`` in all, ``parallel`` of them in each round."""

    trials: Annotated[int, Meta(ge=1, le=1000)] = 20
    parallel: Annotated[int, Meta(ge=1, le=40)] = 4
    seed: int = 0


class Gates(Struct, frozen=True, forbid_unknown_fields=True):
    """What a candidate must pass before it is registered. On by default."""

    metric_at_least: float | None = None
    """Lower bound of the metric on the hold-out (for ``log_loss``: an upper bound)."""
    fairness_gap: Annotated[float, Meta(ge=0, le=1)] = 0.1
    """Largest difference in true positive rate between groups of a protected column
    (equal opportunity; Hardt, Price, Srebro 2016, section 2), beyond what chance explains."""
    fairness_group_at_least: Annotated[int, Meta(ge=1)] = 30
    """Groups with fewer positive hold-out rows are reported, but too small to judge."""
    parity: Annotated[float, Meta(gt=0)] = 1e-4
    """Largest difference in probability between the pipeline and its ONNX graph."""
    graph_mebibytes: Annotated[float, Meta(gt=0)] = 50.0
    champion_confidence: Annotated[float, Meta(ge=0.5, lt=1)] = 0.9
    """Share of paired bootstrap resamples of the hold-out that a challenger must win."""


class Serving(Struct, frozen=True, forbid_unknown_fields=True):
    """How the inference function treats this model."""

    refresh_seconds: Annotated[float, Meta(ge=0)] = 30.0
    """How old a cached champion alias may be, so how soon a promotion is seen."""


class CapturePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of each prediction for monitoring and retraining."""

    share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """Share of the predictions that are kept, chosen by a hash of their id."""
    redact: tuple[str, ...] = ()
    """Columns whose values are never kept. A feature among them is not checked for drift, and
    predictions without it are not learned from."""


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """A share of the requests and how long the new version answers it."""

    share: Fraction
    minutes: Annotated[float, Meta(gt=0, le=7 * 24 * 60)]


class Deploy(Struct, frozen=True, forbid_unknown_fields=True):
    """How a new version takes over from the champion: first in shadow, then step by step, then
    all of it. It is taken back by itself where it breaks a limit."""

    shadow_minutes: Annotated[float, Meta(ge=0, le=7 * 24 * 60)] = 0.0
    """How long the new version scores every request without answering it, before the steps."""
    steps: tuple[Step, ...] = (Step(share=0.1, minutes=10.0),)
    """Rising shares; without any, and without shadow, the new version takes over at once."""
    errors_at_most: Annotated[float, Meta(ge=0, lt=1)] = 0.01
    """Share of its requests that the new version may fail, beyond what chance explains. (The
    champion answers what it fails.)"""
    latency_factor_at_most: Annotated[float, Meta(ge=1)] = 3.0
    """Median time to score a request, beside the champion's."""
    psi_at_most: Annotated[float, Meta(gt=0)] = 0.25
    """Population stability index of its probabilities against the champion's, beyond twice the
    two versions' own on the hold-out and what chance explains."""
    requests_at_least: Annotated[int, Meta(ge=1)] = 30
    """Fewer than this are too few to judge time and probabilities. A step that ends with fewer is
    passed, and that is said: the version has won its contest on the hold-out."""


class Monitor(Struct, frozen=True, forbid_unknown_fields=True):
    """What a scheduled check calls drift."""

    psi_at_least: Annotated[float, Meta(gt=0)] = 0.2
    """Population stability index above which a column has drifted."""
    rows_at_least: Annotated[int, Meta(ge=1)] = 1000
    """Fewer predictions than this since the champion took over are too few to judge."""


class Retrain(Struct, frozen=True, forbid_unknown_fields=True):
    """When drift is allowed to start the workflow."""

    outcomes_at_least: Annotated[int, Meta(ge=0)] = 500
    """Predictions that must have received their outcome."""
    cool_down_minutes: Annotated[float, Meta(ge=0)] = 24 * 60.0


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """What an answer means for the person it is about; without it nothing is decided against them.

    A decision against a person is explained with its principal reasons (``?explain=reasons``).
    """

    adverse: Literal["positive", "negative"] | None = None
    """The label that is a decision against the person: ``positive`` where the positive class is
    refused (it will default), ``negative`` where it is granted (it will repay)."""
    reasons: dict[str, str] = {}
    """For each feature, the words in which a person is told that it was a reason; a feature
    without them is told by its name."""


class ModelFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model, as its team states it."""

    name: str
    problem: Literal["binary"]
    target: Target
    features: dict[str, FeatureType]
    time: Time | None = None
    group: str | None = None
    """Rows that share this column's value stay in one split."""
    protected: tuple[str, ...] = ()
    """Columns whose groups must be treated alike."""
    exclude: dict[str, str] = {}
    """Columns of the table that must not be learned from, each with the reason."""
    metric: Metric = "roc_auc"
    split: Split = Split()
    search: Search = Search()
    gates: Gates = Gates()
    serving: Serving = Serving()
    capture: CapturePolicy = CapturePolicy()
    deploy: Deploy = Deploy()
    decision: Decision = Decision()
    monitor: Monitor = Monitor()
    retrain: Retrain = Retrain()

    @property
    def context(self) -> tuple[str, ...]:
        """Columns that travel beside the features without being learned from."""
        named = ([self.time.column] if self.time else []) + [self.group, *self.protected]
        return tuple(dict.fromkeys(c for c in named if c and c not in self.features))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column a training table must have."""
        return (*self.features, *self.context, self.target.column)


_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def parse(document: object) -> ModelFile:
    """Check a decoded model file.

    Raises:
        InvalidModelFile: names the key, what stands there and what may stand there.
    """
    if not isinstance(document, dict):
        raise InvalidModelFile("The model file must be a YAML mapping that starts with 'name:'.")
    wrong = problem(document, ModelFile)
    if wrong:
        raise InvalidModelFile(f"The model file {wrong}")
    model_file = msgspec.convert(document, ModelFile)
    _check(model_file)
    return model_file


def _check(model: ModelFile) -> None:
    if not _NAME.fullmatch(model.name):
        raise InvalidModelFile(
            f"The model name '{model.name}' must be 1 to 63 lower-case letters, digits and hyphens."
        )
    if not model.features:
        raise InvalidModelFile("The model file names no features; give at least one.")
    if model.target.column in model.features:
        raise InvalidModelFile(
            f"The target '{model.target.column}' is also a feature; remove it from 'features'."
        )
    for column in model.exclude:
        if column in model.columns:
            raise InvalidModelFile(
                f"Column '{column}' is excluded and used at once; keep one of the two."
            )
    if model.target.column in model.context:
        raise InvalidModelFile(
            f"The target '{model.target.column}' cannot also be time, group or protected."
        )
    if model.split.validation + model.split.test > 0.8:
        raise InvalidModelFile("split.validation and split.test leave under 20 % to train on.")
    _check_serving(model)
    _check_decision(model)


def _check_serving(model: ModelFile) -> None:
    for column in model.capture.redact:
        if column not in (*model.features, *model.context):
            raise InvalidModelFile(
                f"capture.redact names '{column}', which is no feature and no context column."
            )
    shares = [step.share for step in model.deploy.steps]
    if shares != sorted(set(shares)):
        raise InvalidModelFile("The shares of deploy.steps must rise from step to step.")


def _check_decision(model: ModelFile) -> None:
    reasons = model.decision.reasons
    if reasons and model.decision.adverse is None:
        raise InvalidModelFile(
            "decision.reasons are told after a decision against a person; say with "
            "'decision.adverse' whether that is the 'positive' or the 'negative' label."
        )
    for column, text in reasons.items():
        if column not in model.features:
            raise InvalidModelFile(
                f"decision.reasons names '{column}', which is no feature; the features are "
                f"{', '.join(model.features)}."
            )
        if not text.strip():
            raise InvalidModelFile(
                f"decision.reasons says nothing about '{column}'; write the reason, or leave the "
                "column out."
            )
