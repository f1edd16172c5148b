import msgspec
import numpy as np
from evergreen.contracts.search import Search
from evergreen.contracts.stages import TrialResult
from evergreen.estimators.space import FAMILY, defaults, families
from evergreen.tune.propose import propose
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.learned import SIGNATURE

FAMILIES = families(SIGNATURE)


def result(number, configuration, loss):
    return TrialResult(number, configuration, loss, 0.1, "")


def ask(results, first, count, search):
    """The configurations of a round."""
    found = propose(results, range(first, first + count), search, FAMILIES)
    return [each.configuration for each in found]


@settings(max_examples=25, deadline=None)
@given(
    losses=st.lists(st.none() | st.floats(0, 1), min_size=4, max_size=12),
    seed=st.integers(-(2**40), 2**40),
    count=st.integers(1, 4),
)
def test_whatever_came_out_proposals_are_in_range_and_repeatable(losses, seed, count):
    search = Search(trials=40, parallel=count, seed=seed)
    tried = ask([], 1, len(losses), search)
    results = [result(n, c, loss) for n, (c, loss) in enumerate(zip(tried, losses, strict=True), 1)]
    proposals = ask(results, len(losses) + 1, count, search)
    assert proposals == ask(results, len(losses) + 1, count, search)
    assert len(proposals) == count
    for proposal in proposals:
        chosen = FAMILIES[proposal[FAMILY]]
        assert set(proposal) == {FAMILY, *(s.name for s in chosen)}
        assert all(s.low <= proposal[s.name] <= s.high for s in chosen)


def far_from_ten(configuration):
    """A loss that only a logistic C near 10 makes small."""
    if configuration[FAMILY] != "logistic":
        return 1.0
    return min(abs(np.log10(configuration["C"]) - 1), 1) / 2


def test_a_search_learns_where_the_loss_is_least():
    search = Search(trials=60, parallel=4, seed=5)
    results = []
    for first in range(1, 61, 4):
        proposals = ask(results, first, 4, search)
        results += [result(first + n, c, far_from_ten(c)) for n, c in enumerate(proposals)]
    late = results[40:]
    assert sum(r.configuration[FAMILY] == "logistic" for r in late) > len(late) / 2
    assert min(r.loss for r in results) < 0.05


def test_the_proposals_of_one_round_spread_out_instead_of_all_chasing_the_same_point():
    search = Search(trials=60, parallel=8, seed=1)
    tried = ask([], 1, 24, search)
    results = [result(n, c, far_from_ten(c)) for n, c in enumerate(tried, 1)]
    together = ask(results, 25, 8, search)
    alone = [ask(results, 25 + n, 1, search)[0] for n in range(8)]

    def width(proposals):
        return np.std([np.log10(p["C"]) for p in proposals if p[FAMILY] == "logistic"])

    assert width(together) > 2 * width(alone)


def test_trials_of_one_search_are_not_drawn_with_the_same_seed():
    search = Search(trials=40, parallel=4, seed=1)
    drawn = ask([], 1, 12, search)[len(defaults(FAMILIES)) :]
    assert len({msgspec.json.encode(each) for each in drawn}) == len(drawn)
