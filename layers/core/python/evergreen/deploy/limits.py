"""Whether a trial breaks a limit of the model file: errors, time, and the answers themselves."""

import math

from evergreen.contracts.policies import Deploy
from evergreen.deploy.evidence import Evidence
from evergreen.deploy.trial import percent
from evergreen.drift_statistics import chance, in_bins, psi

UNNOTICED_MILLISECONDS = 5.0
"""A request takes some 10 ms around its scoring; nobody notices less than this."""

_BY_CHANCE = 0.001
"""How seldom chance alone may end a trial, a limit and a look."""


def broken(seen: Evidence, limits: Deploy, expected_psi: float) -> list[str]:
    """A sentence for each limit that the challenger breaks.

    Args:
        expected_psi: how far the two versions' answers were apart on the hold-out.
    """
    found = [_errors(seen, limits)]
    if enough(seen, limits):
        found += [_time(seen, limits), _answers(seen, limits, expected_psi)]
    return [sentence for sentence in found if sentence]


def enough(seen: Evidence, limits: Deploy) -> bool:
    """Whether both sides scored as many requests as it takes to judge time and answers."""
    return min(seen.champion.requests, seen.challenger.requests) >= limits.requests_at_least


def binomial_tail(successes: int, trials: int, probability: float) -> float:
    """P(X >= successes) where X is binomial."""
    if successes <= 0 or probability <= 0:
        return float(successes <= 0)
    yes, no = math.log(probability), math.log1p(-probability)
    logarithms = (
        math.lgamma(trials + 1)
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * yes
        + (trials - k) * no
        for k in range(successes, trials + 1)
    )
    return min(1.0, math.fsum(map(math.exp, logarithms)))


def _errors(seen: Evidence, limits: Deploy) -> str:
    failed = len(seen.challenger.errors)
    requests = failed + seen.challenger.requests
    if not failed or failed <= limits.errors_at_most * requests:
        return ""
    if binomial_tail(failed, requests, limits.errors_at_most) >= _BY_CHANCE:
        return ""
    return (
        f"It failed {failed} of {requests} requests, and {percent(limits.errors_at_most)} are "
        f"allowed; the last: {seen.challenger.errors[-1]}"
    )


def _time(seen: Evidence, limits: Deploy) -> str:
    champion, challenger = seen.champion.typical, seen.challenger.typical
    allowed = max(champion * limits.latency_factor_at_most, champion + UNNOTICED_MILLISECONDS)
    if challenger <= allowed:
        return ""
    return (
        f"It takes {challenger:.1f} ms a request where the champion takes {champion:.1f} ms, and "
        f"{limits.latency_factor_at_most:g} times as long is allowed."
    )


def _answers(seen: Evidence, limits: Deploy, expected: float) -> str:
    before, now = in_bins(seen.champion.answers.values(), seen.challenger.answers.values())
    index = psi(before, now)
    bins = sum(n + m > 0 for n, m in zip(before, now, strict=True))
    # By requests and not by rows: the rows of one request may well be alike. Twice, because
    # today's requests are another mixture than the hold-out, and a large index is a rough one.
    known = 2 * expected
    by_chance = chance(bins, seen.champion.requests, seen.challenger.requests)
    if index <= limits.psi_at_most + known + by_chance:
        return ""
    return (
        f"Its answers are distributed otherwise than the champion's: stability index "
        f"{index:.2f}, where {limits.psi_at_most:g} is allowed beyond {known:.2f}, twice what the "
        f"hold-out showed, and {by_chance:.2f} that can be chance."
    )
