"""What a champion served in a window, from the digests of its days."""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.calendar_parts import calendar_part
from evergreen.captured import Period
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import ColumnProfile, NumberProfile
from evergreen.contracts.view_file import Part
from evergreen.distribution import bins, coarse_counts, sample_code
from evergreen.hashes import mix
from evergreen.monitor.arrays import Arrays, instants, joined, taken
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.digests import Digest, Digests
from evergreen.monitor.served import Counts, Served
from evergreen.ports import ObjectStore

ROWS_AT_MOST = 2_000_000
"""Rows from which on no older day is read. More tell nothing that these do not, and take memory."""
SAMPLE_AT_MOST = 2_000
_SEASONS: tuple[tuple[Part, int, int], ...] = (("hour", 24, 0), ("weekday", 7, 0), ("month", 12, 1))
_OPEN = (np.iinfo(np.int64).min, np.iinfo(np.int64).max)


class _Counted(Struct, frozen=True, eq=False):
    """Rows of each bin and code "left out" by column, and the sums of numbers."""

    counts: list[Counts]
    sums: NDArray[np.float64]


def read_served(
    features: ObjectStore, baseline: Baseline, file: ModelFile, since: str, until: str
) -> Served:
    """What the version answered from ``since`` to ``until`` (both included, ISO 8601 in UTC; an
    empty one is open), each prediction once, with the newest outcome of each.

    Args:
        features: the features bucket, with captures, feedback and the digests of their days.
    """
    digests = _digests(Digests(features, baseline, file), Period(since, until))
    return served_of(baseline, digests, since, until)


def served_of(baseline: Baseline, digests: list[Digest], since: str, until: str) -> Served:
    """:func:`read_served` of at least one day's digest."""
    rows = joined([digest.rows for digest in digests])
    first, last = _ends(since, until)
    kept = _once(rows, first, last)
    outcomes = _within(joined([digest.outcomes for digest in digests]), first, last)
    columns = baseline.profile.columns
    counted = _counted(columns, digests, kept)
    if not np.array_equal(kept, np.arange(len(rows["ids"]))):
        rows = taken(rows, kept)
    judged, truth = _judged(rows["ids"], outcomes)
    there = [name for name, each in zip(columns, counted.counts, strict=True) if each[:-1].any()]
    by_name = dict(zip(columns, counted.counts, strict=True))
    group_values = {name: tuple(each) for name, each in baseline.profile.segments.items()}
    return Served(
        since=since,
        until=until,
        ids=rows["ids"],
        served=rows["served"],
        times=rows["times"],
        answers=np.ascontiguousarray(rows["answers"].T),
        losses=rows["losses"].reshape(-1),
        judged=judged,
        truth=truth.astype(np.int64 if baseline.signature.classes else np.float64),
        counts={name: by_name[name][:-1] for name in there},
        column_rows={name: int(by_name[name][:-1].sum()) for name in there},
        sums=_sums(columns, counted, there),
        seasons=_seasons(rows["times"]),
        segments=_segments(columns, rows, group_values, there),
        groups=_groups(rows, group_values),
        group_values=group_values,
        codes=_sample(columns, rows),
    )


def _digests(digests: Digests, period: Period) -> list[Digest]:
    """Of the newest days, at least one."""
    found: list[Digest] = []
    rows = 0
    for day in reversed(digests.days(period)):
        found.append(digests.of(day))
        rows += len(found[-1].rows["ids"])
        if rows >= ROWS_AT_MOST:
            break
    return found[::-1] or [digests.nothing()]


def _ends(since: str, until: str) -> tuple[int, int]:
    first = int(instants([since])[0]) if since else _OPEN[0]
    return first, int(instants([until])[0]) if until else _OPEN[1]


def _once(rows: Arrays, first: int, last: int) -> NDArray[np.intp]:
    """Places of the rows of the period in the order they were served, of each id the first."""
    order = _in_order(rows)
    served = rows["served"][order]
    order = order[np.searchsorted(served, first) : np.searchsorted(served, last, side="right")]
    ids = rows["ids"][order]
    if not _ties(np.sort(ids)):
        return order
    _, places = np.unique(ids, return_index=True)
    once: NDArray[np.intp] = order[np.sort(places)]
    return once


def _in_order(rows: Arrays) -> NDArray[np.intp]:
    """As they were served, those of one moment by their ids."""
    # They mostly arrive so, and then are sorted in no time.
    order = np.argsort(rows["served"], kind="stable")
    if _ties(rows["served"][order]):
        order = np.lexsort((rows["ids"], rows["served"]))
    return order


def _ties(rising: NDArray[Any]) -> bool:
    return bool((rising[1:] == rising[:-1]).any())


def _within(outcomes: Arrays, first: int, last: int) -> Arrays:
    return taken(outcomes, (outcomes["at"] >= first) & (outcomes["at"] <= last))


def _judged(
    ids: NDArray[np.uint64], outcomes: Arrays
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Places of the rows that have an outcome, rising, and their newest."""
    order = np.lexsort((outcomes["truth"], outcomes["order"], outcomes["at"]))[::-1]
    said, newest = np.unique(outcomes["ids"][order], return_index=True)
    truth = outcomes["truth"][order][newest]
    place = np.searchsorted(said, ids)
    place[place == len(said)] = 0
    known = said[place] == ids if len(said) else np.zeros(len(ids), dtype=np.bool_)
    found = np.full(len(ids), np.nan)
    found[known] = truth[place[known]]
    judged = np.flatnonzero(np.isfinite(found))
    return judged, found[judged]


def _counted(
    columns: dict[str, ColumnProfile], digests: list[Digest], kept: NDArray[np.intp]
) -> _Counted:
    """Day by day, since each has sums of its own."""
    size = [bins(profile) + 1 for profile in columns.values()]
    counts = [np.zeros(each, dtype=np.int64) for each in size]
    sums = np.zeros((len(columns), 2))
    start = 0
    for digest in digests:
        rows = len(digest.rows["ids"])
        mine = kept[(kept >= start) & (kept < start + rows)] - start
        start += rows
        codes = digest.rows["codes"]
        codes = codes if len(mine) == rows else codes[:, mine]
        for place, each in enumerate(size):
            found = np.bincount(codes[place], minlength=each)
            counts[place] += found
            sums[place] += _shares(digest.sums[place], found)
    return _Counted(counts, sums)


def _shares(sums: NDArray[np.float64], found: Counts) -> NDArray[np.float64]:
    """Sum and sum of squares of the rows found in each bin, in which all of the day's have
    ``sums``: exactly those where all were found, else as much of each bin's."""
    size = min(len(found), sums.shape[1])
    rows = np.maximum(sums[0, :size], 1)
    shares: NDArray[np.float64] = (sums[1:, :size] * np.minimum(found[:size] / rows, 1)).sum(axis=1)
    return shares


def _sums(
    columns: dict[str, ColumnProfile], counted: _Counted, there: list[str]
) -> dict[str, tuple[float, float]]:
    pairs = zip(columns.items(), counted.sums.tolist(), strict=True)
    return {
        name: (total, squares)
        for (name, profile), (total, squares) in pairs
        if isinstance(profile, NumberProfile) and name in there
    }


def _seasons(times: NDArray[np.int64]) -> dict[str, Counts]:
    return {
        part: np.bincount(calendar_part(times, part).astype(np.intp) - first, minlength=cells)
        for part, cells, first in _SEASONS
    }


def _groups(rows: Arrays, group_values: dict[str, tuple[str, ...]]) -> dict[str, NDArray[np.int32]]:
    return {
        name: np.where(rows["groups"][place] < len(values), rows["groups"][place], -1)
        for place, (name, values) in enumerate(group_values.items())
    }


def _segments(
    columns: dict[str, ColumnProfile],
    rows: Arrays,
    group_values: dict[str, tuple[str, ...]],
    there: list[str],
) -> dict[str, dict[str, dict[str, Counts]]]:
    found: dict[str, dict[str, dict[str, Counts]]] = {}
    for group, (name, values) in enumerate(group_values.items()):
        of = np.minimum(rows["groups"][group], len(values)).astype(np.intp)
        tables = {
            column: _table(profile, of, len(values), rows["codes"][place])
            for place, (column, profile) in enumerate(columns.items())
            if column in there
        }
        found[name] = {
            value: {column: table[place] for column, table in tables.items()}
            for place, value in enumerate(values)
        }
    return found


def _table(
    profile: ColumnProfile, of: NDArray[np.intp], groups: int, codes: NDArray[Any]
) -> Counts:
    """Coarse counts of each group, shape (groups, coarse bins)."""
    size = bins(profile) + 1
    flat = np.bincount(of * size + codes, minlength=(groups + 1) * size)
    return coarse_counts(profile, flat.reshape(groups + 1, size)[:-1, :-1])


def _sample(columns: dict[str, ColumnProfile], rows: Arrays) -> NDArray[np.uint8]:
    """The rows whose ids have the least hashes, however they arrived."""
    chosen = np.arange(len(rows["ids"]))
    if len(chosen) > SAMPLE_AT_MOST:
        order = mix(rows["ids"])
        chosen = np.sort(np.argpartition(order, SAMPLE_AT_MOST)[:SAMPLE_AT_MOST])
    found = np.empty((len(chosen), len(columns)), dtype=np.uint8)
    for place, profile in enumerate(columns.values()):
        code = sample_code(profile)
        found[:, place] = np.append(code, code[-1])[rows["codes"][place][chosen]]
    return found
