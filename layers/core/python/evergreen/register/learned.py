"""What a version learned from, as its card tells it."""

from typing import Literal

from msgspec import Struct

from evergreen.contracts.feature_set import Manifest, SplitReport
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import Lineage
from evergreen.page import Html, table

_ORIGINS = {
    "request": "the table",
    "view": "a feature view",
    "calendar": "the row's time",
    "past": "the past of its series",
}


class Input(Struct, frozen=True):
    """A column of the signature; this layer has no numpy, which the whole signature needs."""

    name: str
    type: str
    origin: Literal["request", "view", "calendar", "past"] = "request"


class Inputs(Struct, frozen=True):
    """The columns of a signature, in order."""

    inputs: tuple[Input, ...]


class Learned(Struct, frozen=True):
    """The feature set: how it was split, and its columns."""

    split: Manifest
    inputs: tuple[Input, ...]


def columns(learned: Learned) -> Html:
    """Every column that is learned from, its type and where it comes from."""
    rows = [(c.name, c.type, _ORIGINS[c.origin]) for c in learned.inputs]
    return table(["Feature", "Type", "From"], rows)


def data(file: ModelFile, lineage: Lineage, learned: Learned) -> Html:
    """Rows, sources and why they were split as they were."""
    rows: list[tuple[str, object]] = [
        ("Rows it was fitted on", f"{lineage.rows:,}"),
        *([("Which", lineage.window)] if lineage.window else []),
        ("Newest of them", lineage.newest or "no time column"),
        ("Sources", ", ".join(lineage.sources)),
        ("How they were split", learned.split.rule),
    ]
    if lineage.labelled_until:
        until = f"those with their outcome by {lineage.labelled_until}"
        rows.append(("Served predictions", until))
    if file.group:
        rows.append(("Never split apart", f"rows of one '{file.group}'"))
    for join in learned.split.joins:
        known = f"build {join.build}; nothing was known of {join.rows_without:,} rows"
        rows.append((f"View {join.view}", known))
    return table(["", ""], rows)


def splits(learned: Learned) -> Html:
    """The splits: their rows, their target and the time they cover."""
    rows = [(s.name, f"{s.rows:,}", _target(s), s.oldest, s.newest) for s in learned.split.splits]
    return table(["Split", "Rows", "Target", "From", "To"], rows)


def _target(split: SplitReport) -> str:
    if split.mean is not None:
        return f"mean {split.mean:,.4g}"
    return ", ".join(f"{label} {rows:,}" for label, rows in split.classes.items())
