"""A classifier of rows of few levels: shrunken log-odds of single columns and of pairs of them.

Each fold's rows are told apart by what the other folds' rows show. Counts of all pairs of levels
are one product of matrices, so that every pair of columns is looked at, and the few with the most
to tell beyond their columns are taken: a change of correlation shows in its pair though neither
column shows it. The chosen tables are then added up by boosting (Friedman 2001; Lou et al. 2013 for
pairs).
"""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Table = tuple[int, int]

_SWEEPS = 4
_RATE = 0.5
_PRIOR = 10.0
"""Rows' worth of doubt in each cell, in units of the loss's curvature."""
_PAIRS = 8
_Z_OF_COLUMN, _Z_OF_PAIR = 2.5, 4.0
"""In standard deviations of chi-squared: of a few hundred pairs one at most is so by chance."""


class Rows(Struct, frozen=True, eq=False):
    """Rows of both sides: ``levels`` of shape (rows, columns), each below ``width``; ``now`` is 1
    of the window's; ``weights`` sum to the harmonic mean
    of both sides' independent rows on either."""

    levels: NDArray[np.intp]
    now: Floats
    weights: Floats
    width: int

    def cell(self, table: Table) -> NDArray[np.intp]:
        """Each row's place in a table of a pair of columns, or of one with itself."""
        cell: NDArray[np.intp] = self.levels[:, table[0]] * self.width + self.levels[:, table[1]]
        return cell


def out_of_fold(rows: Rows, fold: NDArray[np.intp], folds: int) -> tuple[Floats, Floats]:
    """Scores of the rows by what the other folds show, and how much each column told in all."""
    sums = [_counts(rows, fold == k) for k in range(folds)]
    scores, told = np.zeros(len(rows.now)), np.zeros(rows.levels.shape[1])
    for k in range(folds):
        gradient, curvature = (sum(each[i] for each in sums) - sums[k][i] for i in (0, 1))
        tables = list(_chosen(gradient, curvature, rows.width))
        scores_of, told_of = _boosted(rows, fold != k, tables)
        scores[fold == k] = scores_of[fold == k]
        told += told_of
    return scores, told


def _counts(rows: Rows, mask: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """By pair of levels the sum of the first gradients and of the curvatures at even odds."""
    columns = rows.levels.shape[1]
    hot = np.zeros((int(mask.sum()), columns * rows.width), dtype=np.float32)
    places = rows.levels[mask] + np.arange(columns) * rows.width
    np.put_along_axis(hot, places, np.float32(1), axis=1)
    weights = rows.weights[mask].astype(np.float32)
    now = rows.now[mask] > 0
    later = (hot[now] * weights[now, np.newaxis]).T @ hot[now]
    before = (hot[~now] * weights[~now, np.newaxis]).T @ hot[~now]
    both = (later - before) / 2, (later + before) / 4
    return both[0].astype(np.float64), both[1].astype(np.float64)


def _chosen(gradient: Floats, curvature: Floats, width: int) -> Iterator[Table]:
    """Single columns and pairs that tell more than chance, or the best column."""
    columns = len(gradient) // width
    gain = np.divide(gradient**2, curvature, out=np.zeros_like(gradient), where=curvature > 0)
    shape = (columns, width, columns, width)
    total = gain.reshape(shape).sum(axis=(1, 3))
    cells = (curvature.reshape(shape) > 0).sum(axis=(1, 3))
    single, levels = np.diagonal(total), np.diagonal(cells)
    free = np.maximum(levels - 1, 1)
    z = (single - free) / np.sqrt(2 * free)
    yield from ((c, c) for c in np.flatnonzero(z >= min(_Z_OF_COLUMN, z.max())).tolist())
    pair_free = np.maximum(cells - levels - levels[:, np.newaxis] + 1, 1)
    beyond = total - single - single[:, np.newaxis]
    pairs = np.triu((beyond - pair_free) / np.sqrt(2 * pair_free), k=1)
    best = np.argsort(pairs, axis=None)[::-1][:_PAIRS]
    for place in best.tolist():
        if pairs.flat[place] >= _Z_OF_PAIR:
            yield divmod(place, columns)


def _boosted(rows: Rows, mask: NDArray[np.bool_], tables: list[Table]) -> tuple[Floats, Floats]:
    scores, told = np.zeros(len(rows.now)), np.zeros(rows.levels.shape[1])
    cells = [rows.cell(table) for table in tables]
    kept = np.where(mask, rows.weights, 0.0)
    size = rows.width**2
    for _ in range(_SWEEPS):
        for (first, second), cell in zip(tables, cells, strict=True):
            chance = 1 / (1 + np.exp(-scores))
            gradient = np.bincount(cell, kept * (rows.now - chance), size)
            curvature = np.bincount(cell, kept * chance * (1 - chance), size)
            step = _RATE * gradient / (curvature + _PRIOR)
            scores = scores + step[cell]
            told[[first, second]] += float(step @ gradient) / 2
    return scores, told
