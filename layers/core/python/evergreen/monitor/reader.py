"""Captures and feedback become arrays: rows in the bins of the baseline's profile.

Lines are decoded in parts that fit the processor's cache, which makes it twice as fast, and what
they say is counted in greater ones, since each call of numpy costs as much as a hundred rows.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.cleaning import rule_of
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import CategoryProfile
from evergreen.monitor.arrays import Arrays, id_hashes, id_texts, instants, joined
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.binning import Binning, Sums
from evergreen.monitor.columns import Places, number, numbers, times
from evergreen.monitor.fields import decoders
from evergreen.monitor.lines import decoded

_TOGETHER = 16_384
"""Rows that are counted together."""


class Outcome(Struct, frozen=True, gc=False):
    """What turned out for one prediction."""

    id: str
    outcome: str | int | float | bool


class Said(Struct, frozen=True, gc=False):
    """A line of feedback."""

    at: str
    outcomes: list[Outcome]


class Reader:
    """Of one version's captures and their outcomes."""

    def __init__(self, baseline: Baseline, file: ModelFile) -> None:
        """``file`` says how columns beside the model's inputs were cleaned."""
        signature, profile = baseline.signature, baseline.profile
        self._version = baseline.version.number
        self._classes, self._time = signature.classes, signature.time
        self._width = len(signature.classes) if signature.problem == "multiclass" else 1
        rules = {column.name: column.rule for column in signature.inputs}
        for name in profile.segments:
            rules.setdefault(name, rule_of(file.clean, name))
        self._rules = rules
        known = {
            name: tuple(column.counts)
            for name, column in profile.columns.items()
            if isinstance(column, CategoryProfile)
        }
        self._known = {name: Places(each, rules.get(name)) for name, each in known.items()}
        self._groups = {
            name: Places(tuple(each), rules[name]) for name, each in profile.segments.items()
        }
        self._numbers = tuple(name for name in profile.columns if name not in known)
        self._cleaned = [rules.get(name) for name in self._numbers]
        time = (self._time.column,) if self._time else ()
        self._others = tuple(dict.fromkeys((*known, *self._groups, *time)))
        self._decoders = decoders(self._numbers, self._others)
        self._feedback = (msgspec.json.Decoder(Said),)
        self._binning = Binning(baseline, self._numbers)

    def nothing(self) -> tuple[Arrays, Sums]:
        """No rows."""
        return self._counted([self._piece([], [])], ())

    def captures(self, parts: Iterable[bytes]) -> Iterator[tuple[Arrays, Sums]]:
        """The rows that this version answered, and the sums of their numbers; many at a time."""
        waiting: dict[tuple[str, ...], list[Arrays]] = {}
        for part in parts:
            for redacted, lines in self._mine(part).items():
                pieces = waiting.setdefault(redacted, [])
                pieces.append(self._piece(lines, [row for line in lines for row in line.rows]))
                if sum(len(piece["ids"]) for piece in pieces) >= _TOGETHER:
                    yield self._counted(waiting.pop(redacted), redacted)
        for redacted, pieces in waiting.items():
            yield self._counted(pieces, redacted)

    def _counted(self, pieces: list[Arrays], redacted: tuple[str, ...]) -> tuple[Arrays, Sums]:
        rows = joined(pieces)
        return self._binning.binned(rows | {"ids": id_hashes(rows["ids"])}, redacted)

    def _mine(self, part: bytes) -> dict[tuple[str, ...], list[Any]]:
        """Lines by the columns that they leave out. A shadow answered nobody."""
        found: dict[tuple[str, ...], list[Any]] = {}
        for line in decoded(self._decoders, part):
            if line.version == self._version and line.role != "shadow" and line.rows:
                found.setdefault(line.redacted, []).append(line)
        return found

    def _piece(self, lines: list[Any], rows: list[Any]) -> Arrays:
        """What was sent and answered: ``numbers`` (clean) and ``places`` of categories, shape
        (columns, n), ``groups`` of segments, and each row's id (its text), times and answer."""
        each = np.array([len(line.rows) for line in lines], dtype=np.int64)
        served = np.repeat(instants([line.at for line in lines]), each)
        answers, fit = self._answers(rows)
        if not fit.all():
            rows = [row for row, keep in zip(rows, fit.tolist(), strict=True) if keep]
            served = served[fit]
        tuples = [msgspec.structs.astuple(row.values) for row in rows]
        size = len(self._numbers)
        sent = list(zip(*tuples, strict=True)) or [()] * (size + len(self._others))
        others = dict(zip(self._others, sent[size:], strict=True))
        return {
            "ids": id_texts([row.id for row in rows]),
            "served": served,
            "times": self._times(others, served),
            "answers": answers,
            "numbers": numbers(sent[:size], self._cleaned, len(rows)),
            "places": _stacked(self._known, others, len(rows)),
            "groups": _stacked(self._groups, others, len(rows)),
        }

    def _times(
        self, others: dict[str, tuple[Any, ...]], served: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        if not self._time or not len(served):
            return served
        return times(others[self._time.column], self._time, served)

    def _answers(self, rows: list[Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """What the graph answered to the rows that were answered as this version answers, shape
        (k, those), and which they are."""
        if self._width == 1:
            alone = [row.probability if row.value is None else row.value for row in rows]
            found = np.array(alone, dtype=np.float64)
            fit = ~np.isnan(found)
            return found[fit][np.newaxis], fit
        answers = [row.probabilities or () for row in rows]
        fit = np.array([len(answer) == self._width for answer in answers], dtype=np.bool_)
        kept = [answer for answer in answers if len(answer) == self._width]
        return np.array(kept, dtype=np.float64).reshape(-1, self._width).T, fit

    def feedback(self, part: bytes) -> Arrays:
        """Outcomes: whose, said when, and where in the line; NaN is none that fits the model."""
        lines = [line for line in decoded(self._feedback, part) if line.outcomes]
        flat = [outcome for line in lines for outcome in line.outcomes]
        each = np.array([len(line.outcomes) for line in lines], dtype=np.int64)
        order = [place for line in lines for place in range(len(line.outcomes))]
        return {
            "ids": id_hashes(id_texts([outcome.id for outcome in flat])),
            "at": np.repeat(instants([line.at for line in lines]), each),
            "order": np.array(order, dtype=np.int64),
            "truth": self._truth([outcome.outcome for outcome in flat]),
        }

    def _truth(self, said: list[Any]) -> NDArray[np.float64]:
        if not self._classes:
            return np.array([number(category_text(value)) for value in said], dtype=np.float64)
        known = {label: float(place) for place, label in enumerate(self._classes)}
        found = [known.get(category_text(value), np.nan) for value in said]
        return np.array(found, dtype=np.float64)


def _stacked(
    known: dict[str, Places], sent: dict[str, tuple[Any, ...]], rows: int
) -> NDArray[np.int32]:
    found = np.empty((len(known), rows), dtype=np.int32)
    for row, (name, places) in enumerate(known.items()):
        found[row] = places.of_all(sent[name])
    return found
