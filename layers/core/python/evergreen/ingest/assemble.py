"""Gathered columns become the rows that stay, and an account of the others."""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.dataset import LabelledReport
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.table import Table
from evergreen.errors import InvalidTable
from evergreen.ingest import personal, quarantine, suspects, targets
from evergreen.ingest.clean import SET_ASIDE, clean, stated_times
from evergreen.ingest.cleaned import Cleaned
from evergreen.ingest.gather import Gathering

Mask = NDArray[np.bool_]

FOREIGN = "the outcome is none of the target's labels"


def assemble(
    gathering: Gathering,
    table: Table,
    model: ModelFile | None,
    labelled: LabelledReport | None,
    key: bytes,
) -> tuple[Cleaned, quarantine.Aside]:
    """Clean the columns, which are given up, and drop the rows that cannot stay.

    Args:
        model: whose table it is; None of a feature view.
        key: what personal columns are hashed with.

    Raises:
        InvalidTable: too many rows cannot be typed, none is left, or nothing can be learned.
    """
    hidden = personal.protect(gathering.columns, table, key)
    times = stated_times(gathering, table)
    aside = quarantine.set_aside(gathering, table, times.values)
    typed = clean(gathering, table, times, aside, gathering.sourced)
    drops = dict(typed.drops)
    lacking = np.zeros(gathering.rows, np.bool_)
    if model:
        lacking = targets.without_target(typed.rows, table.target)
        drops[f"the target '{table.target}' is missing"] = lacking
        drops[FOREIGN] = targets.foreign(typed.rows, model, gathering.sourced)
    keep, dropped = _kept(drops, gathering.rows)
    dropped[SET_ASIDE] += gathering.broken
    rows = typed.rows if keep.all() else typed.rows.filter(keep)
    _require_rows(rows.num_rows, model, rows)
    others = np.logical_or.reduce([mask for mask in drops.values() if mask is not lacking])
    return Cleaned(
        table=table,
        rows=rows,
        without_target=typed.rows.filter(lacking & ~others),
        types=typed.types,
        guessed=typed.guessed,
        sources=gathering.sources,
        labelled=labelled,
        rows_read=gathering.rows + gathering.broken,
        dropped={reason: count for reason, count in dropped.items() if count},
        findings=(*typed.findings, *suspects.found(rows, typed.types, table)),
        quarantine=aside.rows,
        personal=hidden,
    ), aside


def _kept(drops: dict[str, Mask], rows: int) -> tuple[Mask, dict[str, int]]:
    """The rows that stay, and how many were dropped by their first reason."""
    keep = np.ones(rows, np.bool_)
    dropped = {}
    for reason, affected in drops.items():
        dropped[reason] = int((keep & affected).sum())
        keep &= ~affected
    return keep, dropped


def _require_rows(count: int, model: ModelFile | None, rows: object) -> None:
    if model:
        targets.require_target(model, rows)
    elif not count:
        raise InvalidTable("No row is left after cleaning; check the event's time.")
