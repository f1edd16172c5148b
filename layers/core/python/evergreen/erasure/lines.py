"""Captures and feedback without some of their rows, everything else as it was."""

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from evergreen.captured import unpacked
from evergreen.erasure.sweep import Without

Goes = Callable[[dict[str, Any]], bool]
"""Whether a row of a line is to go."""


def lines_without(rows: str, goes: Goes) -> Without:
    """What removes rows from gzip or plain JSON lines, each with a list of them under ``rows``.

    A line that has lost all its rows goes, an object that has lost all its lines goes. What cannot
    be read stays.
    """

    def without(stored: bytes) -> tuple[bytes | None, int]:
        body = unpacked(stored)
        kept, removed = [], 0
        for line in body.splitlines(keepends=True):
            left, gone = _line(line, rows, goes)
            kept.append(left)
            removed += gone
        made = b"".join(kept)
        if not made.strip():
            return None, removed
        return (made if body is stored else gzip.compress(made, mtime=0)), removed

    return without


def _line(line: bytes, rows: str, goes: Goes) -> tuple[bytes, int]:
    document = _decoded(line)
    found = document.get(rows)
    if not isinstance(found, list) or not any(map(goes, found)):
        return line, 0
    kept = [row for row in found if not goes(row)]
    made = msgspec.json.encode(document | {rows: kept}) + b"\n" if kept else b""
    return made, len(found) - len(kept)


def rows_of(stored: bytes, rows: str) -> Iterator[dict[str, Any]]:
    """All rows of such an object."""
    for line in unpacked(stored).splitlines():
        yield from _decoded(line).get(rows) or ()


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return {}
    return document if isinstance(document, dict) else {}
