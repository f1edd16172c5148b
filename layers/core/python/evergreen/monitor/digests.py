"""A day's captures and feedback, decoded once.

A digest names the objects that it holds, so that a check decodes only what arrived since the last
one, and keeps each row as its bins, its answer and the hash of its id: no value that was sent. It
is only ever a saving: one that is lost, cannot be read, was made for another baseline or was
written over by another check is made of the captures again.
"""

import zipfile

import msgspec
import numpy as np
from msgspec import Struct

from evergreen.captured import Period, list_captures, list_feedback
from evergreen.contracts import keys
from evergreen.contracts.model_file import ModelFile
from evergreen.digest import content_id
from evergreen.errors import NotFound
from evergreen.frame import arrays_from_npz, arrays_to_npz
from evergreen.monitor.arrays import Arrays, joined
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.binning import Sums
from evergreen.monitor.lines import parts
from evergreen.monitor.reader import Reader
from evergreen.ports import ObjectStore

_FORMAT = 2
_ROWS, _OUTCOMES = "rows:", "outcomes:"


class Day(Struct, frozen=True):
    """A day of arrival and the objects that arrived on it, oldest first."""

    day: str
    captures: tuple[str, ...]
    feedback: tuple[str, ...]


class Digest(Struct, frozen=True, eq=False):
    """What arrived on a day, repeated deliveries included.

    ``rows`` and ``outcomes`` are those of :class:`evergreen.monitor.reader.Reader`; ``sums``, of
    shape (columns, 3, bins), are the rows of each number's bins, their sum and that of squares.
    """

    captures: tuple[str, ...]
    feedback: tuple[str, ...]
    rows: Arrays
    sums: Sums
    outcomes: Arrays


class _Head(Struct, frozen=True):
    """``made_for`` names all that rows are counted by."""

    made_for: str
    captures: tuple[str, ...]
    feedback: tuple[str, ...]


class Digests:
    """Of one version, in the features bucket."""

    def __init__(self, features: ObjectStore, baseline: Baseline, file: ModelFile) -> None:
        """The digests that a check of ``baseline`` takes."""
        self._features, self._version = features, baseline.version
        self._reader = Reader(baseline, file)
        draft = baseline.version.draft
        self._made_for = content_id(
            _FORMAT,
            [draft.profile.sha256, draft.signature.sha256],
            draft.expectation.sha256 if draft.expectation else "",
            file.clean,
        )

    def days(self, period: Period) -> list[Day]:
        """Days on which something arrived that may be of the period, oldest first."""
        model = self._version.draft.model
        captured = list_captures(self._features, model, period)
        said = list_feedback(self._features, model, period)
        found: dict[str, tuple[list[str], list[str]]] = {}
        for place, each in enumerate((captured, said)):
            for key in each:
                found.setdefault(_day(key), ([], []))[place].append(key)
        return [Day(day, tuple(a), tuple(b)) for day, (a, b) in sorted(found.items())]

    def of(self, day: Day) -> Digest:
        """All that arrived on the day, decoding and keeping what no digest holds yet."""
        key = keys.day_digest(self._version.draft.model, self._version.number, day.day)
        kept = self._read(key)
        captures = [each for each in day.captures if each not in set(kept.captures)]
        feedback = [each for each in day.feedback if each not in set(kept.feedback)]
        if not captures and not feedback:
            return kept
        digest = self._with(kept, captures, feedback)
        self._features.write(key, self._body(digest))
        return digest

    def _with(self, kept: Digest, captures: list[str], feedback: list[str]) -> Digest:
        rows, sums = [kept.rows], kept.sums.copy()
        for found, added in self._reader.captures(parts(self._features, captures)):
            rows.append(found)
            sums += added
        said = [self._reader.feedback(part) for part in parts(self._features, feedback)]
        return Digest(
            captures=(*kept.captures, *captures),
            feedback=(*kept.feedback, *feedback),
            rows=joined(rows),
            sums=sums,
            outcomes=joined([kept.outcomes, *said]),
        )

    def _read(self, key: str) -> Digest:
        """The digest that is kept, an empty one where there is none to be trusted."""
        try:
            arrays = arrays_from_npz(self._features.read(key))
            head = msgspec.json.decode(arrays.pop("head").tobytes(), type=_Head)
        except (NotFound, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return self.nothing()
        if head.made_for != self._made_for:
            return self.nothing()
        rows, outcomes = _below(arrays, _ROWS), _below(arrays, _OUTCOMES)
        rows.setdefault("times", rows["served"])
        return Digest(head.captures, head.feedback, rows, arrays["sums"], outcomes)

    def nothing(self) -> Digest:
        """No rows."""
        rows, sums = self._reader.nothing()
        return Digest((), (), rows, sums, self._reader.feedback(b""))

    def _body(self, digest: Digest) -> bytes:
        head = _Head(self._made_for, digest.captures, digest.feedback)
        arrays = {_ROWS + name: array for name, array in digest.rows.items()}
        arrays |= {_OUTCOMES + name: array for name, array in digest.outcomes.items()}
        if np.array_equal(digest.rows["times"], digest.rows["served"]):
            del arrays[f"{_ROWS}times"]
        body = np.frombuffer(msgspec.json.encode(head), dtype=np.uint8)
        return arrays_to_npz(head=body, sums=digest.sums, **arrays)


def _below(arrays: Arrays, prefix: str) -> Arrays:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def _day(key: str) -> str:
    """Of a key ``.../dt=2026-01-31/...``."""
    return key.partition("/dt=")[2][:10]
