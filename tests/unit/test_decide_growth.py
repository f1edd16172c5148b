"""When new outcomes are many enough to learn from them."""

from evergreen.contracts.policies import Retrain
from evergreen.contracts.registry import RetrainClaim, Version
from evergreen.monitor.decide import decide
from evergreen.ports import iso
from msgspec.structs import replace

from tests.fakes.registered import AT, MODEL, draft
from tests.fakes.situations import NOW, after, decided, point, situation


def test_growth_that_the_next_rare_check_would_find_late_is_found_at_the_nearer_one():
    policy = Retrain(on=("growth",), growth=1.0)
    checks = [{"points": (point(20, 2000, outcomes),)} for outcomes in (800, 850)]
    assert decided(*checks, retrain=policy).action == "watch"  # the next has 900 of 1,000
    checks = [{"points": (point(20, 2000, outcomes),)} for outcomes in (500, 850)]
    assert decided(*checks, retrain=policy).action == "retrain"  # the next has 1,200


def test_growth_after_a_refusal_counts_from_what_was_learned_from_then():
    policy = Retrain(on=("growth",), growth=0.4, cool_down_minutes=0)
    first = situation(policy, points=(point(20, 2000, 1000),))
    claim = RetrainClaim(MODEL, decide(first).decision_id, iso(NOW), iso(NOW))
    later = {"claim": claim, "seen": "later"}
    assert decide(first).action == "retrain"
    assert decide(after(first, points=(point(20, 4000, 1530),), **later)).action == "watch"
    assert decide(after(first, points=(point(20, 4000, 1800),), **later)).action == "retrain"


def test_a_version_that_was_to_mend_a_loss_is_followed_when_what_tells_of_it_has_doubled():
    policy = Retrain(on=("growth",), growth=1.0)
    plain = draft("r1")
    told_of = replace(plain, lineage=replace(plain.lineage, rows=9000, outcomes=400))
    version = Version(number=1, registered_at=AT, draft=told_of)
    found = decided(retrain=policy, version=version)
    assert f"{found.action}: {found.reason}" == (
        "retrain: 600 new outcomes beside the 400 rows since a loss was found"
    )
    assert found.causes[0].outcomes == 1000
    enough = replace(told_of, lineage=replace(told_of.lineage, outcomes=1000))
    assert decided(retrain=policy, version=replace(version, draft=enough)).action == "watch"
