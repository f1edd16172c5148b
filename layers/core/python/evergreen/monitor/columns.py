"""Captured values of a column, as they were sent, become numbers or bins of its profile."""

import struct
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.cleaning import clean_numbers, text_cleaner
from evergreen.contracts.table import ColumnRule, Time
from evergreen.moment import nanoseconds

_REMEMBERED = 100_000
"""Texts of a column whose place is remembered; one with more is not of categories."""
_ISO_CHARACTERS = 10
_PLAIN = {str, type(None)}


def numbers(
    sent: Sequence[Sequence[Any]], rules: Sequence[ColumnRule | None], rows: int
) -> NDArray[np.float32]:
    """Columns of numbers after their rules, shape (columns, rows), NaN where none was sent."""
    pack = struct.Struct(f"{rows}d").pack
    body = bytearray().join([_packed(pack, column) for column in sent])
    found = np.frombuffer(body, dtype=np.float64).reshape(len(sent), rows)
    for place, rule in enumerate(rules):
        if rule:
            found[place] = clean_numbers(rule, found[place])
    with np.errstate(over="ignore"):
        return found.astype(np.float32)


def _packed(pack: Callable[..., bytes], column: Sequence[Any]) -> bytes:
    """64 bits of each value; of numbers alone in a third of the time that an array takes."""
    try:
        return pack(*column)
    except (struct.error, OverflowError):
        return _read(column).tobytes()


def _read(column: Sequence[Any]) -> NDArray[np.float64]:
    try:
        found = np.array(column, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        found = np.empty((0, 0))
    if found.ndim == 1:
        return found
    return np.array([number(value) for value in column], dtype=np.float64)


def number(value: Any) -> float:
    """A value as a number, NaN where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


class Places(dict[Any, int]):
    """The place of each text that was sent among ``known`` ones, after its rule.

    What is missing has the place after what is unseen, and that the one after the known ones.
    """

    def __init__(self, known: tuple[str, ...], rule: ColumnRule | None) -> None:
        """Texts are cleaned by ``rule`` and otherwise only spelled canonically."""
        super().__init__()
        self._place = {value: place for place, value in enumerate(known)} | {"": len(known) + 1}
        self._unseen = len(known)
        self._clean: Callable[[Any], str] = text_cleaner(rule) if rule else category_text

    def __missing__(self, sent: Any) -> int:
        """Found by the text, and remembered."""
        # In a dict, 1 and true are one key, and not one text.
        key = sent if type(sent) in _PLAIN else (type(sent), sent)
        place = self.get(key)
        if place is None:
            if len(self) >= _REMEMBERED:
                self.clear()
            place = self[key] = self.of(sent)
        return place

    def of(self, sent: Any) -> int:
        """The place of one value."""
        return self._place.get(self._clean(category_text(sent)), self._unseen)

    def of_all(self, sent: Sequence[Any]) -> NDArray[np.intp]:
        """The place of each value, shape (n,)."""
        try:
            # Of two at least it gives a tuple.
            found = itemgetter(*sent, "", "")(self)[:-2]
        except TypeError:  # a list or an object has no hash
            found = tuple(map(self.of, sent))
        return np.array(found, dtype=np.intp)


def times(sent: Sequence[Any], time: Time, otherwise: NDArray[np.int64]) -> NDArray[np.int64]:
    """Nanoseconds since 1970 of each value, ``otherwise`` where it is no time of the column."""
    if not any(value is not None for value in sent):
        return otherwise
    quick = _iso_in_utc(sent, time)
    if quick is not None:
        return quick
    known = {value: nanoseconds(value, time) for value in set(sent) if value is not None}
    found = (known.get(value) for value in sent)
    pairs = zip(found, otherwise.tolist(), strict=True)
    return np.array([alone if own is None else own for own, alone in pairs], dtype=np.int64)


def _iso_in_utc(sent: Sequence[Any], time: Time) -> NDArray[np.int64] | None:
    """Where all are plain ISO 8601 without another zone; None otherwise."""
    if time.zone != "UTC" or time.format or time.unit not in ("date", "timestamp"):
        return None
    if set(map(type, sent)) != {str} or min(map(len, sent)) < _ISO_CHARACTERS:
        return None
    try:
        plain = [text[:-1] if text[-1] == "Z" else text for text in sent]
        found = np.array(plain, dtype="M8[us]")
    except ValueError:
        return None
    within = (found >= np.datetime64("1678")) & (found < np.datetime64("2262"))
    return found.astype("M8[ns]").astype(np.int64) if within.all() else None
