"""Lines of JSON in many objects, a bounded number of bytes at a time.

Objects are fetched ahead and decompressed as they are read, so the memory is that of one part and
of the objects on their way. A thread that decompresses ahead costs more in handing its parts over
than it saves, and in a function of one processor it saves nothing.
"""

import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import msgspec

from evergreen.ports import ObjectStore

_PART = 96 * 1024
"""Bytes of JSON that are decoded together: their Python values fit the processor's cache."""
_PACKED = 32 * 1024
_FETCHED = 8
"""Objects on their way at once."""

_GZIP = b"\x1f\x8b"
_EITHER = 31

Line = TypeVar("Line")


def parts(store: ObjectStore, keys: list[str]) -> Iterator[bytes]:
    """Whole lines of the objects, at least one and few at a time."""
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
    stream = zlib.decompressobj(_EITHER)
    for start in range(0, len(body), _PACKED):
        # Of the whole body, each part would copy all that is left.
        left = body[start : start + _PACKED]
        while left:
            yield stream.decompress(left, _PART)
            left = stream.unconsumed_tail
            if stream.eof:
                left, stream = stream.unused_data, zlib.decompressobj(_EITHER)
    while piece := stream.decompress(b"", _PART):
        yield piece
