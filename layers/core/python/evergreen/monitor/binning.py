"""Rows with their values become rows of bins."""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories, Values
from evergreen.contracts.profile import CategoryProfile, NumberProfile
from evergreen.distribution import bins
from evergreen.monitor.arrays import Arrays
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.performance.loss import expected_losses
from evergreen.number_bins import NumberBins

Sums = NDArray[np.float64]


class Binning:
    """In the bins of one baseline's profile."""

    def __init__(self, baseline: Baseline, numbers: tuple[str, ...]) -> None:
        """``numbers`` are the profile's columns of numbers, in its order."""
        self._profiles = baseline.profile.columns
        self._rows = {name: row for row, name in enumerate(numbers)}
        others = (name for name in self._profiles if name not in self._rows)
        self._rows |= {name: row for row, name in enumerate(others)}
        self._numbers = {
            name: NumberBins(profile.edges)
            for name, profile in self._profiles.items()
            if isinstance(profile, NumberProfile)
        }
        expected = baseline.expectation
        self._losses = expected.losses if expected else None
        self._bins = max((bins(column) for column in self._profiles.values()), default=0)
        self._code = np.min_scalar_type(self._bins)

    def binned(self, piece: Arrays, redacted: tuple[str, ...]) -> tuple[Arrays, Sums]:
        """The rows with ``codes``, shape (columns, n), the bin of each value and after the last
        one that it was left out, and the losses to expect; and the sums of each number's bins."""
        rows = len(piece["ids"])
        codes = np.empty((len(self._profiles), rows), dtype=self._code)
        sums = np.zeros((len(self._profiles), 3, self._bins))
        values: dict[str, Values] = {}
        for place, (name, profile) in enumerate(self._profiles.items()):
            if name in redacted:
                codes[place] = bins(profile)
            elif isinstance(profile, CategoryProfile):
                codes[place] = found = piece["places"][self._rows[name]]
                values[name] = Categories(found, (*profile.counts, "\0", ""))
            else:
                values[name] = sent = piece["numbers"][self._rows[name]]
                codes[place] = found = self._numbers[name].places(sent)
                _add(sums[place], found, sent)
        kept = {name: array for name, array in piece.items() if name not in ("numbers", "places")}
        return kept | {"codes": codes, "losses": self._expected(values, piece["answers"])}, sums

    def _expected(
        self, values: dict[str, Values], answers: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        if self._losses is None:
            return np.zeros((0, answers.shape[1]), dtype=np.float32)
        return expected_losses(self._losses, values, answers[0])[np.newaxis]


def _add(sums: Sums, place: NDArray[np.intp], sent: NDArray[np.float32]) -> None:
    """Rows of each bin, their sum and the sum of their squares; of what is finite."""
    found = sent.astype(np.float64)
    finite = np.isfinite(found)
    if not finite.all():
        place, found = place[finite], found[finite]
    size = sums.shape[1]
    sums[0] = np.bincount(place, minlength=size)
    sums[1] = np.bincount(place, weights=found, minlength=size)
    sums[2] = np.bincount(place, weights=found * found, minlength=size)
