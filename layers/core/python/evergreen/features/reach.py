"""Which months new rows change, and which rows a month needs."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.view_file import ViewFile
from evergreen.features import source_files
from evergreen.features.events import longest_lag, longest_window
from evergreen.features.months import begin, end, month_of
from evergreen.features.source_files import Months
from evergreen.ports import ObjectStore

_APART = "\x1f"


def changed_months(
    store: ObjectStore, view: ViewFile, new: pa.Table, added: list[str], files: Months
) -> list[str]:
    """The months in which rows of ``new`` (of the months ``added``) can change a feature row.

    A new row is in the windows that begin before it; and in the lags of its entity's next events,
    where only those events are counted that every later one had known of.
    """
    changed = set(added)
    for month in added:
        last = month_of(end(month) - 1 + longest_window(view))
        changed |= {other for other in files if month <= other <= last}
    if longest_lag(view) and added:
        changed |= _lagging(store, view, new, files, added)
    return sorted(changed)


def _lagging(
    store: ObjectStore, view: ViewFile, new: pa.Table, files: Months, added: list[str]
) -> set[str]:
    left = pd.Series(longest_lag(view), index=entity_texts(view, new).unique().to_pylist())
    newest = _ends(view, new, TIME, "max")
    changed = set()
    for month in [m for m in files if m >= added[0]]:
        rows = _events(view, _read(store, view, files[month]), left.index)
        if len(rows):
            changed.add(month)
        known = rows["created"] < end(month)
        counted = rows[known & (rows["event"] > newest.reindex(rows["entity"]).to_numpy())]
        left = left.sub(_distinct_events(counted), fill_value=0)
        left = left[left > 0]
    return changed


def reached_rows(store: ObjectStore, view: ViewFile, wanted: list[str], files: Months) -> pa.Table:
    """The source rows that the events of the months ``wanted``, neighbours, look at."""
    own = _tables(store, view, [key for month in wanted for key in files.get(month, ())])
    before = [month for month in sorted(files, reverse=True) if month < wanted[0]]
    after = begin(wanted[0]) - longest_window(view)
    found, left = [own], _open(view, own)
    for month in before:
        inside = end(month) > after + 1 and longest_window(view) > 0
        if not inside and not len(left):
            break
        rows = _tables(store, view, files[month])
        lagged = pc.is_in(
            entity_texts(view, rows), value_set=pa.array(list(left.index), pa.string())
        )
        found.append(rows if inside else rows.filter(lagged))
        left = _still_open(view, rows.filter(lagged), left, own)
    return pa.concat_tables(found)


def _open(view: ViewFile, own: pa.Table) -> pd.Series:
    """By entity, how many more events a lag may reach."""
    if not longest_lag(view):
        return pd.Series(dtype=int)
    return pd.Series(longest_lag(view), index=entity_texts(view, own).unique().to_pylist())


def _still_open(view: ViewFile, rows: pa.Table, left: pd.Series, own: pa.Table) -> pd.Series:
    """Counts the events that all of the entity's own ones knew of."""
    if not len(left):
        return left
    events = _events(view, rows, left.index)
    first = _ends(view, own, CREATED, "min").reindex(events["entity"]).to_numpy()
    known = events["created"] <= first
    left = left.sub(_distinct_events(events[known]), fill_value=0)
    return left[left > 0]


def _tables(store: ObjectStore, view: ViewFile, files: list[str]) -> pa.Table:
    names = [*view.entity, TIME, CREATED, *view.columns]
    return pa.concat_tables(list(source_files.read(store, files, names)))


def _read(store: ObjectStore, view: ViewFile, files: list[str]) -> pa.Table:
    names = [*view.entity, TIME, CREATED]
    return pa.concat_tables(list(source_files.read(store, files, names)))


def _events(view: ViewFile, rows: pa.Table, entities: pd.Index) -> pd.DataFrame:
    """Entity, event and created time of the rows of some entities."""
    frame = pd.DataFrame(
        {
            "entity": entity_texts(view, rows).to_pandas(),
            "event": rows[TIME].to_numpy(),
            "created": rows[CREATED].to_numpy(),
        }
    )
    frame["created"] = frame[["event", "created"]].max(axis=1)
    return frame[frame["entity"].isin(entities)]


def _distinct_events(rows: pd.DataFrame) -> pd.Series:
    return rows.drop_duplicates(["entity", "event"])["entity"].value_counts()


def _ends(view: ViewFile, rows: pa.Table, name: str, which: str) -> pd.Series:
    """The first or last of a time, by entity; a row is known no sooner than its event."""
    time = rows[name].to_numpy()
    if name == CREATED:
        time = pd.Series(time).clip(lower=rows[TIME].to_numpy()).to_numpy()
    found: pd.Series = pd.Series(time).groupby(entity_texts(view, rows).to_pandas()).agg(which)
    return found


def entity_texts(view: ViewFile, rows: pa.Table) -> pa.ChunkedArray:
    """One text per row for its entity."""
    columns = [rows[name].cast(pa.string()) for name in view.entity]
    return columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, _APART)
