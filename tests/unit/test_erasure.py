"""An entity is forgotten everywhere but where people learn from it, and it is in writing."""

import json
from collections import Counter

import pyarrow as pa
import pytest
from evergreen import erasure
from evergreen.canonical import category_text
from evergreen.contracts import keys
from evergreen.contracts.dataset import TIME
from evergreen.contracts.views import entity_key
from evergreen.erasure import tombstones
from evergreen.errors import InvalidRequest, NotFound
from evergreen.ports import iso
from evergreen.privacy import KEY, digest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.erasing import (
    LEFT,
    ME,
    STATIONS,
    asked,
    build_rows,
    erase,
    filled,
    is_of,
    is_sealed,
)
from tests.fakes.erasure import DAY, MODEL, VIEW, Places, rows


def counts(removed: object) -> dict[tuple[str, str], int]:
    return {(part.kind, part.name): part.rows for part in removed}  # type: ignore[attr-defined]


NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=6)


@given(
    stations=st.lists(st.one_of(NAMES, st.integers(0, 40).map(str)), min_size=1, max_size=6),
    which=st.integers(0, 5),
    hashed=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_no_version_of_any_object_has_a_row_of_the_entity_and_every_other_row_is_as_it_was(
    stations, which, hashed
) -> None:
    stations = [category_text(s) or "x" for s in stations]
    places = Places(hashed=hashed)
    places.everything(stations)
    places.materialise([f"other {n}" for n in range(2)])
    gone = stations[which % len(stations)]
    texts = {gone, digest(gone, places.key)}
    ids = {f"2025-12-01-{n}" for n, s in enumerate(stations) if s == gone}

    def others() -> Counter[str]:
        kept = (
            json.dumps(row, sort_keys=True)
            for key, row in rows(places.features, without=LEFT)
            if "/builds/" not in key and not is_of(row, texts) and row.get("id") not in ids
        )
        return Counter(kept)

    before = others()
    newest = build_rows(places)

    erase(places, f"station={gone}")

    found = list(rows(places.features, without=LEFT))
    assert not [row for _, row in found if is_of(row, texts)]
    assert not [row for key, row in found if row.get("id") in ids and key[:3] in ("cap", "fee")]
    assert others() == before
    assert build_rows(places) == [row for row in newest if not is_of(row, texts)]
    there = places.online.read([(VIEW, entity_key([places.stored(s)])) for s in stations])
    assert {key for _, key in there} == {
        entity_key([places.stored(s)]) for s in stations if s != gone
    }


def test_the_certificate_says_what_was_removed_where_and_what_remains() -> None:
    places = filled()
    made = erase(places, "station=KJFK")

    assert counts(made.removed) == {
        ("source rows", VIEW): 2,
        ("feature rows", VIEW): 4,
        ("online rows", VIEW): 1,
        ("captured rows", MODEL): 4,
        ("outcomes", MODEL): 2,
        ("scored rows", MODEL): 2,
    }
    remains = {(part.kind, part.name) for part in made.remains}
    assert remains == {
        ("raw file", "raw/flights/a.csv"),
        ("dataset", "ds-flights"),
        ("feature set", "fs-ds-flights"),
        ("model version", "flights version 1"),
    }
    assert (made.status, made.by) == ("complete", ME)


def test_the_stored_certificate_is_sealed_and_names_nobody() -> None:
    places = filled(hashed=True)
    made = erase(places, "station=KJFK")
    stored = {key: body for key, body in places.artifacts.objects.items() if "erasures" in key}

    assert sorted(key.rpartition(".")[2] for key in stored) == ["html", "json"]
    for body in stored.values():
        assert b"KJFK" not in body
        assert digest("KJFK", places.key).encode() not in body
        assert made.asked[0].digest.encode() in body
    (document,) = (body for key, body in stored.items() if key.endswith(".json"))
    assert is_sealed(document)
    assert not is_sealed(document.replace(b'"rows": 2', b'"rows": 1'))


def test_digests_that_checks_made_of_the_captures_are_forgotten_with_all_their_versions() -> None:
    places = filled()
    mine, others = (keys.day_digest(model, 1, "2025-12-01") for model in (MODEL, "other"))
    for key in (mine, others):
        places.features.write(key, b"made of the captures")
        places.features.write(key, b"and of more")
    before = list(places.features.versions(others))
    erase(places, "station=KLGX")
    assert list(places.features.versions(mine))
    erase(places, "station=KJFK")
    assert not list(places.features.versions(mine))
    assert list(places.features.versions(others)) == before


def test_to_erase_again_finds_nothing_more_and_names_what_remains() -> None:
    places = filled()
    first = erase(places, "station=KJFK")
    places.clock.go_on(minutes=1)
    again = erase(places, "station=KJFK")

    assert again.removed == ()
    assert again.remains == first.remains
    assert again.asked == first.asked


def test_a_dry_run_counts_the_same_and_changes_nothing() -> None:
    places, twin = filled(), filled()
    before = dict(places.features.objects)
    found = erasure.find(places.world, asked(places, "station=KJFK"), iso(places.clock.now()))

    assert places.features.objects == before
    assert not places.artifacts.objects
    assert counts(found.removed) == counts(erase(twin, "station=KJFK").removed)


@pytest.mark.parametrize("hashed", [False, True])
def test_a_later_build_from_the_same_rows_stays_without_and_newer_rows_come_in(hashed) -> None:
    places = filled(hashed=hashed)
    erase(places, "station=KJFK")
    now = int(places.clock.now().timestamp()) * 10**9
    stations = [places.stored(s) for s in STATIONS]
    table = pa.table({"station": stations, TIME: [now - DAY, now - DAY, now, now + DAY]})

    kept = tombstones.forget(places.features, VIEW, table)

    assert kept.column("station").to_pylist() == stations[1:]
    assert tombstones.forget(places.features, "other", table) is table


def test_an_old_version_that_a_bucket_kept_is_deleted_too() -> None:
    places = filled()
    key = "captures/flights/dt=2025-12-01/champion.gz"
    places.features.write(key, b'{"rows": []}\n')

    made = erase(places, "station=KJFK")

    assert [version.key for version in places.features.versions(key)] == [key]
    assert places.features.read(key) == b'{"rows": []}\n'
    assert ("captured rows", MODEL) in counts(made.removed)


def test_an_object_that_held_only_the_entity_is_gone_with_all_its_versions() -> None:
    places = filled()
    places.capture("2025-12-05", ["KLGA"])
    places.capture("2025-12-05", ["KJFK", "KJFK"])
    erase(places, "station=KJFK")
    assert not list(places.features.versions("captures/flights/dt=2025-12-05/"))


def test_a_model_says_in_its_audit_trail_who_erased_and_which_certificate_tells() -> None:
    places = filled()
    made = erase(places, "station=KJFK")
    event = places.registry.audit(MODEL)[-1]
    assert (event.kind, event.actor) == ("erased", ME)
    assert made.id in event.details
    assert "KJFK" not in event.details


def test_an_entity_of_another_model_that_is_only_spelled_alike_is_left() -> None:
    places = filled()
    places.dataset("ds-other", "gone-model", {"origin": ["KJFK"]}, "raw/other/b.csv")
    remains = {part.name for part in erase(places, "station=KJFK").remains}
    assert "ds-other" not in remains
    assert "raw/other/b.csv" not in remains


def test_a_raw_file_that_no_dataset_was_made_of_is_searched_as_text() -> None:
    places = filled()
    places.features.write("raw/flights/refused.csv", b"origin,day\nKJFK,1\n")
    places.features.write("raw/flights/longer.csv", b"origin,day\nKJFKX,1\n")
    remains = {part.name: part.detail for part in erase(places, "station=KJFK").remains}
    assert "text has the value" in remains["raw/flights/refused.csv"]
    assert "raw/flights/longer.csv" not in remains


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("statoin=KJFK", NotFound, "did you mean station?"),
        ("passenger=4", NotFound, "their columns are day, distance, origin, seat, station, temp"),
        ("late=yes", NotFound, "has a column 'late'"),
        ("KJFK", InvalidRequest, "give it as column=value"),
        ("station=", InvalidRequest, "give it as column=value"),
    ],
)
def test_an_entity_that_cannot_be_meant_is_told_what_could(text, error, sentence) -> None:
    with pytest.raises(error, match=sentence.replace("?", r"\?")):
        asked(Places(), text)


def test_a_column_that_is_given_twice_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="given twice"):
        asked(Places(), "station=a", "station=b")


def test_the_key_and_the_mark_are_all_that_the_features_bucket_keeps_of_an_erasure() -> None:
    places = filled()
    before = set(places.features.objects)
    erase(places, "station=KJFK")
    new = set(places.features.objects) - before
    assert {key for key in new if "/builds/" not in key and "/erased/" not in key} == set()
    (mark,) = (places.features.objects[key] for key in new if "/erased/" in key)
    assert b"KJFK" not in mark
    assert len(places.features.objects[KEY]) == 32
