"""Where good configurations are dense and the others are not, all settings together."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from evergreen.contracts.stages import Configuration
from evergreen.estimators.space import FAMILY, Families
from evergreen.tune.proposals.cube import configuration_at, options, point
from evergreen.tune.proposals.observed import Key, Observation, key_of
from evergreen.tune.proposals.parzen import Floats, Kernels, kernels

_GOOD = 0.15
_GOOD_AT_MOST = 25
_OTHERS_AT_MOST = 400
"""Of more, every so-many-th: a density needs no more, and a round may ask a thousand times."""
_CANDIDATES = 64
_TRIES = 20


class Joint:
    """A tree-structured Parzen estimator (Bergstra et al. 2011) over the families at once.

    Candidates are drawn from the density of the best 15 % (25 at most); the one of the greatest
    ratio to the density of all others is proposed. Of both densities one part is uniform over
    families and settings, so a family that was never good is still tried now and then. Those that
    are pending count among the others: so a round spreads out, and one that knows nothing yet
    covers the space.
    """

    def __init__(self, seen: Sequence[Observation], space: Families) -> None:
        ranked = sorted(seen, key=lambda each: each.loss)
        many = min(math.ceil(_GOOD * len(ranked)), _GOOD_AT_MOST)
        self._space = space
        self._good = [each.configuration for each in ranked[:many]]
        others = [each.configuration for each in ranked[many:]]
        self._others = others[:: math.ceil(len(others) / _OTHERS_AT_MOST) or 1]
        self._dense = _by_family(self._good, space)

    def ask(
        self, pending: Sequence[Configuration], tried: set[Key], random: np.random.Generator
    ) -> Configuration:
        """A configuration that is not among the tried, if some are left to be found."""
        others = [*self._others, *pending]
        sparse = _by_family(others, self._space)
        for _ in range(_TRIES):
            candidates = [
                (self._ratio(family, at, sparse[family], len(others)), configuration)
                for family, at, configuration in self._candidates(random)
                if key_of(configuration) not in tried
            ]
            if candidates:
                return max(candidates, key=lambda each: each[0])[1]
        return next(self._candidates(random))[2]

    def _candidates(
        self, random: np.random.Generator
    ) -> Iterator[tuple[str, Floats, Configuration]]:
        names = list(self._space)
        for chosen in random.integers(-1, len(self._good), _CANDIDATES):
            if chosen < 0:
                family = names[random.integers(len(names))]
                drawn = _anywhere(options(self._space[family]), random)
            else:
                family = str(self._good[chosen][FAMILY])
                place = sum(each[FAMILY] == family for each in self._good[:chosen])
                drawn = self._dense[family].draw(place, random)
            configuration = configuration_at(family, self._space[family], drawn)
            yield family, point(self._space[family], configuration), configuration

    def _ratio(self, family: str, at: Floats, sparse: Kernels, others: int) -> float:
        uniform = 1 / len(self._space)
        dense = uniform + self._dense[family].density(at[None])[0]
        rest = uniform + sparse.density(at[None])[0]
        return float(dense / (1 + len(self._good)) / (rest / (1 + others)))


def _anywhere(counts: tuple[int, ...], random: np.random.Generator) -> Floats:
    return np.array([random.integers(n) if n else random.random() for n in counts], np.float64)


def _by_family(configurations: Sequence[Configuration], space: Families) -> dict[str, Kernels]:
    found: dict[str, Kernels] = {}
    for name, family in space.items():
        points = [point(family, each) for each in configurations if each[FAMILY] == name]
        counts = options(family)
        found[name] = kernels(np.array(points, np.float64).reshape(-1, len(counts)), counts)
    return found
