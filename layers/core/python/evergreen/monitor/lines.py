"""Lines of JSON in many objects, a bounded number of bytes at a time.

A thread fetches and decompresses the next part while the last one is read, which the interpreter
allows for both; so the memory is that of a few parts and the objects on their way.
"""

import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec

from evergreen.ports import ObjectStore

_PART = 96 * 1024
"""Bytes of JSON that are decoded together: their Python values fit the processor's cache."""
_FETCHED = 8
"""Objects on their way at once."""
_AHEAD = 8

_GZIP = b"\x1f\x8b"
_EITHER = 31

Line = TypeVar("Line")
Item = TypeVar("Item")


def parts(store: ObjectStore, keys: list[str]) -> Iterator[bytes]:
    """Whole lines of the objects, at least one and few at a time."""
    with ThreadPoolExecutor(1) as pool:
        yield from _ahead(pool, _parts(store, keys))


def decoded(decoders: "tuple[msgspec.json.Decoder[Line], ...]", part: bytes) -> list[Line]:
    """The lines that a decoder can read, the first before the others; broken ones are left out."""
    for decoder in decoders:
        try:
            return decoder.decode_lines(part)
        except msgspec.DecodeError:
            continue
    lines = (_decoded(decoders[-1], line) for line in part.splitlines())
    return [line for found in lines for line in found]


def _decoded(decoder: "msgspec.json.Decoder[Line]", line: bytes) -> list[Line]:
    try:
        return [decoder.decode(line)]
    except msgspec.DecodeError:
        return []


def _parts(store: ObjectStore, keys: list[str]) -> Iterator[bytes]:
    for body in _bodies(store, keys):
        rest = b""
        for piece in _unpacked(body):
            whole, newline, after = piece.rpartition(b"\n")
            if newline:
                yield rest + whole
                rest = after
            else:
                rest += piece
        if rest:
            yield rest


def _bodies(store: ObjectStore, keys: list[str]) -> Iterator[bytes]:
    waiting: deque[Future[bytes]] = deque()
    left = iter(keys)
    with ThreadPoolExecutor(_FETCHED) as pool:
        for key in left:
            waiting.append(pool.submit(store.read, key))
            if len(waiting) == _FETCHED:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _unpacked(body: bytes) -> Iterator[bytes]:
    if body[:2] != _GZIP:
        yield from (body[start : start + _PART] for start in range(0, len(body), _PART))
        return
    while body:
        stream = zlib.decompressobj(_EITHER)
        while not stream.eof:
            piece = stream.decompress(body, _PART)
            if not piece and not stream.unconsumed_tail:
                break
            body = stream.unconsumed_tail
            yield piece
        body = stream.unused_data


def _ahead(pool: ThreadPoolExecutor, items: Iterator[Any]) -> Iterator[Any]:
    """The items, each made by the pool's one thread before it is asked for."""
    end = object()
    waiting = deque(pool.submit(next, items, end) for _ in range(_AHEAD))
    while (item := waiting.popleft().result()) is not end:
        waiting.append(pool.submit(next, items, end))
        yield item
