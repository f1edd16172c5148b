"""Propose configurations, from JSON results alone.

A search begins with what earlier runs of the model found and the portfolio; then a proposer learns
from the losses.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from evergreen.contracts.search import Search
from evergreen.contracts.stages import Configuration, TrialResult
from evergreen.estimators.portfolio import defaults
from evergreen.estimators.space import Families
from evergreen.tune.proposals.earlier import NOTHING, Earlier, Proposal
from evergreen.tune.proposals.joint import Joint
from evergreen.tune.proposals.observed import Key, key_of, observations
from evergreen.tune.proposals.tpe import Tpe

_BEGINNING = 0.6
"""Share of the trials that earlier runs and the portfolio may take."""


class Proposer(Protocol):
    """What learns from losses; made of the observations and the space."""

    def ask(
        self, pending: Sequence[Configuration], tried: set[Key], random: np.random.Generator
    ) -> Configuration:
        """A configuration that is not among the tried, if some are left to be found."""
        ...


def propose(
    results: list[TrialResult],
    numbers: Sequence[int],
    search: Search,
    space: Families,
    *,
    earlier: Earlier = NOTHING,
) -> list[Proposal]:
    """A new configuration for each of ``numbers``, the trials of a round that promote nothing.

    The same arguments give the same configurations; none was tried or comes twice, unless the space
    has no other.

    Args:
        results: of the run so far, at whatever fidelity.
        numbers: of the trials to propose.
        search: its seed, its proposer, and the budget that says how long a beginning may be.
        space: to choose from.
        earlier: what the model's earlier runs have shown (``warm_start``); it comes first.
    """
    seen = observations(results, space)
    tried = {key_of(each.configuration) for each in seen}
    beginning = [
        each
        for each in _beginning(search, space, earlier)
        if key_of(each.configuration) not in tried
    ]
    own = search.proposals == "hyperopt"
    proposer: Proposer = Tpe(seen, space) if own else Joint(seen, space)
    proposals: list[Proposal] = []
    waiting: list[Configuration] = []
    for number in numbers:
        random = np.random.default_rng([search.seed % 2**32, number])
        if beginning:
            proposal = beginning.pop(0)
        else:
            found = proposer.ask(waiting, tried, random)
            proposal = Proposal(found, "proposed" if seen else "random")
        proposals.append(proposal)
        waiting.append(proposal.configuration)
        tried.add(key_of(proposal.configuration))
    return proposals


def _beginning(search: Search, space: Families, earlier: Earlier) -> list[Proposal]:
    """What every search of these arguments tries before anything was learned.

    The plain model comes however it did before: when the world grows beyond what was seen, it is
    what goes on, and what a candidate must not lose against.
    """
    plain, *others = defaults(space)
    kept = [plain, *(each for each in others if not earlier.rules_out(each))]
    portfolio = [Proposal(each, "default") for each in kept]
    return [*earlier.best, *portfolio][: math.ceil(_BEGINNING * search.trials)]
