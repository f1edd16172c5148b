"""Shapley values of a row's columns: what each adds to the model's answer, fairly divided.

A coalition is a set of columns that have the row's values while all others have those of a
background row; its worth is the model's mean answer over the background (the interventional form
of Štrumbelj and Kononenko 2014, "Explaining prediction models and individual predictions with
feature contributions"). A column's value is its mean addition to the worth over all orders in
which the columns can join (Shapley 1953). With few columns all coalitions are asked; with more,
those along random orders (Castro, Gómez and Tejada 2009), each beside its reverse, which makes the
values of a model whose columns act in pairs at most exact (Lundberg's permutation explainer does
the same). All of a row's coalitions are one batch.
"""

import hashlib
import math
from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

GRAPH_ROWS_AT_MOST = 25_600
"""What one row may cost: 512 coalitions against a background of 50 rows."""

Score = Callable[[NDArray[np.float32]], NDArray[np.float64]]


class Shares(Struct, frozen=True, eq=False):
    """``base`` + the sum of ``columns`` is the model's answer for the row.

    ``columns`` is float64 of shape (d,); ``exact`` says that all coalitions were asked.
    """

    base: float
    columns: NDArray[np.float64]
    exact: bool


def columns_at_most(background_rows: int) -> int:
    """The most columns that one order and its reverse fit the cost with."""
    return (GRAPH_ROWS_AT_MOST // background_rows - 2) // 2 + 1


def shapley(
    score: Score, row: NDArray[np.float32], background: NDArray[np.float32], seed: bytes
) -> Shares:
    """Divide ``score(row)`` among the columns of ``row``.

    Args:
        score: the model: float32 of shape (n, d) to float64 of shape (n,).
        row: float32 of shape (d,).
        background: float32 of shape (rows, d), with d of at most :func:`columns_at_most`.
        seed: decides the random orders; the same seed gives the same values.
    """
    if 2 ** len(row) * len(background) <= GRAPH_ROWS_AT_MOST:
        return _enumerated(score, row, background)
    return _permuted(score, row, background, seed)


def _worth(
    score: Score,
    row: NDArray[np.float32],
    background: NDArray[np.float32],
    coalitions: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """The worth of each coalition (shape (m, d), true where the row's value stands): shape (m,)."""
    mixed = np.where(coalitions[:, np.newaxis, :], row, background)
    # Where columns have few values most rows are alike (6 of 7 in the crash table): ask once.
    alike = np.dtype((np.void, row.itemsize * len(row)))
    _, first, which = np.unique(
        mixed.reshape(-1).view(alike), return_index=True, return_inverse=True
    )
    answers = score(mixed.reshape(-1, len(row))[first])[which].reshape(mixed.shape[:2])
    mean: NDArray[np.float64] = answers.mean(axis=1)
    return mean


def _enumerated(score: Score, row: NDArray[np.float32], background: NDArray[np.float32]) -> Shares:
    """All coalitions; number n is the one whose columns are the bits of n."""
    count = len(row)
    numbers = np.arange(2**count)
    members = (numbers[:, np.newaxis] >> np.arange(count) & 1).astype(np.bool_)
    worth = _worth(score, row, background, members)
    sizes = members.sum(axis=1)
    weights = np.array([1 / (count * math.comb(count - 1, size)) for size in range(count)])
    shares = np.empty(count)
    for column in range(count):
        without = numbers[~members[:, column]]
        added = worth[without | 1 << column] - worth[without]
        shares[column] = weights[sizes[without]] @ added
    return Shares(float(worth[0]), shares, exact=True)


def _permuted(
    score: Score, row: NDArray[np.float32], background: NDArray[np.float32], seed: bytes
) -> Shares:
    """Coalitions along random orders and their reverses."""
    count = len(row)
    pairs = (GRAPH_ROWS_AT_MOST // len(background) - 2) // (2 * (count - 1))
    orders = _orders(seed, pairs, count)
    places = np.argsort(np.concatenate([orders, orders[:, ::-1]]), axis=1)
    # Coalition k of an order holds its first k columns; many orders share the small and large.
    prefixes = places[:, np.newaxis, :] < np.arange(count + 1)[:, np.newaxis]
    coalitions, which = np.unique(prefixes.reshape(-1, count), axis=0, return_inverse=True)
    worth = _worth(score, row, background, coalitions)[which].reshape(2 * pairs, count + 1)
    added = np.take_along_axis(np.diff(worth, axis=1), places, axis=1)
    return Shares(float(worth[0, 0]), added.mean(axis=0), exact=False)


def _orders(seed: bytes, pairs: int, count: int) -> NDArray[np.intp]:
    """Random orders of ``count`` columns, shape (pairs, count).

    Drawn from a hash, not from numpy's generators, whose streams may change between releases: a
    decision must be explained alike years later.
    """
    drawn = hashlib.shake_256(seed).digest(8 * pairs * count)
    return np.argsort(np.frombuffer(drawn, "<u8").reshape(pairs, count), axis=1, kind="stable")
