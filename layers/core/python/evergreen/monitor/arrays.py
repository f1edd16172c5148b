"""Rows as arrays by name, the rows along the last axis of each."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def taken(rows: Arrays, index: Any) -> Arrays:
    """The rows that a mask, an index or a slice selects."""
    return {name: array[..., index] for name, array in rows.items()}


def joined(parts: Sequence[Arrays]) -> Arrays:
    """All rows of at least one part, in the order of the parts."""
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


def id_hashes(ids: Sequence[str]) -> NDArray[np.uint64]:
    """The first 8 bytes of each id's BLAKE2b."""
    hashed = b"".join([blake2b(each.encode()).digest()[:8] for each in ids])
    return np.frombuffer(hashed, dtype="<u8").astype(np.uint64, copy=False)


def instants(moments: Sequence[str]) -> NDArray[np.int64]:
    """Nanoseconds since 1970 of ISO 8601 texts in UTC; the least there is for another text."""
    try:
        plain = [text[:-1] if text[-1:] == "Z" else text for text in moments]
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
