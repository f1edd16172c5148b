"""The view file: features that models share, computed once from a table of their own.

A feature row says what was known of an entity at an event: its window ends at the event's time and
holds only what had been created by then. A model joins the newest row that was known at its own
row's time, and serving reads the newest of all, so both see what one computation made.
"""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from evergreen.contracts.explain import problem
from evergreen.contracts.table import (
    Clean,
    Duration,
    Expect,
    FeatureType,
    Privacy,
    Table,
    Time,
    seconds,
    stated_of_dropped,
)
from evergreen.errors import InvalidViewFile

Take = Literal["last", "lag", "count", "sum", "mean", "min", "max", "distinct"]
Part = Literal["hour", "weekday", "day", "month", "quarter", "year", "day_of_year", "weekend"]

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_FEATURE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_LONGEST = 366 * 86_400


class Feature(Struct, frozen=True, forbid_unknown_fields=True):
    """One feature; exactly one of ``of``, ``ratio`` and ``part`` says what it is made of.

    ``{of: temp, take: mean, over: 3h}``: an aggregate of a column over the window that ends at the
    event (its own row included). ``{of: temp, take: lag, back: 2}``: the column's value two events
    before. ``{of: temp}``: the event's own. ``{of: note, categories: {"storm|gale": wind}}``: the
    category of the first pattern (a regular expression, case ignored) that the text holds, "other"
    without one. ``{ratio: [a, b]}``: of two features of this view, missing where b is 0.
    ``{part: hour}``: of the event's time, in UTC.
    """

    of: str = ""
    take: Take = "last"
    over: Duration | None = None
    back: Annotated[int, Meta(ge=1, le=1000)] = 1
    categories: dict[str, str] = {}
    ratio: tuple[str, ...] = ()
    part: Part | None = None


class Online(Struct, frozen=True, forbid_unknown_fields=True):
    """How serving answers from the newest row of an entity."""

    stale_after: Duration | None = None
    """Age of the event from which a row is stale; never without it."""
    missing: Literal["null", "refuse"] = "null"
    """An entity that the view does not know: its features are missing, or the row is refused."""
    stale: Literal["answer", "null", "refuse"] = "null"


class ViewFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One feature view, as its team states it."""

    name: str
    entity: tuple[str, ...]
    """Columns that name who or what a row is about."""
    event_time: Time
    columns: dict[str, FeatureType]
    """Columns of the source that features are made of."""
    features: dict[str, Feature]
    created_time: Time | None = None
    """When a row became known; without it, at its event's time."""
    online: Online = Online()
    exclude: dict[str, str] = {}
    personal: dict[str, Privacy] = {}
    clean: Clean = Clean()
    expect: Expect = Expect()

    @property
    def types(self) -> dict[str, FeatureType]:
        """Each feature's type, in their order."""
        return {name: self._type(feature) for name, feature in self.features.items()}

    def _type(self, feature: Feature) -> FeatureType:
        if feature.categories:
            return "category"
        same = feature.of and feature.take in ("last", "lag")
        return self.columns[feature.of] if same else "number"

    @property
    def table(self) -> Table:
        """What ingest makes of the view's source."""
        columns: dict[str, FeatureType] = dict.fromkeys(self.entity, "category")
        columns[self.event_time.column] = "category"
        if self.created_time:
            columns[self.created_time.column] = "category"
        columns |= self.columns
        uses = dict.fromkeys(columns, "feature")
        uses |= dict.fromkeys(self.entity, "entity") | {self.event_time.column: "event time"}
        if self.created_time:
            uses[self.created_time.column] = "created time"
        return Table(
            kind="view",
            name=self.name,
            columns=columns,
            uses=uses,
            time=self.event_time,
            created=self.created_time,
            exclude=self.exclude,
            personal=self.personal,
            clean=self.clean,
            expect=self.expect,
        )


def parse(document: object) -> ViewFile:
    """Check a decoded view file.

    Raises:
        InvalidViewFile: names the key, what stands there and what may stand there.
    """
    if not isinstance(document, dict):
        raise InvalidViewFile("The view file must be a YAML mapping that starts with 'name:'.")
    if wrong := problem(document, ViewFile):
        raise InvalidViewFile(f"The view file {wrong}")
    view = msgspec.convert(document, ViewFile)
    _check(view)
    for name, feature in view.features.items():
        _check_feature(view, name, feature)
    return view


def _check(view: ViewFile) -> None:
    if not _NAME.fullmatch(view.name):
        raise InvalidViewFile(
            f"The view name '{view.name}' must be 1 to 63 lower-case letters, digits and hyphens."
        )
    if not view.entity:
        raise InvalidViewFile("The view file names no entity; give the column(s) that name one.")
    if not view.features:
        raise InvalidViewFile("The view file states no features; give at least one.")
    times = {view.event_time.column, view.created_time.column if view.created_time else ""}
    _check_key(view)
    for column in view.columns:
        if column in view.entity or column in times:
            raise InvalidViewFile(
                f"'{column}' is the entity or a time and stands in 'columns' too; remove it there."
            )
    _check_personal(view, times)


def _check_personal(view: ViewFile, times: set[str]) -> None:
    told = stated_of_dropped(view.personal, view.clean, view.expect)
    if told:
        raise InvalidViewFile(
            f"{told} is stated, but 'personal' drops that column before any rule or expectation "
            "sees it; remove one of the two, or hash the column."
        )
    for column, how in view.personal.items():
        if column in times:
            raise InvalidViewFile(f"personal.{column} is a time, which nothing can stand for.")
        if how == "drop" and (column in view.entity or column in view.columns):
            raise InvalidViewFile(
                f"personal.{column} is to be dropped, but the view uses the column; hash it, or "
                "use another."
            )
        if view.columns.get(column) == "number":
            raise InvalidViewFile(
                f"personal.{column} is hashed, which leaves no number; make it a category or "
                "leave it out."
            )
        rule = view.clean.columns.get(column)
        if how == "hash" and rule and rule.case == "upper":
            raise InvalidViewFile(
                f"clean.columns.{column}.case is 'upper', and digests are lower case; take 'lower'."
            )


def _check_key(view: ViewFile) -> None:
    named = {*view.entity, view.event_time.column, *view.columns}
    if unknown := [column for column in view.clean.key if column not in named]:
        raise InvalidViewFile(
            f"'clean.key' names '{unknown[0]}', which is none of the view's entity, event time and "
            "columns; name those that say which rows are the same."
        )


def _check_feature(view: ViewFile, name: str, feature: Feature) -> None:
    where = f"The feature '{name}'"
    if not _FEATURE.fullmatch(name):
        raise InvalidViewFile(f"{where} must be named with letters, digits and underscores.")
    made_of = [bool(feature.of), bool(feature.ratio), feature.part is not None]
    if sum(made_of) != 1:
        raise InvalidViewFile(f"{where} must have exactly one of 'of', 'ratio' and 'part'.")
    if feature.ratio:
        _check_ratio(view, where, feature)
    if feature.of:
        _check_column(view, where, feature)


def _check_ratio(view: ViewFile, where: str, feature: Feature) -> None:
    if len(feature.ratio) != 2:
        raise InvalidViewFile(f"{where} must have two features in 'ratio', to divide one by other.")
    for part in feature.ratio:
        other = view.features.get(part)
        if other is None or other.ratio or view.types[part] != "number":
            raise InvalidViewFile(
                f"{where} divides '{part}', which is no number among the view's other features."
            )


def _check_column(view: ViewFile, where: str, feature: Feature) -> None:
    kind = view.columns.get(feature.of)
    if kind is None:
        raise InvalidViewFile(
            f"{where} is made of '{feature.of}', which is not in the view's 'columns'."
        )
    windowed = feature.take not in ("last", "lag")
    if windowed != (feature.over is not None):
        raise InvalidViewFile(
            f"{where} takes '{feature.take}', which needs 'over', such as 24h."
            if windowed
            else f"{where} takes '{feature.take}', which has no 'over'."
        )
    if feature.over and not 3600 <= seconds(feature.over) <= _LONGEST:
        raise InvalidViewFile(f"{where} must have a window of 1h to 366d in 'over'.")
    if kind == "category" and feature.take in ("sum", "mean", "min", "max"):
        raise InvalidViewFile(
            f"{where} takes the {feature.take} of '{feature.of}', which is a category."
        )
    if feature.categories and (kind != "category" or feature.take != "last"):
        raise InvalidViewFile(f"{where} has 'categories', which need a category and take: last.")
    for pattern in feature.categories:
        try:
            re.compile(pattern)
        except re.error as error:
            raise InvalidViewFile(
                f"{where} has '{pattern}' in 'categories', which is no regular expression: {error}."
            ) from None
