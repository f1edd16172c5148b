"""Text becomes moments, each distinct text once, the form decided by the whole column."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.table import Time
from evergreen.errors import InvalidTable

UNREADABLE = np.iinfo(np.int64).min
"""A time that could not be read; what numpy calls NaT."""

UNITS = {
    "year": "a year like 1999",
    "date": "a date like 1999-12-31",
    "timestamp": "a time like 1999-12-31T23:59:59Z",
    "epoch": "seconds (or milli-, micro- or nanoseconds) since 1970 like 946684799",
}

_OFFSET = r"\d(?:Z|z|[+-]\d{2}:?\d{2}|[+-]\d{2})$"
_WRITTEN = re.compile(
    r"^(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$"
)
_ISO = r"^\d{4}-\d{2}-\d{2}"
# Up to the year 2200 a count of seconds is below 2e10, and from 1971 on one of milliseconds above.
_EPOCHS = ((2e10, 10**9), (2e13, 10**6), (2e16, 10**3), (np.inf, 1))


class Moments(Struct, frozen=True, eq=False):
    """Nanoseconds since 1970 in UTC, :data:`UNREADABLE` where a text is no time.

    ``twice`` are local times that a clock change repeats (the earlier one was taken), ``never``
    those that it leaves out (the next that there is was taken).
    """

    values: NDArray[np.int64]
    twice: NDArray[np.bool_]
    never: NDArray[np.bool_]


def moments(texts: pa.Array, time: Time) -> Moments:
    """Read the times of a column, given as its distinct canonical texts, "" where missing.

    int64 nanoseconds reach from 1678 to 2261.

    Raises:
        InvalidTable: the dates can be read in two ways, or in none that fits all of them.
    """
    if time.unit in ("date", "timestamp") and not time.format and (found := _plain(texts, time)):
        return found
    words = pd.Series(texts.to_pylist(), dtype=object)
    if time.unit == "year":
        return _iso(words.where(words.str.fullmatch(r"\d{4}"), ""), time)
    if time.unit == "epoch":
        return _or_iso(_utc(_epoch(words)), words)
    if time.format:
        return _or_iso(_formatted(words, time), words)
    iso = int(words.str.match(_ISO).sum())
    if 2 * iso < int((words != "").sum()) and (order := _order(words, time)):
        return _or_iso(_written(words, order, time), words)
    return _iso(words, time)


def _or_iso(found: Moments, words: pd.Series) -> Moments:
    """What is not written as the rest of its column may be ISO 8601, as labelled rows are."""
    left = (found.values == UNREADABLE) & words.str.match(_ISO).to_numpy(np.bool_)
    if not left.any():
        return found
    iso = _iso(words.where(left, ""), Time(""))
    return Moments(np.where(left, iso.values, found.values), found.twice, found.never)


def _plain(texts: pa.Array, time: Time) -> Moments | None:
    """ISO 8601, all with an offset or all in UTC without one, by Arrow; None for any other."""
    words = pc.if_else(pc.equal(texts, ""), None, texts)
    first = next((text for text in texts[:2].to_pylist() if text), "")
    named = re.search(_OFFSET, first) and ":" in first
    if not named and time.zone != "UTC":
        return None
    try:
        moment = pc.cast(words, pa.timestamp("ns", "UTC") if named else pa.timestamp("ns"))
    except pa.ArrowInvalid:
        return None
    values: NDArray[np.int64] = pc.cast(moment, pa.int64()).fill_null(UNREADABLE).to_numpy()
    none = np.zeros(len(values), np.bool_)
    return Moments(values, none, none)


def _iso(words: pd.Series, time: Time) -> Moments:
    offset = words.str.contains(_OFFSET, regex=True) & words.str.contains(":", regex=False)
    if time.zone == "UTC" or bool(offset.all()):
        return _utc(pd.to_datetime(words, format="ISO8601", utc=True, errors="coerce"))
    named = pd.to_datetime(words.where(offset, ""), format="ISO8601", utc=True, errors="coerce")
    local = pd.to_datetime(words.where(~offset, ""), format="ISO8601", errors="coerce")
    return _merged(_utc(named), _local(local, time), offset.to_numpy(np.bool_))


def _merged(named: Moments, local: Moments, offset: NDArray[np.bool_]) -> Moments:
    return Moments(
        np.where(offset, named.values, local.values), ~offset & local.twice, ~offset & local.never
    )


def _formatted(words: pd.Series, time: Time) -> Moments:
    aware = "%z" in time.format
    try:
        found = pd.to_datetime(words, format=time.format, errors="coerce", utc=aware)
    except ValueError as error:
        raise InvalidTable(
            f"time.format '{time.format}' is no format of strptime: {error}."
        ) from None
    return _utc(found) if aware else _local(found, time)


def _order(words: pd.Series, time: Time) -> str:
    """The order of day and month that all dates like 31/12/1999 show; "" where there are none."""
    matches = [_WRITTEN.match(word) for word in words]
    found = [match for match in matches if match]
    if 2 * len(found) < int((words != "").sum()):
        return ""
    first = any(int(match[1]) > 12 for match in found)
    second = any(int(match[3]) > 12 for match in found)
    if found[0][2] == ".":
        return "day"
    if first == second:
        why = "some have the day first and others the month" if first else "none has a day above 12"
        raise InvalidTable(
            f"The dates of '{time.column}', such as '{found[0][0]}', can be read in two ways "
            f"({why}); say which with time.format, such as '%d/%m/%Y' or '%m/%d/%Y'."
        )
    return "day" if first else "month"


def _written(words: pd.Series, order: str, time: Time) -> Moments:
    parts = words.str.extract(_WRITTEN)
    day, month = (parts[0], parts[2]) if order == "day" else (parts[2], parts[0])
    clock = parts[4].fillna("0") + ":" + parts[5].fillna("0") + ":" + parts[6].fillna("0")
    text = parts[3] + "-" + month + "-" + day + " " + clock
    return _local(pd.to_datetime(text, format="%Y-%m-%d %H:%M:%S", errors="coerce"), time)


def _epoch(words: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(words, errors="coerce")
    sizes = numbers.abs().dropna()
    middle = float(sizes.median()) if len(sizes) else 0.0
    scale = next(factor for most, factor in _EPOCHS if middle < most)
    whole = pd.to_numeric(words.where(words.str.fullmatch(r"-?\d{1,18}")), errors="coerce")
    if whole.notna().all() and scale == 1:
        return pd.to_datetime(words.astype("int64"), unit="ns", utc=True)
    seconds = numbers.where(numbers.abs() < 2**63 / scale)
    return pd.to_datetime((seconds * scale).round(), unit="ns", utc=True, errors="coerce")


def _local(found: pd.Series, time: Time) -> Moments:
    """Times that name no zone, in the table's."""
    if time.zone == "UTC":
        return _utc(found.dt.tz_localize("UTC"))
    try:
        sure = found.dt.tz_localize(time.zone, ambiguous="NaT", nonexistent="shift_forward")
        earlier = found.dt.tz_localize(
            time.zone, ambiguous=np.ones(len(found), np.bool_), nonexistent="shift_forward"
        )
        there = found.dt.tz_localize(
            time.zone, ambiguous=np.ones(len(found), np.bool_), nonexistent="NaT"
        )
    except (KeyError, ValueError) as error:
        raise InvalidTable(
            f"time.zone '{time.zone}' is no time zone that is known here ({error}); give one like "
            "Europe/Berlin."
        ) from None
    made = _utc(earlier.dt.tz_convert("UTC"))
    twice = (sure.isna() & earlier.notna()).to_numpy(np.bool_)
    never = (there.isna() & earlier.notna()).to_numpy(np.bool_)
    return Moments(made.values, twice, never)


def _utc(found: pd.Series) -> Moments:
    found = found.where((found.dt.year >= 1678) & (found.dt.year <= 2261))
    values: NDArray[np.int64] = found.dt.as_unit("ns").astype("int64").to_numpy(np.int64)
    none = np.zeros(len(values), np.bool_)
    return Moments(values, none, none)
