"""What was served, however it arrived."""

import msgspec
import numpy as np
import pytest
from evergreen.canonical import category_text
from evergreen.captured import outcomes as captured_outcomes
from evergreen.contracts.capture import Capture, CapturedRow
from evergreen.distribution import coarse_counts, counts, labels
from evergreen.monitor.arrays import id_hashes, id_texts
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.columnar import MODEL
from tests.fakes.window import NOISE, SAID, SENT, Champion, fresh, rows_of, same, store


@pytest.fixture(scope="module")
def champion() -> Champion:
    return Champion()


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
    return sorted(capture.rows, key=lambda row: int(id_hashes(id_texts([row.id]))[0]))


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
