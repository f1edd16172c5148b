"""Scoring a whole table: its plan, its chunks, what each chunk leaves, and the manifest.

``batches/<batch>/`` in the features bucket holds ``plan.json`` (a list of :class:`Chunk`),
``part-NNNNN.parquet`` (:data:`ID`, :func:`answer_columns` and the columns to keep),
``part-NNNNN.json`` (a :class:`PartReport`), ``refused-NNNNN.parquet`` where rows were refused,
and ``manifest.json``.
"""

from typing import Literal

from msgspec import Struct

from evergreen.contracts.model_file import Problem
from evergreen.contracts.stages import RunInput

ID, PROBABILITY, LABEL, VALUE = "id", "probability", "label", "value"
"""``id`` is text; what the others hold, :func:`answer_columns` says."""

REFUSED_COLUMNS = ("id", "source", "row", "column", "reason")
"""Columns of ``refused-NNNNN.parquet``, one line a problem; ``row`` counts from 0 in its source."""

CHUNKS_AT_MOST = 1000
"""Step Functions keeps 256 KiB of what the chunks of one map say; each says some 60 bytes."""

TRIGGER = "batch"
"""What a scoring run's record names as its trigger."""


def answer_columns(
    problem: Problem, classes: tuple[str, ...]
) -> dict[str, Literal["text", "number"]]:
    """The columns of a part that hold the model's answers, numbers as float64.

    Binary: ``probability`` of the positive class, ``label``. Several classes: the ``label``, its
    ``probability``, and ``probability.<class>`` of each. A number: ``value``.
    """
    if problem == "binary":
        return {PROBABILITY: "number", LABEL: "text"}
    if problem == "multiclass":
        of_all: dict[str, Literal["text", "number"]] = {
            f"{PROBABILITY}.{label}": "number" for label in classes
        }
        return {LABEL: "text", PROBABILITY: "number", **of_all}
    return {VALUE: "number"}


class PlanInput(Struct, frozen=True):
    """The table to score: ``run.sources`` holds one key or prefix of the features bucket.

    ``keep`` names columns that are copied beside the predictions.
    """

    run: RunInput
    keep: tuple[str, ...] = ()


class Chunk(Struct, frozen=True, kw_only=True):
    """Neighbouring row groups of one file, all that one worker needs to know.

    ``tag`` is the object's; ``first_row`` numbers the chunk's first row within the batch,
    ``first_source_row`` within its file.
    """

    batch: str
    model: str
    version: int
    number: int
    source: str
    tag: str
    row_groups: tuple[int, ...]
    first_row: int
    first_source_row: int
    rows: int
    keep: tuple[str, ...]


class PlanOutput(Struct, frozen=True):
    """The batch and the key of its ``plan.json``, which the map reads its items from.

    The same rows, scored by the same version, are the same batch.
    """

    batch: str
    items: str
    chunks: int
    rows: int
    version: int
    summary: str


class ChunkInput(Struct, frozen=True):
    """One chunk of a run's batch."""

    run: RunInput
    chunk: Chunk


class ChunkOutput(Struct, frozen=True):
    """One line for people; what was found lies in the part's report."""

    part: int
    summary: str


class PartReport(Struct, frozen=True, kw_only=True):
    """What became of one chunk. ``rows`` = ``predicted`` + ``refused``.

    ``unseen`` counts category values that training never saw, by column; ``reasons`` counts
    problems, of which a refused row may have several.
    """

    number: int
    rows: int
    predicted: int
    refused: int
    unseen: dict[str, int]
    reasons: dict[str, int]


class FinishInput(Struct, frozen=True):
    """Close the batch."""

    run: RunInput
    plan: PlanOutput


class Manifest(Struct, frozen=True, kw_only=True):
    """What a batch holds. ``files`` are the parts in the order of their rows."""

    batch: str
    model: str
    version: int
    sources: tuple[str, ...]
    rows: int
    predicted: int
    refused: int
    unseen: dict[str, int]
    reasons: dict[str, int]
    files: tuple[str, ...]
    refused_files: tuple[str, ...]
    finished_at: str


class FinishOutput(Struct, frozen=True):
    """The key of ``manifest.json``."""

    manifest: str
    rows: int
    predicted: int
    refused: int
    summary: str
