"""A batch of JSON rows against a model's signature: arrays to encode, or everything wrong with it.

The whole batch is checked before anything is said, so that a caller mends it in one go.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.cleaning import clean_number, clean_numbers, clean_text, clean_texts
from evergreen.contracts.signature import Column, Signature
from evergreen.errors import EvergreenError

PROBLEMS_AT_MOST = 20
"""What a person still reads; the answer says how many more there are."""

TEXT_CHARACTERS_AT_MOST = 1000
"""Longer text is no category; it bounds what a row takes in a capture record (1,000 KiB)."""

LARGEST = float(np.finfo(np.float32).max)
"""The largest number that a graph takes."""


class RowProblem(Struct, frozen=True):
    """What is wrong with one value. ``row`` counts from 0, as in the request's list."""

    row: int
    column: str
    detail: str


class RejectedRows(EvergreenError):
    """Rows break the model's signature."""

    title = "Invalid rows"

    def __init__(self, problems: list[RowProblem]) -> None:
        """Keep the first problems, and count all of them."""
        self.problems = problems[:PROBLEMS_AT_MOST]
        first = problems[0]
        more = len(problems) - len(self.problems)
        found = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(
            f"The rows do not fit the model: {found}, the first in row {first.row}, "
            f"column '{first.column}': {first.detail}"
            + (f" The list names {PROBLEMS_AT_MOST}; there are {more} more." if more else "")
        )


class Batch(Struct, frozen=True, eq=False):
    """Rows that fit. ``columns`` is ready for ``encode``; ``unseen`` counts unknown categories."""

    rows: list[dict[str, Any]]
    columns: dict[str, NDArray[Any]]
    unseen: dict[str, int]


def check(signature: Signature, rows: list[dict[str, Any]]) -> Batch:
    """Make ``rows`` into one array per input.

    Raises:
        RejectedRows: names each row and column that does not fit.
    """
    if problems := misfits(signature, rows):
        raise RejectedRows(problems)
    columns = {column.name: _array(column, rows) for column in signature.inputs}
    return Batch(rows, columns, _unseen(signature, columns))


def misfits(signature: Signature, rows: list[dict[str, Any]]) -> list[RowProblem]:
    """All that is wrong with ``rows``, in their order."""
    known = {column.name for column in signature.inputs} | set(signature.context)
    problems = [problem for n, row in enumerate(rows) for problem in _misfits(signature, n, row)]
    problems += [
        RowProblem(n, name[:100], f"The model takes no column '{name[:100]}'; leave it out.")
        for n, row in enumerate(rows)
        if not row.keys() <= known
        for name in sorted(row.keys() - known)
    ]
    return sorted(problems, key=lambda problem: problem.row)


def _misfits(signature: Signature, number: int, row: dict[str, Any]) -> Iterator[RowProblem]:
    for column in signature.inputs:
        detail = (
            _misfit(column, row[column.name])
            if column.name in row
            else "The column is missing; the model takes it."
        )
        if detail:
            yield RowProblem(number, column.name, detail)
    for name in signature.context:
        if detail := _misfit_scalar(row.get(name)):
            yield RowProblem(number, name, detail)


def _misfit(column: Column, value: object) -> str:
    if value is None or (column.type == "category" and value == value and not _text(column, value)):
        return "" if column.nullable else "The value is missing, and the model needs one."
    if column.type == "category":
        return _misfit_scalar(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"The value is {kind_of(value)} where a number belongs."
    # Compared as it came: an integer may be too large to become a float at all.
    if not -LARGEST <= value <= LARGEST:
        return _not_finite(value)
    if column.rule and not column.nullable and math.isnan(clean_number(column.rule, value)):
        return "The value is none by the column's cleaning rule, and the model needs one."
    return ""


def _text(column: Column, value: object) -> str:
    text = category_text(value)
    return clean_text(column.rule, text) if column.rule else text


def _misfit_scalar(value: object) -> str:
    if isinstance(value, dict | list):
        return f"The value is {kind_of(value)} where a single value belongs."
    if isinstance(value, float) and not math.isfinite(value):
        return _not_finite(value)
    if isinstance(value, str) and len(value) > TEXT_CHARACTERS_AT_MOST:
        return f"The text has {len(value):,} characters and may have {TEXT_CHARACTERS_AT_MOST:,}."
    return ""


def _not_finite(value: float) -> str:
    if isinstance(value, float) and math.isnan(value):
        return "The value is NaN; send null for a missing value."
    return "The number is infinite or too large for 32-bit floating point."


def kind_of(value: object) -> str:
    """What a JSON value is, in a sentence."""
    kinds = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def _array(column: Column, rows: list[dict[str, Any]]) -> NDArray[Any]:
    values = [row[column.name] for row in rows]
    if column.type == "category":
        texts = np.array([category_text(value) for value in values], dtype=np.str_)
        return clean_texts(column.rule, texts) if column.rule else texts
    numbers = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    return clean_numbers(column.rule, numbers) if column.rule else numbers


def _unseen(signature: Signature, columns: dict[str, NDArray[Any]]) -> dict[str, int]:
    unseen = {}
    for column in signature.inputs:
        if column.type == "category":
            known = {"", *column.values}
            if count := sum(value not in known for value in columns[column.name].tolist()):
                unseen[column.name] = count
    return unseen
