"""Which label was answered for which."""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.run_report import Confusion

_LABELS_AT_MOST = 20
_OTHERS = "all others"


def confusion(
    classes: tuple[str, ...], truth: NDArray[np.integer], answered: NDArray[np.integer]
) -> Confusion:
    """Rows by truth and answer, both as places in ``classes``, shape (n,).

    Of more than 20 classes, those with the fewest rows are counted together.
    """
    count = len(classes)
    every = np.bincount(truth * count + answered, minlength=count * count).reshape(count, count)
    if count <= _LABELS_AT_MOST:
        return _confusion(classes, every)
    kept = np.sort(np.argsort(-every.sum(axis=1), kind="stable")[: _LABELS_AT_MOST - 1])
    place = np.full(count, len(kept))
    place[kept] = np.arange(len(kept))
    together = np.zeros((len(kept) + 1, len(kept) + 1), dtype=np.int64)
    np.add.at(together, (place[:, None], place[None, :]), every)
    return _confusion((*(classes[i] for i in kept), _OTHERS), together)


def _confusion(labels: tuple[str, ...], counts: NDArray[np.int64]) -> Confusion:
    return Confusion(labels, tuple(tuple(row) for row in counts.tolist()))
