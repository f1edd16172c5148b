"""How many rows of the future hold a value that is not known, where many values are rare.

Which values are known was chosen by the very rows that are then counted: the most frequent ones
are so partly by chance, and a value that was seen once says little of being seen again. Leaving
each row out in turn tells how many of them would not have been known without themselves (Good,
"The population frequencies of species", 1953, of those that were seen once). So many are counted
as unseen, or a column of a thousand dates would drift by itself.
"""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories

UNSEEN = "\0unseen"
"""No text of a table: canonical text has no such character."""
_DEVIATIONS = 1.5
"""Of a count by chance, beside the row itself; what was chosen owes no more to it. Values that are
all as frequent by design, as hours of a day, are not left out by one row less."""


def as_served(values: Categories, known: tuple[str, ...]) -> Categories:
    """The rows as they would come if they were not those that ``known`` was chosen by: some of a
    known value have another, :data:`UNSEEN`. The same rows give the same.

    Args:
        values: n rows, "" for missing.
        known: the most frequent values.
    """
    counted = values.counted().astype(np.float64)
    kept = set(known)
    there = np.array([value != "" for value in values.values], dtype=np.bool_) & (counted > 0)
    mine = np.array([value in kept for value in values.values], dtype=np.bool_) & there
    rate = np.zeros(len(counted))
    if mine.any():
        own = counted[mine]
        by_chance = own @ (1 - _still_known(own - 1, own, counted[there & ~mine])) / len(own)
        rate[mine] = np.minimum(by_chance, np.minimum(1 + _DEVIATIONS * np.sqrt(own), own)) / own
    if not rate.any():
        return values
    draw = np.random.default_rng(0).random(len(values))
    codes = np.where(draw < rate[values.codes], len(values.values), values.codes)
    return Categories(codes, (*values.values, UNSEEN))


def _still_known(
    count: NDArray[np.float64], known: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The chance of a value of that count to be among the known ones."""
    if not len(others):
        return (count >= 1).astype(np.float64)
    least = known.min()
    tied = (known == least).sum() / ((known == least).sum() + (others == least).sum())
    return np.where(count > least, 1.0, np.where(count == least, tied, 0.0))
