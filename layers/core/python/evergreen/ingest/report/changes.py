"""A dataset version beside the one before it."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from evergreen import distribution
from evergreen.contracts.profile import CategoryProfile, NumberProfile
from evergreen.contracts.quality_report import Change, ColumnReport, QualityReport
from evergreen.distribution import readable
from evergreen.drift_statistics import psi, psi_by_chance
from evergreen.ingest.report.columns import counted
from evergreen.ingest.report.values import Values

_SHIFT = 0.1
"""From here on a change is worth a look, if chance does not explain it (Siddiqi 2006)."""


class SchemaChange(Struct, frozen=True):
    """What differs in the columns of the sources."""

    gone: tuple[str, ...]
    new: tuple[str, ...]
    retyped: tuple[str, ...]
    """``age: number, was category``."""

    @property
    def sentence(self) -> str:
        """All of it; empty where nothing changed."""
        parts = (("gone", self.gone), ("new", self.new), ("of another type", self.retyped))
        return "; ".join(f"{what}: {', '.join(names[:10])}" for what, names in parts if names)


def schema_change(previous: QualityReport, columns: Sequence[ColumnReport]) -> SchemaChange:
    """How the columns differ from those of the previous version."""
    before = {column.name: column.type for column in previous.columns}
    now = {column.name: column.type for column in columns}
    return SchemaChange(
        gone=tuple(name for name in before if name not in now),
        new=tuple(name for name in now if name not in before),
        retyped=tuple(
            f"{name} ({kind}, was {before[name]})"
            for name, kind in now.items()
            if name in before and before[name] != kind
        ),
    )


def changes(
    previous: QualityReport, rows: int, columns: Sequence[ColumnReport], values: Sequence[Values]
) -> tuple[Change, ...]:
    """Of the rows and the schema, then of each column that both versions have."""
    found = [Change("", _rows_sentence(previous.rows, rows))]
    schema = schema_change(previous, columns).sentence
    if schema:
        found.append(Change("", f"Columns {schema}."))
    before = {column.name: column for column in previous.columns}
    both = [
        (before[c.name], c, v) for c, v in zip(columns, values, strict=True) if c.name in before
    ]
    moved = [*_columns(previous.rows, both)]
    moved.sort(key=lambda change: (-(change.psi or 0.0), change.column))
    return (*found, *moved)


def _rows_sentence(before: int, now: int) -> str:
    share = f" ({(now - before) / before:+.1%})".replace("%", " %") if before else ""
    return f"{now:,} rows, {before:,} before{share}."


def _columns(
    rows: int, both: Sequence[tuple[ColumnReport, ColumnReport, Values]]
) -> Iterator[Change]:
    for before, now, values in both:
        if before.profile is None or before.type != now.type:
            continue
        old = distribution.training_counts(before.profile, rows)
        new = _counts(before.profile, values)
        index, chance = psi(old, new), psi_by_chance(old, new)
        changed = index >= _SHIFT and index > chance
        sentence = f"{'Changed' if changed else 'No change worth a look'}: {_facts(before, now)}."
        yield Change(now.name, sentence, round(index, 6), changed)


def _counts(profile: NumberProfile | CategoryProfile, values: Values) -> np.ndarray:
    """Rows in the profile's bins, in the order of :func:`distribution.labels`."""
    if isinstance(profile, NumberProfile):
        return distribution.counts(profile, values.numbers.astype(np.float32))
    found = counted(values)
    known = [found.pop(label, 0) for label in profile.counts]
    return np.array([*known, sum(found.values()), int(values.missing.sum())], dtype=np.int64)


def _facts(before: ColumnReport, now: ColumnReport) -> str:
    facts = []
    if before.mean is not None and now.mean is not None:
        facts.append(f"mean {readable(now.mean)}, was {readable(before.mean)}")
    else:
        facts.append(f"{now.distinct:,} distinct values, were {before.distinct:,}")
    if before.missing or now.missing:
        facts.append(f"{now.missing:,} missing, were {before.missing:,}")
    return "; ".join(facts)
