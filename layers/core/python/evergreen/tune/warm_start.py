"""Begin where the model's earlier runs ended."""

import math
from collections.abc import Iterator
from itertools import chain, zip_longest

from evergreen.contracts.registry import CHAMPION
from evergreen.contracts.search import Search
from evergreen.contracts.stages import Configuration
from evergreen.estimators.portfolio import defaults
from evergreen.estimators.results import read_results
from evergreen.estimators.space import FAMILY, Families
from evergreen.ports import ObjectStore, Registry
from evergreen.tune.proposals.earlier import Earlier, Proposal
from evergreen.tune.proposals.observed import (
    Key,
    Observation,
    key_of,
    observations,
    of_the_space,
)

NEWEST = 3
"""Runs that are looked back on."""
_ENDED_WELL = ("deployed", "refused")


def warm_start(
    model: str, search: Search, space: Families, *, artifacts: ObjectStore, registry: Registry
) -> Earlier:
    """What the newest runs found, of what the space still has.

    The champion's configurations come first, then the best of each family that stood in the best
    third of its run, the newest run's first: at most a third of the budget. Losses of different
    runs are of different rows and are never compared.
    """
    if not search.warm_start:
        return Earlier()
    runs = [run for run in registry.runs(model) if run.status in _ENDED_WELL][:NEWEST]
    found = {run.run_id: observations(read_results(artifacts, run.run_id), space) for run in runs}
    leading = [_leading(run_id, seen) for run_id, seen in found.items()]
    ranked = chain(_champion(registry, model), chain.from_iterable(zip_longest(*leading)))
    best = _distinct((each for each in ranked if each is not None), space)
    everything = [each.configuration for seen in found.values() for each in seen]
    led = {each.configuration[FAMILY] for run in leading for each in run}
    return Earlier(
        tuple(best.values())[: math.ceil(search.trials / 3)],
        frozenset(map(key_of, everything)) & frozenset(map(key_of, defaults(space))),
        frozenset(str(each[FAMILY]) for each in everything) - led,
    )


def _champion(registry: Registry, model: str) -> Iterator[Proposal]:
    alias = registry.alias(model, CHAMPION)
    if alias is not None:
        lineage = registry.version(model, alias.version).draft.lineage
        for configuration in lineage.members or (lineage.configuration,):
            yield _from(lineage.run_id, configuration)


def _leading(run_id: str, seen: list[Observation]) -> list[Proposal]:
    """The best of each family that is among the best third of the run, best first."""
    ranked = sorted(seen, key=lambda each: each.loss)[: math.ceil(len(seen) / 3)]
    by_family: dict[object, Configuration] = {}
    for each in ranked:
        by_family.setdefault(each.configuration[FAMILY], each.configuration)
    return [_from(run_id, configuration) for configuration in by_family.values()]


def _from(run_id: str, configuration: Configuration) -> Proposal:
    return Proposal(configuration, f"earlier run {run_id}")


def _distinct(proposals: Iterator[Proposal], space: Families) -> dict[Key, Proposal]:
    """The first of each, as the space knows it; the space may have changed since."""
    distinct: dict[Key, Proposal] = {}
    for each in proposals:
        chosen = of_the_space(each.configuration, space)
        if chosen is not None:
            distinct.setdefault(key_of(chosen), Proposal(chosen, each.origin))
    return distinct
