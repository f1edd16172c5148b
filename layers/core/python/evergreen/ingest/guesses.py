"""Columns that no file states and that hold times, and how the file would state them."""

from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.table import Time
from evergreen.errors import InvalidTable
from evergreen.ingest.times import UNREADABLE, moments

_DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
    "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%y",
)  # fmt: skip
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_FORMATS = (*map("".join, product(_DAYS, _CLOCKS)), "%Y%m%dT%H%M%S", "%a %b %d %H:%M:%S %Y")

_LOOKED_AT = 60
_READABLE = 0.95
"""Share of a column's distinct texts that must be times; the others are words among them."""
_WORDS_AT_MOST = 20
_LONGEST = 40
_WRITTEN_LIKE_TIMES = r"\d.*[-/., :].*\d|^\d{8}"
_ISO = r"^\d{4}-\d{2}-\d{2}"

_EPOCHS_FROM, _EPOCHS_TO = 631_152_000, 2_208_988_800
"""1990 and 2040: a count outside them is rather an amount or a name."""
_DISTINCT_AT_LEAST = 20
_DAY = 86_400

Floats = NDArray[np.float64]


class Guess(Struct, frozen=True, eq=False):
    """Nanoseconds since 1970, ``UNREADABLE`` where there is no time, and how to state it."""

    values: NDArray[np.int64]
    time: Time


def of_texts(name: str, texts: pa.Array) -> Guess | None:
    """The times that a column's distinct texts are, "" being missing; None where it holds others.

    Whether the day or the month comes first is told by all of them, and is not guessed where
    either reads all.
    """
    there = texts.filter(pc.not_equal(texts, ""))
    if not len(there) or not _look_like_times(there):
        return None
    if pc.mean(pc.match_substring_regex(there, _ISO)).as_py() >= _READABLE:
        return _read(texts, Time(name))
    fitting = [form for form in _FORMATS if _reads(_some(there), form)]
    found = [guess for form in fitting if (guess := _read(texts, Time(name, format=form)))]
    if not found:
        return _read(texts, Time(name))
    counts = [int(np.count_nonzero(guess.values != UNREADABLE)) for guess in found]
    best = [guess for guess, count in zip(found, counts, strict=True) if count == max(counts)]
    same = all(np.array_equal(guess.values, best[0].values) for guess in best)
    return best[0] if same else None


def of_numbers(name: str, values: Floats) -> Guess | None:
    """The times that numbers clearly are: a count since 1970, or days written as 20231231."""
    there = values[~np.isnan(values)]
    if len(there) < _DISTINCT_AT_LEAST or there.min() < 19_000_101 or np.any(there[:100] % 1):
        return None
    known = np.unique(there)
    if len(known) < _DISTINCT_AT_LEAST or np.any(known % 1):
        return None
    if known[-1] <= 21_001_231:
        return _days(name, values, known)
    for scale in (1, 10**3, 10**6, 10**9):
        seconds = known / scale
        if seconds[0] >= _EPOCHS_FROM and seconds[-1] <= _EPOCHS_TO:
            counts_rows = np.median(np.diff(known)) == 1
            return None if counts_rows else _epochs(name, values, scale)
    return None


def _look_like_times(there: pa.Array) -> bool:
    some = _some(there)
    like = pc.and_(
        pc.match_substring_regex(some, _WRITTEN_LIKE_TIMES),
        pc.less_equal(pc.utf8_length(some), _LONGEST),
    )
    return bool(pc.mean(like).as_py() >= _READABLE / 2)


def _some(texts: pa.Array) -> pa.Array:
    return texts.take(pa.array(np.unique(np.linspace(0, len(texts) - 1, _LOOKED_AT).astype(int))))


def _reads(some: pa.Array, form: str) -> bool:
    found = pd.to_datetime(pd.Series(some.to_pylist()), format=form, errors="coerce")
    return float(found.notna().mean()) >= _READABLE


def _read(texts: pa.Array, time: Time) -> Guess | None:
    try:
        values = moments(texts, time).values
    except InvalidTable:
        return None
    there = pc.sum(pc.not_equal(texts, "")).as_py()
    lost = there - int(np.count_nonzero(values != UNREADABLE))
    few = lost <= min(_WORDS_AT_MOST, (1 - _READABLE) * there)
    if not few:
        return None
    whole = not np.any(values[values != UNREADABLE] % (_DAY * 10**9))
    return Guess(values, Time(time.column, "date" if whole else "timestamp", time.format))


def _days(name: str, values: Floats, known: Floats) -> Guess | None:
    texts = pd.Series(known.astype(np.int64)).astype(str)
    read = pd.to_datetime(texts, format="%Y%m%d", errors="coerce")
    if read.isna().any():
        return None
    found = np.full(len(values), UNREADABLE)
    there = ~np.isnan(values)
    moment = read.to_numpy().astype("M8[ns]").astype(np.int64)
    found[there] = moment[np.searchsorted(known, values[there])]
    return Guess(found, Time(name, "date", "%Y%m%d"))


def _epochs(name: str, values: Floats, scale: int) -> Guess:
    found = np.full(len(values), UNREADABLE)
    there = ~np.isnan(values)
    found[there] = values[there].astype(np.int64) * (10**9 // scale)
    return Guess(found, Time(name, "epoch"))
