"""Hashes of numbers, the same on every machine; what decides without chance where a row goes."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray


def of_rows(
    target: NDArray[Any], time: NDArray[np.int64], columns: Iterable[NDArray[np.uint64]]
) -> NDArray[np.uint64]:
    """A hash of each row's content: equal rows have equal ones.

    Args:
        columns: a hash of each value, column by column, each of shape (n,).
    """
    mixed = mix(bits(target) ^ mix(bits(time)))
    for hashed in columns:
        mixed = mix(mixed + hashed)
    return mixed


def bits(values: NDArray[np.generic]) -> NDArray[np.uint64]:
    """The bits of numbers, one pattern for each value: 0 is also -0, and one NaN is another."""
    if values.dtype.kind != "f":
        return values.astype(np.int64).view(np.uint64)
    plain = values.astype(np.float64) + 0.0
    return np.where(np.isnan(plain), np.nan, plain).view(np.uint64)


def of_texts(texts: Iterable[str]) -> NDArray[np.uint64]:
    """A hash of each text, of shape (n,) for n of them; one longer at least, so that it can always
    be indexed."""
    digests = (blake2b(text.encode(), digest_size=8).digest() for text in (*texts, ""))
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): each bit depends on all."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
