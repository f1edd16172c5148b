"""The model file: everything a team states about one model, checked before anything runs.

One YAML file per model is the only thing an ML engineer writes.
:func:`evergreen.contracts.model_checks.parse` turns its decoded form into a frozen
:class:`ModelFile` or raises one sentence that says what to fix.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from evergreen.contracts.policies import (
    CapturePolicy,
    Decision,
    Deploy,
    Fraction,
    Gates,
    Monitor,
    Retrain,
    Serving,
)
from evergreen.contracts.search import Compute, Search
from evergreen.contracts.table import (
    Clean,
    Duration,
    Expect,
    FeatureType,
    Privacy,
    Table,
    Time,
)
from evergreen.contracts.view_file import Part

Problem = Literal["binary", "multiclass", "regression", "forecast"]
Metric = Literal[
    "roc_auc",
    "average_precision",
    "log_loss",
    "accuracy",
    "macro_f1",
    "rmse",
    "mae",
    "r2",
    "poisson_deviance",
    "pinball_05",
    "pinball_10",
    "pinball_50",
    "pinball_90",
    "pinball_95",
]

QUANTILES: dict[Metric, float] = {
    "pinball_05": 0.05,
    "pinball_10": 0.1,
    "pinball_50": 0.5,
    "pinball_90": 0.9,
    "pinball_95": 0.95,
}
"""Metrics under which a model answers with a quantile of its target instead of the mean."""

ON_REQUEST: tuple[Metric, ...] = ("poisson_deviance", *QUANTILES)
"""Metrics that say little of a model that was not fitted for them. ``poisson_deviance`` is of
counts and other numbers that are never negative."""

_OF_NUMBERS: tuple[Metric, ...] = ("r2", *ON_REQUEST)
METRICS: dict[Problem, tuple[Metric, ...]] = {
    "binary": ("roc_auc", "average_precision", "log_loss"),
    "multiclass": ("log_loss", "accuracy", "macro_f1"),
    "regression": ("rmse", "mae", *_OF_NUMBERS),
    "forecast": ("mae", "rmse", *_OF_NUMBERS),
}
"""The metrics of each problem; the first is the default."""

LESS_IS_BETTER: frozenset[Metric] = frozenset(
    {"log_loss", "rmse", "mae", "poisson_deviance", *QUANTILES}
)


class Target(Struct, frozen=True, forbid_unknown_fields=True):
    """The column to predict, and of a binary model the value that counts as the positive class."""

    column: str
    positive: str | int | None = None


class Split(Struct, frozen=True, forbid_unknown_fields=True):
    """Shares of the rows: ``test`` is the newest where time orders, ``validation`` the next."""

    validation: Fraction = 0.2
    test: Fraction = 0.2
    by: Literal["time", "group", "stratified"] | None = None
    """What decides. Without it: ``time`` where there is a time column, else ``group`` where there
    is a group, else ``stratified``. ``group`` keeps every group in one split, whatever the time."""


class ViewUse(Struct, frozen=True, forbid_unknown_fields=True):
    """Features of a shared view, as known at each row's time. They are named ``view.feature``."""

    features: tuple[str, ...] = ()
    """Which of the view's; all of them where it is empty."""
    on: dict[str, str] = {}
    """For an entity column of the view, the model's column that holds it, where names differ."""
    lead: Duration | None = None
    """How long before a row's time the features must have been known."""


class Forecast(Struct, frozen=True, forbid_unknown_fields=True):
    """A target on a regular grid of time, forecast ``horizon`` steps ahead.

    Features of the past are named ``<target>.lag_<n>`` (the value n steps before the row's time)
    and ``<target>.mean_<n>`` (the mean of the n steps that end ``horizon`` steps before it), so
    nothing later than the horizon is ever looked at.
    """

    step: Duration
    horizon: Annotated[int, Meta(ge=1, le=10_000)]
    lags: tuple[Annotated[int, Meta(ge=1, le=20_000)], ...] = ()
    """In steps, none under the horizon. Without any: the horizon, and what the step suggests
    (a day, a week, a year) rounded up to reach the horizon."""
    means: tuple[Annotated[int, Meta(ge=1, le=20_000)], ...] = ()
    series: tuple[str, ...] = ()
    """Columns that name a series, where there is more than one."""
    origins: Annotated[int, Meta(ge=1, le=20)] = 3
    """Rolling origins (Tashman 2000): a trial is fitted on the rows before each of so many points
    of time and measured on those after it."""


class ModelFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model, as its team states it."""

    name: str
    problem: Problem
    target: Target
    features: dict[str, FeatureType] = {}
    """Columns of the table to learn from."""
    views: dict[str, ViewUse] = {}
    """Shared feature views to learn from."""
    calendar: tuple[Part, ...] = ()
    """Parts of the row's time to learn from, named ``<time column>.<part>``."""
    forecast: Forecast | None = None
    time: Time | None = None
    group: str | None = None
    """Rows that share this column's value stay in one split."""
    protected: tuple[str, ...] = ()
    """Columns whose groups must be treated alike."""
    exclude: dict[str, str] = {}
    """Columns of the table that must not be learned from, each with the reason."""
    personal: dict[str, Privacy] = {}
    """Columns about a person that are forgotten or hashed before anything else sees them."""
    clean: Clean = Clean()
    expect: Expect = Expect()
    metric: Metric = "roc_auc"
    """Without it the first of the problem's in :data:`METRICS`."""
    split: Split = Split()
    search: Search = Search()
    compute: Compute = Compute()
    gates: Gates = Gates()
    serving: Serving = Serving()
    capture: CapturePolicy = CapturePolicy()
    deploy: Deploy = Deploy()
    decision: Decision = Decision()
    monitor: Monitor = Monitor()
    retrain: Retrain = Retrain()

    @property
    def classifies(self) -> bool:
        """Whether the target is a class; else it is a number."""
        return self.problem in ("binary", "multiclass")

    @property
    def splits_by(self) -> Literal["time", "group", "stratified"]:
        """What decides which rows are learned from, and which measured."""
        return self.split.by or ("time" if self.time else "group" if self.group else "stratified")

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What a verdict measures: the problem's metrics, of :data:`ON_REQUEST` the model's own."""
        return tuple(m for m in METRICS[self.problem] if m == self.metric or m not in ON_REQUEST)

    @property
    def context(self) -> tuple[str, ...]:
        """Columns that travel beside the features without being learned from."""
        joined = [column for use in self.views.values() for column in use.on.values()]
        series = self.forecast.series if self.forecast else ()
        named = ([self.time.column] if self.time else []) + [self.group, *self.protected]
        return tuple(
            dict.fromkeys(c for c in (*named, *series, *joined) if c and c not in self.features)
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column a training table must have."""
        return (*self.features, *self.context, self.target.column)

    @property
    def table(self) -> Table:
        """What ingest makes of the model's sources."""
        kinds: dict[str, FeatureType] = dict.fromkeys(self.columns, "category")
        kinds |= self.features
        if not self.classifies:
            kinds[self.target.column] = "number"
        return Table(
            kind="model",
            name=self.name,
            columns={name: kinds[name] for name in self.columns},
            uses={name: self._use(name) for name in self.columns},
            time=self.time,
            target=self.target.column,
            exclude=self.exclude,
            personal=self.personal,
            clean=self.clean,
            expect=self.expect,
        )

    def _use(self, name: str) -> str:
        joined = {column for use in self.views.values() for column in use.on.values()}
        uses = {
            "target": name == self.target.column,
            "feature": name in self.features,
            "time": self.time is not None and name == self.time.column,
            "group": name == self.group,
            "protected": name in self.protected,
            "series": self.forecast is not None and name in self.forecast.series,
            "entity": name in joined,
        }
        return ", ".join(use for use, applies in uses.items() if applies)
