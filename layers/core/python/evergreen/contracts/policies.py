"""What a model file states about a version's life: its gates, how it serves, when it is renewed."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from evergreen.contracts.decision import Trigger
from evergreen.contracts.table import Duration

Fraction = Annotated[float, Meta(gt=0, lt=1)]


class Gates(Struct, frozen=True, forbid_unknown_fields=True):
    """What a candidate must pass before it is registered. On by default."""

    metric_at_least: float | None = None
    """Lower bound of the metric on the hold-out; an upper bound of a metric of which less is better
    (``log_loss``, ``rmse``, ``mae``, ``poisson_deviance``, ``pinball_...``)."""
    fairness_gap: Annotated[float, Meta(ge=0, le=1)] = 0.1
    """Largest difference in true positive rate between groups of a protected column
    (equal opportunity; Hardt, Price, Srebro 2016, section 2), beyond what chance explains. Of
    several classes, in that of any class; of a number, in the mean error, in standard deviations
    of the target."""
    fairness_group_at_least: Annotated[int, Meta(ge=1)] = 30
    """Groups with fewer positive hold-out rows (of a class; of a number, fewer rows) are reported,
    but too small to judge."""
    parity: Annotated[float, Meta(gt=0)] = 1e-4
    """Largest difference between the pipeline and its ONNX graph: in probability, or, of a number,
    in standard deviations of the target."""
    graph_mebibytes: Annotated[float, Meta(gt=0)] = 50.0
    baselines: Literal["refuse", "report"] = "refuse"
    """What happens to a candidate that does not beat the baselines: a majority, mean, last or
    seasonal value; and one that a logistic or ridge regression with its defaults beats."""
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
    """Population stability index of its answers against the champion's, beyond twice the two
    versions' own on the hold-out and what chance explains."""
    requests_at_least: Annotated[int, Meta(ge=1)] = 30
    """Fewer than this are too few to judge time and probabilities. A step that ends with fewer is
    passed, and that is said: the version has won its contest on the hold-out."""


class Monitor(Struct, frozen=True, forbid_unknown_fields=True):
    """How what is served is held against what was learned."""

    every: Duration | None = None
    """The shortest time between two checks; without it each scheduled look is one."""
    window: Duration = "28d"
    """How far a check looks back, at most to when the champion took over. Where that holds fewer
    than ``rows_at_least`` predictions, or half as many outcomes, it looks further."""
    psi_at_least: Annotated[float, Meta(gt=0)] = 0.2
    """Population stability index from which on a column has drifted; less is a small move."""
    rows_at_least: Annotated[int, Meta(ge=1)] = 1000
    """Fewer predictions than this since the champion took over are too few to judge."""
    worse_by: Annotated[float, Meta(ge=0)] = 0.1
    """Share of the skill over an answer without any that must be lost before performance counts
    as worse, beyond what chance explains."""
    false_discovery_rate: Annotated[float, Meta(gt=0, le=0.2)] = 0.01
    """Of all columns that are said to have moved, the share that may not have."""
    seasonal: bool = True
    """Whether columns are held against the same hours, weekdays and months of history."""
    segments: tuple[str, ...] = ()
    """Columns whose values are looked at apart, beside the protected ones."""


TrainingWindow = Literal["all", "recent", "weighted"]


class Retrain(Struct, frozen=True, forbid_unknown_fields=True):
    """What starts the workflow, and what holds it back."""

    on: tuple[Trigger, ...] = ("performance", "growth")
    """What speaks for retraining; where it is empty, nothing. ``performance`` is realised,
    ``estimated`` is not yet; ``outcomes`` is a target that is distributed otherwise; ``growth`` is
    many new outcomes."""
    outcomes_at_least: Annotated[int, Meta(ge=0)] = 500
    """New outcomes that a retraining takes, twice as many after each in a row that would not have
    helped, at most 4 times; 0 where it learns from new sources alone."""
    confirmations: Annotated[int, Meta(ge=1, le=100)] = 2
    """Checks in a row, each with new rows or outcomes, that must find the same cause; ``growth``,
    ``age`` and ``schedule`` are counted, and take one."""
    cool_down_minutes: Annotated[float, Meta(ge=0)] = 24 * 60.0
    """After a retraining; twice as long after each in a row that would not have helped, at most 16
    times."""
    growth: Annotated[float, Meta(gt=0)] = 0.5
    """New outcomes, as a share of the rows that were last learned from."""
    age: Duration | None = None
    """How old a champion may be."""
    schedule: Duration | None = None
    """Retrain this often, whatever is found."""
    dollars_per_month: Annotated[float, Meta(gt=0)] | None = None
    """What retraining on decisions may cost in a calendar month (UTC)."""
    maintenance: tuple[str, ...] = ()
    """When it may start, such as ``Mon-Fri 20:00-06:00``; without any, always."""
    time_zone: str = "UTC"
    """Of ``maintenance``."""
    windows: tuple[TrainingWindow, ...] = ("all", "recent", "weighted")
    """Which rows a version may learn from: all, the newer part, or all with the newer counting
    more. Where there are several, the best on the newest rows before the hold-out is taken."""
    rollback: Literal["automatic", "report"] = "automatic"
    """Whether a promoted version that is then surely worse than the one before is taken back."""


class Costs(Struct, frozen=True, forbid_unknown_fields=True):
    """What each wrong answer of a binary model costs, in any unit."""

    false_positive: Annotated[float, Meta(gt=0)] = 1.0
    false_negative: Annotated[float, Meta(gt=0)] = 1.0


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
    costs: Costs | None = None
    """With them the threshold is where the expected cost is least (Elkan 2001); without, as many
    are answered with the positive class as belong to it."""
