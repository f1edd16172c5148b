"""Champion and challenger on the same hold-out rows, none of which either learned from.

A champion would win by heart on rows that it was fitted on. By time there are none as long as a
table only grows at its newer end; rows that came late, a larger ``split.test`` or hashes that are
dealt anew bring them into the hold-out.
"""

from datetime import datetime
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen import metrics
from evergreen.bootstrap import bootstrap, clusters_in_time, clusters_of, confidence
from evergreen.contracts.columns import Categories, Values, categories, is_text
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import Lineage
from evergreen.contracts.verdict import Contest
from evergreen.drift_statistics import in_bins, psi
from evergreen.errors import NotFound
from evergreen.feature_set import read_rows, read_signature
from evergreen.frame import Frame
from evergreen.hashes import bits, mix, of_rows, of_texts
from evergreen.metrics import Floats
from evergreen.ports import ObjectStore

_ROWS_AT_LEAST = 50
"""Fewer than the features stage would measure on."""

Mask = NDArray[np.bool_]


class Opponent(Struct, frozen=True, eq=False):
    """The champion, and which of the n hold-out rows it learned from."""

    version: int
    learned: Mask


def opponent(
    version: int,
    lineage: Lineage,
    held: Frame,
    classes: tuple[str, ...],
    *,
    feature_set: str,
    oldest: str,
    features: ObjectStore,
) -> Opponent:
    """Compare the rows of the hold-out with those that the champion was fitted on.

    Where its feature set is gone, rows that are no newer than its newest are taken for learned.

    Args:
        feature_set: of the hold-out.
        oldest: ISO 8601 time of the oldest hold-out row, "" without a time.
    """
    later = bool(oldest) and bool(lineage.newest) and oldest > lineage.newest
    if lineage.feature_set == feature_set or later:
        return Opponent(version, np.zeros(len(held), dtype=np.bool_))
    try:
        labels = read_signature(features, lineage.feature_set).classes
        train = read_rows(features, lineage.feature_set, "train")
        rows = train.then(read_rows(features, lineage.feature_set, "validation"))
    except NotFound:
        return Opponent(version, _not_newer(held, lineage.newest if oldest else ""))
    shared = sorted(held.columns.keys() & rows.columns.keys())
    mine, theirs = _content(held, classes, shared), _content(rows, labels, shared)
    return Opponent(version, np.isin(mine, theirs))


def contest(
    file: ModelFile, rows: Frame, scores: dict[str, Floats], against: Opponent, resampled: Floats
) -> Contest:
    """Both on the rows that the champion did not learn from; where too few are left, on all.

    Args:
        resampled: challenger's and champion's metric on resamples of all rows, shape (2, B).
    """
    fair, learned = ~against.learned, int(against.learned.sum())
    enough = _enough(rows, fair)
    if not enough:
        fair = np.ones(len(rows), dtype=np.bool_)
    kept = rows if fair.all() else rows.take(fair)
    both = [scores["challenger"][fair], scores["champion"][fair]]
    if len(kept) < len(rows):
        seed = file.search.seed % 2**32
        resampled = bootstrap(file.metric, kept.target, both, clusters(file, kept), seed)
    challenger, champion = (metrics.measure(file.metric, kept.target, each) for each in both)
    return Contest(
        against.version,
        champion,
        challenger,
        confidence(file.metric, resampled[0], resampled[1]),
        _distance(scores),
        len(kept),
        left_out=learned if enough else 0,
        known=0 if enough else learned,
    )


def clusters(file: ModelFile, rows: Frame) -> NDArray[np.intp]:
    """Which rows a resample draws together."""
    find = clusters_in_time if file.splits_by == "time" else clusters_of
    return find(rows, file.group)


def _not_newer(held: Frame, newest: str) -> Mask:
    if not newest:
        return np.zeros(len(held), dtype=np.bool_)
    seconds = datetime.fromisoformat(newest).timestamp()
    found: Mask = held.time <= round(seconds * 1000) * 10**6
    return found


def _enough(rows: Frame, fair: Mask) -> bool:
    if np.count_nonzero(fair) < _ROWS_AT_LEAST:
        return False
    # One class, or one number, measures nothing.
    return len(np.unique(rows.target[fair])) > 1


def _content(rows: Frame, classes: tuple[str, ...], names: list[str]) -> NDArray[np.uint64]:
    """A hash of each row's content, shape (n,)."""
    target: NDArray[Any] = rows.target
    if classes:
        target = of_texts(classes)[rows.target].view(np.int64)
    return of_rows(target, rows.time, (_hashed(rows.columns[name]) for name in names))


def _hashed(values: Values) -> NDArray[np.uint64]:
    if not is_text(values):
        return mix(bits(np.asarray(values)))
    known = values if isinstance(values, Categories) else categories(values)
    found: NDArray[np.uint64] = of_texts(known.values)[known.codes]
    return found


def _distance(scores: dict[str, Floats]) -> float:
    """How far the two versions' answers are apart, as a trial sees them: of several classes the
    labels."""
    champion, challenger = (
        [str(place) for place in answered.argmax(axis=1)]
        if answered.ndim > 1
        else answered.tolist()
        for answered in (scores["champion"], scores["challenger"])
    )
    return psi(*in_bins(champion, challenger))
