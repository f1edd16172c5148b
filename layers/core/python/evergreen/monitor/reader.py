"""Captures and feedback become arrays: rows in the bins of the baseline's profile.

Only the fields that a check looks at are decoded, into structs made for the model's own columns:
a dict for each row takes three times as long and as much memory.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.cleaning import rule_of
from evergreen.contracts.capture import Role
from evergreen.contracts.columns import Categories, Values
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import CategoryProfile
from evergreen.distribution import bins, places
from evergreen.monitor.arrays import Arrays, id_hashes, instants
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.columns import Places, number, numbers, times
from evergreen.monitor.lines import decoded
from evergreen.monitor.performance.loss import expected_losses

Sums = NDArray[np.float64]


class Outcome(Struct, frozen=True):
    """What turned out for one prediction."""

    id: str
    outcome: str | int | float | bool


class Said(Struct, frozen=True):
    """A line of feedback."""

    at: str
    outcomes: list[Outcome]


def _line(values: Any) -> Any:
    """A capture's line whose rows' values are of a type."""
    row = msgspec.defstruct(
        "Row",
        [
            ("id", str),
            ("values", values),
            ("probability", float | None, None),
            ("value", float | None, None),
            ("probabilities", list[float] | None, None),
        ],
        gc=False,
    )
    fields = [("version", int), ("at", str), ("rows", list[row])]  # type: ignore[valid-type]
    optional = [("role", Role, "champion"), ("redacted", list[str], [])]
    return msgspec.defstruct("Line", [*fields, *optional])


class Reader:
    """Of one version's captures and their outcomes."""

    def __init__(self, baseline: Baseline, file: ModelFile) -> None:
        """``file`` says how columns beside the model's inputs were cleaned."""
        signature, profile = baseline.signature, baseline.profile
        self._baseline, self._profiles = baseline, profile.columns
        self._time = signature.time
        ruled = {column.name: column.rule for column in signature.inputs}
        self._rules = ruled | {
            name: rule_of(file.clean, name) for name in profile.segments if name not in ruled
        }
        self._known = {
            name: Places(tuple(column.counts), self._rules.get(name))
            for name, column in profile.columns.items()
            if isinstance(column, CategoryProfile)
        }
        self._groups = {
            name: Places(tuple(values), self._rules[name])
            for name, values in profile.segments.items()
        }
        time = [self._time.column] if self._time else []
        self._names = tuple(dict.fromkeys((*self._profiles, *self._groups, *time)))
        self._place = {name: place for place, name in enumerate(self._names)}
        self._width = len(signature.classes) if signature.problem == "multiclass" else 1
        self._decoders = self._made()
        self._feedback = (msgspec.json.Decoder(Said),)
        most = max((bins(column) for column in self._profiles.values()), default=0)
        self._code = np.min_scalar_type(most)
        self._sums = (len(self._profiles), 3, most)

    def _made(self) -> tuple[Any, ...]:
        """A decoder of numbers that are numbers, and one of whatever was sent."""
        named = {f"c{place}": name for place, name in enumerate(self._names)}
        strict = [(field, self._type(name), None) for field, name in named.items()]
        anything = [(field, Any, None) for field in named]
        made = (
            msgspec.defstruct("Values", fields, rename=named, gc=False)
            for fields in (strict, anything)
        )
        return tuple(msgspec.json.Decoder(_line(values)) for values in made)

    def _type(self, name: str) -> Any:
        if name in self._known or name not in self._profiles:
            return str | int | float | bool | None
        return float | None

    def nothing(self) -> tuple[Arrays, Sums]:
        """No rows."""
        return self._rows([], [], [])

    def captures(self, part: bytes) -> Iterator[tuple[Arrays, Sums]]:
        """The rows that this version answered, and the sums of their numbers; by lines that leave
        out the same columns."""
        number_of = self._baseline.version.number
        by_redacted: dict[tuple[str, ...], list[Any]] = {}
        for line in decoded(self._decoders, part):
            if line.version == number_of and line.role != "shadow" and line.rows:
                by_redacted.setdefault(tuple(line.redacted), []).append(line)
        for redacted, lines in by_redacted.items():
            flat = [row for line in lines for row in line.rows]
            each = np.array([len(line.rows) for line in lines])
            at = np.repeat(instants([line.at for line in lines]), each)
            answers, fit = self._answers(flat)
            if not fit.all():
                flat = [row for row, keep in zip(flat, fit.tolist(), strict=True) if keep]
                at = at[fit]
            yield self._rows(flat, at, answers, frozenset(redacted))

    def _answers(self, flat: list[Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """What the graph answered to the rows that were answered as this version answers, shape
        (k, those), and which they are."""
        if not any(row.probabilities is not None for row in flat) and self._width == 1:
            said = [row.probability if row.value is None else row.value for row in flat]
            found = np.array(said, dtype=np.float64)
            fit = ~np.isnan(found)
            return found[fit][np.newaxis], fit
        answers = [_answer(row) for row in flat]
        fit = np.array([len(answer) == self._width for answer in answers], dtype=np.bool_)
        kept = [answer for answer in answers if len(answer) == self._width]
        return np.array(kept, dtype=np.float64).reshape(-1, self._width).T, fit

    def _rows(
        self, flat: list[Any], at: Any, answers: Any, redacted: frozenset[str] = frozenset()
    ) -> tuple[Arrays, Sums]:
        served = np.asarray(at, dtype=np.int64)
        said = np.asarray(answers, dtype=np.float64).reshape(self._width, -1)
        sent = list(zip(*(msgspec.structs.astuple(row.values) for row in flat), strict=True))
        sent = sent or [()] * len(self._names)
        own = sent[self._place[self._time.column]] if self._time else ()
        codes, sums, values = self._columns(sent, redacted, len(flat))
        groups = [
            found.of_all(sent[self._place[name]]).astype(np.int32)
            for name, found in self._groups.items()
        ]
        rows: Arrays = {
            "ids": id_hashes([row.id for row in flat]),
            "served": served,
            "times": times(own, self._time, served) if self._time and len(own) else served,
            "answers": said,
            "losses": self._losses(values, said),
            "codes": codes,
            "groups": np.array(groups, dtype=np.int32).reshape(len(groups), len(flat)),
        }
        return rows, sums

    def _columns(
        self, sent: list[Any], redacted: frozenset[str], rows: int
    ) -> tuple[NDArray[Any], Sums, dict[str, Values]]:
        codes = np.empty((len(self._profiles), rows), dtype=self._code)
        sums = np.zeros(self._sums)
        values: dict[str, Values] = {}
        for place, (name, profile) in enumerate(self._profiles.items()):
            if name in redacted:
                codes[place] = bins(profile)
            elif isinstance(profile, CategoryProfile):
                codes[place] = self._known[name].of_all(sent[place])
                known = (*profile.counts, "\0", "")
                values[name] = Categories(codes[place], known)
            else:
                found = values[name] = numbers(sent[place], self._rules.get(name))
                codes[place] = found_in = places(profile, found)
                _add(sums[place], found_in, found.astype(np.float64))
        return codes, sums, values

    def _losses(
        self, values: dict[str, Values], answers: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        expectation = self._baseline.expectation
        if expectation is None or expectation.losses is None:
            return np.zeros((0, answers.shape[1]), dtype=np.float32)
        return expected_losses(expectation.losses, values, answers[0])[np.newaxis]

    def feedback(self, part: bytes) -> Arrays:
        """Outcomes: whose, said when, and where in the line; NaN is none that fits the model."""
        lines = [line for line in decoded(self._feedback, part) if line.outcomes]
        flat = [outcome for line in lines for outcome in line.outcomes]
        each = np.array([len(line.outcomes) for line in lines], dtype=np.int64)
        order = [place for line in lines for place in range(len(line.outcomes))]
        return {
            "ids": id_hashes([outcome.id for outcome in flat]),
            "at": np.repeat(instants([line.at for line in lines]), each),
            "order": np.array(order, dtype=np.int64),
            "truth": self._truth([outcome.outcome for outcome in flat]),
        }

    def _truth(self, said: list[Any]) -> NDArray[np.float64]:
        classes = self._baseline.signature.classes
        if not classes:
            return np.array([number(category_text(value)) for value in said], dtype=np.float64)
        known = {label: float(place) for place, label in enumerate(classes)}
        found = [known.get(category_text(value), np.nan) for value in said]
        return np.array(found, dtype=np.float64)


def _answer(row: Any) -> tuple[float, ...]:
    if row.probabilities is not None:
        return tuple(row.probabilities)
    alone = row.probability if row.value is None else row.value
    return () if alone is None else (alone,)


def _add(sums: Sums, place: NDArray[np.intp], found: NDArray[np.float64]) -> None:
    """Rows of each bin, their sum and the sum of their squares; of what is finite."""
    finite = np.isfinite(found)
    if not finite.all():
        place, found = place[finite], found[finite]
    size = sums.shape[1]
    sums[0] += np.bincount(place, minlength=size)
    sums[1] += np.bincount(place, weights=found, minlength=size)
    sums[2] += np.bincount(place, weights=found * found, minlength=size)
