"""What was served, however it arrived."""

import gzip
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from evergreen.canonical import category_text
from evergreen.captured import outcomes as captured_outcomes
from evergreen.contracts import keys
from evergreen.contracts.capture import Capture, CapturedRow, Feedback, Outcome
from evergreen.distribution import coarse_counts, counts, labels
from evergreen.errors import ArtifactChanged
from evergreen.monitor.arrays import id_hashes
from evergreen.monitor.baseline import read_baseline
from evergreen.monitor.window import read_served
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.columnar import AT, MODEL, World, csv, table

UNTIL = "2026-02-01T00:00:00.000Z"
EXACT = ("ids", "served", "times", "answers", "losses", "judged", "truth", "codes")


class Champion(World):
    """A version of 600 rows, and what it served."""

    def __init__(self, **changes) -> None:
        super().__init__(**changes)
        self.promote(self.split(self.ingest(csv(table())).dataset))
        self.baseline = read_baseline(self.artifacts, self.registry.version(MODEL, 1))

    def served(self, since: str = AT, until: str = UNTIL):
        return read_served(self.features, self.baseline, self.model, since, until)


@pytest.fixture(scope="module")
def champion() -> Champion:
    return Champion()


def fresh(champion: Champion) -> Champion:
    """The same version, that has served nothing."""
    for key in list(champion.features.objects):
        if key.split("/")[0] in ("captures", "feedback", "digests"):
            del champion.features.objects[key]
    return champion


def same(one, other) -> None:
    """Both say the same of the window."""
    for name in EXACT:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for name in ("counts", "seasons", "groups"):
        mine, others = getattr(one, name), getattr(other, name)
        assert mine.keys() == others.keys()
        for each in mine:
            np.testing.assert_array_equal(mine[each], others[each], err_msg=each)
    assert one.column_rows == other.column_rows
    assert msgspec.json.encode(plain(one.segments)) == msgspec.json.encode(plain(other.segments))


def plain(found):
    """Nested dicts of arrays as lists."""
    return {k: plain(v) for k, v in found.items()} if isinstance(found, dict) else found.tolist()


def rows_of(seed: int, size: int = 60) -> list[CapturedRow]:
    """Rows that a request holds: values as callers send them, some missing, some odd."""
    random = np.random.default_rng(seed)
    return [
        CapturedRow(
            f"r{seed}-{i}",
            {
                "age": [int(random.integers(10, 95)), 33.25, None, "41", "old"][random.integers(5)],
                "belt": ["belted", "none", " none", 1, True, None, "new"][random.integers(7)],
                "sex": ["f", "m", "", None][random.integers(4)],
                "year": 1990 + int(random.integers(20)),
            },
            float(random.random()),
        )
        for i in range(size)
    ]


def requests(count: int, version: int = 1) -> list[Capture]:
    """Requests of three rows each over five days."""
    rows = rows_of(version, count * 3)
    start = datetime(2026, 1, 8, tzinfo=UTC)
    return [
        Capture(
            MODEL,
            version,
            (start + timedelta(hours=3 * n)).isoformat(timespec="milliseconds")[:-6] + "Z",
            tuple(rows[3 * n : 3 * n + 3]),
            redacted=("belt",) if n % 7 == 0 else (),
        )
        for n in range(count)
    ]


def said(captures: list[Capture]) -> list[Feedback]:
    """Outcomes of most rows, some of them twice, of which the newest counts."""
    found = []
    for n, capture in enumerate(captures):
        late = f"2026-01-2{n % 5}T00:00:00.000Z"
        labels = [["yes", "no", "perhaps", ""][(n + i) % 4] for i in range(3)]
        outcomes = [Outcome(r.id, x) for r, x in zip(capture.rows, labels, strict=True)]
        found.append(Feedback(MODEL, late, tuple(outcomes)))
        if n % 3 == 0:
            again = tuple(Outcome(row.id, "no") for row in capture.rows)
            found.append(Feedback(MODEL, f"2026-01-25T0{n % 9}:00:00.000Z", again))
    return found


SENT = requests(40)
NOISE = [
    *requests(5, version=2),
    *(msgspec.structs.replace(each, role="shadow") for each in requests(9)[5:]),
]
SAID = said(SENT)


def store(champion: Champion, kind: str, key: str, lines: list, packed: bool) -> None:
    body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    where = f"{kind}/{MODEL}/dt={key}"
    champion.features.write(where, gzip.compress(body) if packed else body)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_however_captures_arrive_and_are_read_the_window_is_the_same(champion, data):
    champion = fresh(champion)
    store(champion, "captures", "2026-01-08/all", [*SENT, *NOISE], packed=True)
    store(champion, "feedback", "2026-01-26/all", SAID, packed=False)
    at_once = champion.served()

    champion = fresh(champion)
    draw = data.draw
    twice = draw(st.booleans())
    for kind, lines in (("captures", [*SENT, *NOISE]), ("feedback", SAID)):
        order = draw(st.permutations(range(len(lines))))
        again = draw(st.lists(st.sampled_from(range(len(lines))), max_size=6))
        repeated = again if twice else []
        cuts = sorted(draw(st.lists(st.integers(0, len(lines)), max_size=5)))
        places = [*order, *repeated]
        for first, last in zip([0, *cuts], [*cuts, len(places)], strict=True):
            day = draw(st.sampled_from(["2026-01-08", "2026-01-12", "2026-01-27"]))
            part = [lines[place] for place in places[first:last]]
            store(champion, kind, f"{day}/{first}-{last}", part, draw(st.booleans()))
            if draw(st.booleans()):
                champion.served()  # a check meanwhile
    found = champion.served()
    same(found, at_once)
    same(champion.served(), at_once)
    # A delivery on two days is taken out of the sums by the bin, not by the row.
    close = {"rel": 0.05} if twice else {"rel": 1e-12}
    assert found.sums["age"] == pytest.approx(at_once.sums["age"], **close)


def test_the_window_is_what_a_plain_reading_of_the_captures_gives(champion):
    champion = fresh(champion)
    store(champion, "captures", "2026-01-08/all", [*SENT, *NOISE], packed=True)
    store(champion, "feedback", "2026-01-26/all", SAID, packed=True)
    found = champion.served()
    rows = [(capture, row) for capture in SENT for row in capture.rows]
    assert len(found) == len(rows) == 120
    profile = champion.baseline.profile
    ages = [plain_number(row.values["age"]) for _, row in rows]
    belts = [
        category_text(row.values["belt"]) for capture, row in rows if "belt" not in capture.redacted
    ]
    expected = {
        "age": counts(profile.columns["age"], np.array(ages, dtype=np.float32)),
        "belt": counts(profile.columns["belt"], np.array(belts)),
    }
    assert found.column_rows == {"age": 120, "belt": len(belts)}
    for name, each in expected.items():
        assert found.counts[name].tolist() == each.tolist()
        assert len(labels(profile.columns[name])) == len(each)
    there = np.array([age for age in ages if age == age])
    assert found.sums["age"] == pytest.approx((there.sum(), (there**2).sum()))
    women = np.array([category_text(row.values["sex"]) == "f" for _, row in rows])
    by_id = {each.id: place for place, (_, each) in enumerate(rows)}
    order = [by_id[row.id] for capture in SENT for row in sorted_by_hash(capture)]
    of = found.group_values["sex"].index("f")
    assert (found.groups["sex"] == of).tolist() == women[order].tolist()
    ages_of = np.array(ages, dtype=np.float32)[women]
    expected_ages = coarse_counts(profile.columns["age"], counts(profile.columns["age"], ages_of))
    assert found.segments["sex"]["f"]["age"].tolist() == expected_ages.tolist()
    newest = captured_outcomes(SAID)
    truth = {by_id[key]: ["no", "yes"].index(v) for key, v in newest.items() if v in "no yes"}
    assert {
        order[place]: t for place, t in zip(found.judged.tolist(), found.truth, strict=True)
    } == truth


def plain_number(value) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def sorted_by_hash(capture: Capture) -> list[CapturedRow]:
    return sorted(capture.rows, key=lambda row: int(id_hashes([row.id])[0]))


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


def test_only_what_was_served_and_said_in_the_window_counts(champion):
    champion = fresh(champion)
    store(champion, "captures", "2026-01-10/a", SENT, packed=True)
    store(champion, "feedback", "2026-01-26/a", SAID, packed=True)
    since, until = SENT[10].at, SENT[19].at
    found = champion.served(since, until)
    assert len(found) == 30
    assert not len(found.judged)
    assert found.counts["age"].sum() == found.seasons["hour"].sum() == 30
    assert len(champion.served(until="2026-01-26T00:00:00.000Z").judged)


def test_nothing_served_is_an_empty_window(champion):
    found = fresh(champion).served()
    assert (len(found), found.counts, found.column_rows) == (0, {}, {})
    assert found.answers.shape == (0, 1)
    assert found.codes.shape == (0, 2)


def test_a_sample_of_many_rows_is_the_same_however_they_arrived(champion):
    champion = fresh(champion)
    many = [
        Capture(MODEL, 1, f"2026-01-09T00:{n // 60:02}:{n % 60:02}.000Z", tuple(rows_of(n, 60)))
        for n in range(50)
    ]
    store(champion, "captures", "2026-01-09/all", many, packed=True)
    first = champion.served().codes
    champion = fresh(champion)
    for n, capture in enumerate(many[::-1]):
        store(champion, "captures", f"2026-01-{9 + n % 2:02}/{n}", [capture], packed=True)
    assert first.shape == (2000, 2)
    np.testing.assert_array_equal(champion.served().codes, first)


def test_broken_lines_and_broken_values_are_no_reason_not_to_read_the_others(champion):
    champion = fresh(champion)
    lines = [msgspec.json.encode(line) for line in SENT[:3]]
    odd = lines[0].replace(b'"r1-0"', b'"odd"').replace(b'"age":', b'"age":[1],"aged":')
    body = b"\n".join([lines[0], b"{broken", odd, lines[1], b"", lines[2][:40], lines[2]])
    champion.features.write(f"captures/{MODEL}/dt=2026-01-08/a", body)
    assert len(champion.served()) == 10


def test_an_artifact_that_was_changed_is_no_baseline():
    champion = Champion()
    version = champion.registry.version(MODEL, 1)
    champion.artifacts.write(version.draft.profile.key, b"{}")
    with pytest.raises(ArtifactChanged):
        read_baseline(champion.artifacts, version)
