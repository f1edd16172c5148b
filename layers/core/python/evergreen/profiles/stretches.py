"""How alike the learned rows of the same day, week and month are, column by column."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evergreen.calendar_parts import calendar_part
from evergreen.contracts.profile import Season, Stretches
from evergreen.stretches import DAY, DAYS, STRETCHES_AT_LEAST, alike, places

Floats = NDArray[np.float64]
Codes = dict[str, NDArray[np.intp]]
Outside = dict[str, tuple[int, ...]]

_YEAR = 365.25 * DAY


def stretches(
    time: NDArray[np.int64], codes: Codes, seasons: dict[str, Season], outside: Outside
) -> tuple[Stretches, ...]:
    """Of each length that history has at least four of.

    Args:
        codes: coarse bins of the rows by column.
        seasons: what they are expected by; where months are among them, months are compared over
            the years, so that there must be two.
        outside: by column its coarse bins of missing and of unseen values.

    In less than a year nobody can tell a trend from a season, and neither counts as a change.
    """
    return tuple(_stretches(time, codes, seasons, outside))


def _stretches(
    time: NDArray[np.int64], codes: Codes, seasons: dict[str, Season], outside: Outside
) -> Iterator[Stretches]:
    years = float(time.max() - time.min()) / _YEAR if len(time) else 0.0
    for days in DAYS:
        place = places(time, days) if len(time) else np.zeros(0, dtype=np.intp)
        number = int(place.max(initial=-1)) + 1
        if number < STRETCHES_AT_LEAST:
            continue
        mixed = {part: _mixed(time, place, part, len(s.rows)) for part, s in seasons.items()}
        by_month = "month" in seasons and days == max(DAYS)
        known = seasons and (not by_month or years >= 1.9)
        factor = years / (years - 1) if by_month and known else 1.0
        plain, in_season = {}, {}
        for name, coarse in codes.items():
            counts = _counts(place, coarse, number)
            plain[name] = alike(counts, trends=years >= 1)
            if known:
                explained = _expected(counts, name, seasons, mixed)
                found = alike(counts, explained, trends=years >= 1)
                in_season[name] = min(1.0, factor * found)
        gone = {
            name: max(_alike_in(place, codes[name] == each, number, years) for each in bins)
            for name, bins in outside.items()
        }
        yield Stretches(days, number, plain, in_season, gone)


def _alike_in(
    place: NDArray[np.intp], there: NDArray[np.bool_], number: int, years: float
) -> float:
    return alike(_counts(place, there.astype(np.intp), number), trends=years >= 1)


def _counts(place: NDArray[np.intp], codes: NDArray[np.intp], number: int) -> NDArray[np.int64]:
    bins = int(codes.max()) + 1
    return np.bincount(place * bins + codes, minlength=number * bins).reshape(number, bins)


def _mixed(time: NDArray[np.int64], place: NDArray[np.intp], part: str, cells: int) -> Floats:
    """The share of each cell in each stretch."""
    cell = calendar_part(time, part).astype(np.intp)  # type: ignore[arg-type]
    first = 1 if part == "month" else 0
    counts = _counts(place, cell - first, int(place.max()) + 1)
    counts = np.pad(counts, ((0, 0), (0, cells - counts.shape[1])))
    shares: Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _expected(
    counts: NDArray[np.int64], name: str, seasons: dict[str, Season], mixed: dict[str, Floats]
) -> Floats:
    """Shares by stretch and bin, the effects of the parts multiplied as a check does."""
    bins = counts.shape[1]
    total = counts.sum(axis=0) / counts.sum()
    expected = np.tile(total, (len(counts), 1))
    for part, season in seasons.items():
        table = np.array(season.columns[name], dtype=np.float64)[:, :bins]
        rows = table.sum(axis=1, keepdims=True)
        shares = np.divide(table, rows, out=np.tile(total, (len(table), 1)), where=rows > 0)
        ratio = np.divide(shares, total, out=np.ones_like(shares), where=total > 0)
        expected = expected * (mixed[part] @ ratio)
    scaled: Floats = expected / expected.sum(axis=1, keepdims=True)
    return scaled
