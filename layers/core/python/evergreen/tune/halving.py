"""Successive halving without waiting for a rung to fill (ASHA; Li et al. 2020, algorithm 2).

A finished trial is promoted, one rung up the ladder of fidelities, when it is among the best third
of the finished trials of its rung. At the end of the search the best few go up to the last rung,
so that what is trained was measured on all rows and folds.
"""

import math
from collections.abc import Sequence, Set

from msgspec import Struct

from evergreen.contracts.stages import Fidelity, TrialResult
from evergreen.estimators.space import FAMILY

ETA = 3
"""One in so many trials of a rung is promoted."""

_HOPELESS = 1.5
"""What loses more than so many times what the best of its rung loses does not become the best."""


class Promotion(Struct, frozen=True):
    """A finished trial, and the rung that its configuration is tried on next."""

    result: TrialResult
    fidelity: Fidelity


def promotions(
    results: Sequence[TrialResult], promoted: Set[int], ladder: Sequence[Fidelity]
) -> list[Promotion]:
    """Whatever deserves the next rung and has not been on it, higher rungs and better ones first.

    Of few trials a third may be hopeless; the time is better spent on others.

    Args:
        results: at whatever rung; failed ones deserve nothing.
        promoted: numbers of the trials that were promoted already.
        ladder: the rungs, cheapest first.
    """
    found: list[Promotion] = []
    for number in reversed(range(len(ladder) - 1)):
        tried = _ranked([r for r in results if r.fidelity.rung == ladder[number].rung])
        best = [r for r in tried[: len(tried) // ETA] if not _hopeless(r, tried[0])]
        found += [Promotion(r, ladder[number + 1]) for r in best if r.number not in promoted]
    return found


def finals(
    results: Sequence[TrialResult], promoted: Set[int], ladder: Sequence[Fidelity], count: int
) -> list[Promotion]:
    """What lacks for ``count`` families, and as many configurations, at the last rung.

    The best of a family comes before the second best of another: members of an ensemble are worth
    more the less alike they err. But what is hopeless is no member of anything.
    """
    ranked = _ranked(results)
    best = {r.fidelity.rung: r for r in reversed(ranked)}
    tried = [r for r in ranked if r.fidelity.full]
    waiting = [
        result
        for result in sorted(ranked, key=lambda r: -r.fidelity.rung)
        if not result.fidelity.full
        and result.number not in promoted
        and not _hopeless(result, best[result.fidelity.rung])
    ]
    seen = {r.configuration.get(FAMILY) for r in tried}
    first: list[TrialResult] = []
    for result in waiting:
        if len(seen) < count and result.configuration.get(FAMILY) not in seen:
            seen.add(result.configuration.get(FAMILY))
            first.append(result)
    others = [result for result in waiting if result not in first]
    more = others[: max(0, count - len(tried) - len(first))]
    return [Promotion(each, ladder[-1]) for each in (*first, *more)]


def finalists(configurations: int, ensemble: int) -> int:
    """How many configurations shall have been tried in full at the end of a search."""
    return min(ensemble, math.ceil(configurations / ETA))


def _hopeless(result: TrialResult, best: TrialResult) -> bool:
    return (result.loss or 0.0) > _HOPELESS * (best.loss or 0.0)


def _ranked(results: Sequence[TrialResult]) -> list[TrialResult]:
    finished = [(r.loss, r.number, r) for r in results if r.loss is not None]
    return [result for _, _, result in sorted(finished, key=lambda each: each[:2])]
