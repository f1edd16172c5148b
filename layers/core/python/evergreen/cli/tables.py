"""Rows and outcomes from a person's files."""

import csv
import io
import math
import sys
from pathlib import Path
from typing import Any

import msgspec

from evergreen.canonical import category_text
from evergreen.errors import InvalidTable

Rows = list[dict[str, Any]]


def read(path: str, name: str) -> Rows:
    """The rows of a CSV, JSON or JSON Lines file, ``-`` being standard input.

    Cells of a CSV stay text, empty ones are None. JSON is a list of objects, an object with that
    list under ``name``, or one object a line.

    Raises:
        InvalidTable: the file cannot be read as such, or has no rows.
    """
    text = _text(path)
    rows = _json(path, text, name) if text.lstrip()[:1] in {"[", "{"} else _csv(path, text)
    if not rows:
        raise InvalidTable(f"{path} has no rows.")
    return rows


def fit(rows: Rows, signature: dict[str, Any]) -> tuple[Rows, list[str]]:
    """Rows as a model's signature takes them: its columns alone, numbers read from text.

    A cell of a number that says there is none, by the usual words or the column's own, is None; one
    that is no number stays text, for the API to name by row and column.

    Returns:
        The rows, and the names of the columns that were left out.
    """
    numbers = {
        c["name"]: {category_text(word) for word in (c.get("rule") or {}).get("missing", ())}
        for c in signature["inputs"]
        if c["type"] == "number"
    }
    taken = {c["name"] for c in signature["inputs"]} | set(signature["context"])
    left_out = dict.fromkeys(name for row in rows for name in row if name not in taken)
    fitted = [
        {
            name: _number(value, numbers[name]) if name in numbers else value
            for name, value in row.items()
            if name in taken
        }
        for row in rows
    ]
    return fitted, list(left_out)


def outcomes(given: Rows, signature: dict[str, Any]) -> Rows:
    """Outcomes as a model's signature takes them: numbers read from text where it answers one."""
    if signature["classes"]:
        return given
    return [
        said | {"outcome": _number(said["outcome"], set())} if "outcome" in said else said
        for said in given
    ]


def _text(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise InvalidTable(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InvalidTable(f"{path} is no UTF-8 text.") from None


def _json(path: str, text: str, name: str) -> Rows:
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        found = _json_lines(path, text)
    if isinstance(found, dict):
        found = found.get(name, [found])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise InvalidTable(f"{path} must hold a list of JSON objects.")
    return found


def _json_lines(path: str, text: str) -> Any:
    try:
        return msgspec.json.Decoder().decode_lines(text)
    except msgspec.DecodeError as error:
        raise InvalidTable(f"{path} is no valid JSON: {error}.") from None


def _csv(path: str, text: str) -> Rows:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows: Rows = []
    for row in reader:
        if None in row:
            raise InvalidTable(f"{path}, line {reader.line_num}, has more cells than the header.")
        rows.append({name: value or None for name, value in row.items()})
    return rows


def _number(value: Any, missing: set[str]) -> Any:
    if not isinstance(value, str):
        return value
    text = category_text(value)
    if not text or text in missing:
        return None
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value
