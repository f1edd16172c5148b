"""Rows as arrays by name, the rows along the last axis of each."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.hashes import mix

Arrays = dict[str, NDArray[Any]]

_ID_BYTES = 64


def taken(rows: Arrays, index: Any) -> Arrays:
    """The rows that a mask, an index or a slice selects."""
    return {name: array[..., index] for name, array in rows.items()}


def joined(parts: Sequence[Arrays]) -> Arrays:
    """All rows of at least one part, in the order of the parts."""
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


def id_texts(ids: Sequence[str]) -> NDArray[np.bytes_]:
    """The bytes of each id, shape (n,); of one longer than 64 its BLAKE2b."""
    sent: Sequence[str | bytes] = ids
    if max(map(len, ids), default=0) > _ID_BYTES or not "".join(ids).isascii():
        sent = [each if len(each) <= _ID_BYTES else blake2b(each).digest() for each in _bytes(ids)]
    return np.array(sent, dtype=f"S{_ID_BYTES}")


def id_hashes(texts: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """64 bits of each of :func:`id_texts`, its words mixed one after the other."""
    words = np.ascontiguousarray(texts).view("<u8").reshape(len(texts), _ID_BYTES // 8)
    mixed = np.zeros(len(texts), dtype=np.uint64)
    for word in words.T:
        mixed = mix(mixed ^ word)
    return mixed


def _bytes(ids: Sequence[str]) -> list[bytes]:
    # JSON may hold half of a character, which UTF-8 may not.
    return [each.encode("utf-8", "surrogatepass") for each in ids]


def instants(moments: Sequence[str]) -> NDArray[np.int64]:
    """Nanoseconds since 1970 of ISO 8601 texts in UTC; the least there is for another text."""
    try:
        plain = [text.removesuffix("Z") for text in moments]
        found = np.array(plain, dtype="M8[ns]").astype(np.int64)
        return np.atleast_1d(found)
    except ValueError:
        return np.array([_instant(text) for text in moments], dtype=np.int64)


def _instant(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return int(np.iinfo(np.int64).min)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(zoned.timestamp() * 1000) * 10**6
