"""What a model file states about a version's life: its gates, how it serves, when it is renewed."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

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
