"""First the family that does well, then where its good configurations are dense."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from evergreen.contracts.stages import Configuration
from evergreen.estimators.space import FAMILY, Families
from evergreen.tune.proposals.cube import Point, configuration_at, options, point
from evergreen.tune.proposals.observed import Key, Observation, key_of
from evergreen.tune.proposals.parzen import Kernels, kernels

_GOOD = 0.1
_GOOD_AT_MOST = 25
_OTHERS_AT_MOST = 400
"""Of more, the newest: a density needs no more, and a round may ask a thousand times."""
_CANDIDATES = 64
_TRIES = 20


class Joint:
    """A tree-structured Parzen estimator (Bergstra et al. 2011), a family's settings together.

    The best tenth of all configurations (25 at most) is good. A family is drawn by the share of
    its configurations that are, divided by the root of what its fits cost; one of which nothing is
    known counts like a family that is as good as all. In it, candidates are drawn from the density
    of the good, and the one is proposed that has the greatest ratio to the density of the others.
    One kernel of both densities is uniform. What is pending counts among the others: so a round
    spreads out, and one that knows nothing yet covers the space.
    """

    def __init__(self, seen: Sequence[Observation], space: Families) -> None:
        ranked = sorted(range(len(seen)), key=lambda place: seen[place].loss)
        good = set(ranked[: min(math.ceil(_GOOD * len(seen)), _GOOD_AT_MOST)])
        tried = [each.configuration for each in seen]
        self._space = space
        self._good = [each for place, each in enumerate(tried) if place in good]
        self._others = [each for place, each in enumerate(tried) if place not in good]

    def ask(
        self, pending: Sequence[Configuration], tried: set[Key], random: np.random.Generator
    ) -> Configuration:
        """A configuration that is not among the tried, if some are left to be found."""
        others = [*self._others, *pending]
        for _ in range(_TRIES):
            name = self._family(others, random)
            dense, sparse = self._kernels(self._good, name), self._kernels(others, name)
            candidates = self._candidates(name, dense, random)
            at = np.array([point(self._space[name], each) for each in candidates])
            ratios: list[float] = ((1 + dense.density(at)) / (1 + sparse.density(at))).tolist()
            new = [place for place, each in enumerate(candidates) if key_of(each) not in tried]
            if new:
                return candidates[max(new, key=ratios.__getitem__)]
        return candidates[0]

    def _family(self, others: Sequence[Configuration], random: np.random.Generator) -> str:
        good = Counter(each[FAMILY] for each in self._good)
        rest = Counter(each[FAMILY] for each in others)
        prior = (1 + len(self._good)) / (2 + len(self._good) + len(others))
        rates = np.array([(good[f] + prior) / (good[f] + rest[f] + 1) for f in self._space])
        costs = np.array([family.cost for family in self._space.values()])
        weights = rates / np.sqrt(costs)
        return list(self._space)[int(random.choice(len(weights), p=weights / weights.sum()))]

    def _kernels(self, configurations: Sequence[Configuration], name: str) -> Kernels:
        family = self._space[name]
        chosen = [each for each in configurations if each[FAMILY] == name][-_OTHERS_AT_MOST:]
        counts = options(family)
        points = np.array([point(family, each) for each in chosen], np.float64)
        return kernels(points.reshape(len(chosen), len(counts)), counts)

    def _candidates(
        self, name: str, dense: Kernels, random: np.random.Generator
    ) -> list[Configuration]:
        """Drawn from the kernels and, as often as from one of them, from anywhere."""
        family = self._space[name]
        drawn = random.integers(-1, len(dense.points), _CANDIDATES)
        points = [
            dense.draw(k, random) if k >= 0 else _anywhere(dense.options, random) for k in drawn
        ]
        return [configuration_at(name, family, each) for each in points]


def _anywhere(counts: tuple[int, ...], random: np.random.Generator) -> Point:
    return np.array([random.integers(n) if n else random.random() for n in counts], np.float64)
