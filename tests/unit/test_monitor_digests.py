"""What a check remembers of a day's captures, and what becomes of it."""

import msgspec
import numpy as np
import pytest
from evergreen import captured
from evergreen.contracts import keys
from evergreen.errors import ArtifactChanged
from evergreen.monitor.baseline import read_baseline
from evergreen.monitor.window import read_served

from tests.fakes.columnar import AT, MODEL
from tests.fakes.window import SENT, UNTIL, Champion, fresh, same, store


@pytest.fixture(scope="module")
def champion() -> Champion:
    return Champion()


def test_a_check_reads_only_the_objects_that_are_new(champion, monkeypatch):
    champion = fresh(champion)
    store(champion, "captures", "2026-01-08/a", SENT[:20], packed=True)
    champion.served()
    store(champion, "captures", "2026-01-08/b", SENT[20:], packed=True)
    read = []
    plainly = champion.features.read
    monkeypatch.setattr(champion.features, "read", lambda key: read.append(key) or plainly(key))
    assert len(champion.served()) == 120
    assert [key for key in read if key.startswith("captures")] == [
        f"captures/{MODEL}/dt=2026-01-08/b"
    ]


@pytest.mark.parametrize("ruin", [b"", b"PK\x03\x04", b"half of"])
def test_a_digest_that_cannot_be_read_is_made_again(champion, ruin):
    champion = fresh(champion)
    store(champion, "captures", "2026-01-08/a", SENT, packed=True)
    first = champion.served()
    key = keys.day_digest(MODEL, 1, "2026-01-08")
    body = champion.features.read(key)
    for left in (ruin, body[: len(body) // 2]):
        champion.features.write(key, left)
        same(champion.served(), first)
        assert champion.features.read(key) == body


def test_a_digest_with_a_wrong_byte_anywhere_changes_nothing_of_what_is_found(champion):
    champion = fresh(champion)
    store(champion, "captures", "2026-01-08/a", SENT, packed=True)
    first = champion.served()
    key = keys.day_digest(MODEL, 1, "2026-01-08")
    body = champion.features.read(key)
    for place in np.random.default_rng(0).integers(0, len(body), 60).tolist():
        wrong = bytes([body[place] ^ 0x20])
        champion.features.write(key, body[:place] + wrong + body[place + 1 :])
        same(champion.served(), first)


@pytest.mark.parametrize("kind", ["captures", "feedback"])
@pytest.mark.parametrize("ruin", ["half", "garbled"])
def test_an_object_that_is_broken_is_told_at_every_check_and_the_others_count(champion, kind, ruin):
    champion = fresh(champion)
    store(champion, "captures", "2026-01-08/a", SENT[:20], packed=True)
    assert champion.served().unread == ()
    store(champion, kind, "2026-01-09/b", SENT[20:], packed=True)
    key = f"{kind}/{MODEL}/dt=2026-01-09/b"
    body = champion.features.read(key)
    half = body[: len(body) // 2]
    champion.features.write(key, half if ruin == "half" else half + bytes(len(half)))
    for _ in range(2):
        found = champion.served()
        assert found.unread == (key,)
        assert len(found) >= 20
    reading = {"captures": captured.captures, "feedback": captured.feedback}[kind]
    period = captured.Period("2026-01-08", UNTIL)
    assert reading(champion.features, MODEL, period).broken == 1


def test_a_check_that_is_killed_or_meets_another_only_costs_work(champion, monkeypatch):
    champion = fresh(champion)
    store(champion, "captures", "2026-01-08/a", SENT[:20], packed=True)
    champion.served()
    stale = champion.features.read(keys.day_digest(MODEL, 1, "2026-01-08"))
    store(champion, "captures", "2026-01-08/b", SENT[20:], packed=True)
    with monkeypatch.context() as killed:
        killed.setattr(champion.features, "write", lambda *_: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            champion.served()
    whole = champion.served()
    champion.features.write(keys.day_digest(MODEL, 1, "2026-01-08"), stale)  # the other's, late
    same(champion.served(), whole)


def test_another_profile_cleaning_or_expectation_has_digests_of_its_own(champion):
    champion = fresh(champion)
    store(champion, "captures", "2026-01-08/a", SENT, packed=True)
    champion.served()
    column = champion.baseline.profile.columns["age"]
    coarse = msgspec.structs.replace(column, edges=(40.0,), counts=(1, 1), coarse=())
    columns = champion.baseline.profile.columns | {"age": coarse}
    draft = champion.baseline.version.draft
    artifact = msgspec.structs.replace(draft.profile, sha256="another")
    draft = msgspec.structs.replace(draft, profile=artifact)
    other = msgspec.structs.replace(
        champion.baseline,
        profile=msgspec.structs.replace(champion.baseline.profile, columns=columns),
        version=msgspec.structs.replace(champion.baseline.version, draft=draft),
    )
    found = read_served(champion.features, other, champion.model, AT, UNTIL)
    assert len(found.counts["age"]) == 3


def test_an_artifact_that_was_changed_is_no_baseline():
    champion = Champion()
    version = champion.registry.version(MODEL, 1)
    champion.artifacts.write(version.draft.profile.key, b"{}")
    with pytest.raises(ArtifactChanged):
        read_baseline(champion.artifacts, version)
