"""Columns about a person are forgotten, or known only by a digest that is the same everywhere."""

import hashlib
import hmac as reference
import json
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from evergreen import personal_columns, privacy
from evergreen.canonical import category_text
from evergreen.contracts import model_checks, view_file
from evergreen.contracts.table import Clean, ColumnRule
from evergreen.errors import InvalidModelFile, InvalidTable, InvalidViewFile, NotConfigured
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import batch
from tests.fakes.cloud import served, terminal
from tests.fakes.erasure import VIEW
from tests.fakes.erasure import model_file as flights
from tests.fakes.erasure import view_file as weather
from tests.fakes.memory import MemoryStore
from tests.fakes.serving import MODEL, ROW, World, model_file

KEY = bytes(range(32))
SCALARS = st.one_of(st.text(), st.integers(), st.booleans(), st.floats(allow_nan=False))


@given(SCALARS)
def test_a_digest_is_the_hmac_of_the_canonical_text_and_of_itself_it_is_itself(value) -> None:
    text = category_text(value)
    made = privacy.digest(value, KEY)
    whole = reference.new(KEY, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()
    assert made == (f"hmac:{whole[:32]}" if text else "")
    assert privacy.digest(made, KEY) == made


def test_of_many_who_make_the_key_at_once_all_get_the_same_random_one() -> None:
    store = MemoryStore()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: privacy.ensure_key(store), range(32)))
    assert len(found) == 1
    assert [len(key) for key in found] == [32]
    assert privacy.ensure_key(MemoryStore()) not in found


def test_no_key_is_made_where_nothing_is_hashed() -> None:
    store = MemoryStore()
    assert privacy.key_for(store, {"name": "drop"}) == b""
    assert not store.objects


@given(st.lists(st.one_of(st.none(), SCALARS.map(str)), max_size=8))
def test_a_column_of_a_table_and_the_same_values_in_requests_get_the_same_digests(values) -> None:
    clean = Clean(columns={"who": ColumnRule(missing=("?",), case="lower")})
    table = pa.table({"name": pa.array(values, pa.string()), "who": pa.array(values, pa.string())})
    personal = {"name": "drop", "who": "hash"}
    made = personal_columns.protect(table, personal, KEY, clean)
    rows = [
        privacy.protect_row({"name": value, "who": value}, personal, KEY, clean) for value in values
    ]
    assert made.to_pylist() == rows
    assert made.schema.names == ["who"]


@pytest.mark.parametrize(
    "numbers", [pa.int64(), pa.float64(), pa.dictionary(pa.int32(), pa.string())]
)
def test_a_number_in_a_file_and_its_text_are_one_person(numbers) -> None:
    column = pa.array(["7", "12", None]).cast(
        numbers.value_type if hasattr(numbers, "value_type") else numbers
    )
    batch = pa.record_batch({"who": column.cast(numbers), "other": pa.array([1, 2, 3])})
    made = personal_columns.protect(batch, {"who": "hash"}, KEY, Clean())
    assert made.column("who").to_pylist() == [
        privacy.digest("7", KEY),
        privacy.digest("12", KEY),
        None,
    ]
    assert made.column("other").to_pylist() == [1, 2, 3]


def test_the_same_person_is_one_digest_however_the_rule_lets_it_be_spelled() -> None:
    make = privacy.hasher(Clean(columns={"mail": ColumnRule(case="lower")}), "mail", KEY)
    assert make(" Ann@X.org ") == make("ann@x.org") == privacy.digest("ann@x.org", KEY)


def test_a_request_is_scored_and_captured_with_digests_and_without_dropped_columns() -> None:
    world = World(model_file(personal={"sex": "hash", "name": "drop"}))
    world.serve()
    key = privacy.ensure_key(world.features)

    answer = world.predict(ROW | {"sex": "f", "name": "Ann Lee"})

    assert answer["statusCode"] == 200
    (row,) = world.captures.captures[0].rows
    assert row.values == ROW | {"sex": privacy.digest("f", key)}
    assert "Ann Lee" not in answer["body"]


def test_a_hashed_value_that_is_no_single_value_is_refused_as_before() -> None:
    world = World(model_file(personal={"sex": "hash"}))
    world.serve()
    privacy.ensure_key(world.features)

    answer = world.predict(ROW | {"sex": ["f"]})

    assert answer["statusCode"] == 422
    assert "a list where a single value belongs" in answer["body"]


def test_without_the_key_nothing_is_answered_and_the_log_says_what_to_do() -> None:
    rows = privacy.PersonalColumns(MemoryStore(), lambda _: model_file(personal={"sex": "hash"}))
    with pytest.raises(NotConfigured, match="applying the model file makes it"):
        rows.protect(MODEL, [ROW | {"sex": "f"}])


def test_a_view_that_uses_what_it_forgets_is_refused() -> None:
    document = {
        "name": "weather",
        "entity": ["station"],
        "event_time": {"column": "at"},
        "columns": {"temp": "number", "note": "category"},
        "features": {"temp": {"of": "temp"}},
    }
    for personal, sentence in (
        ({"station": "drop"}, "personal.station is to be dropped, but the view uses"),
        ({"temp": "hash"}, "personal.temp is hashed, which leaves no number"),
        ({"at": "hash"}, "personal.at is a time"),
    ):
        with pytest.raises(InvalidViewFile, match=sentence):
            view_file.parse(document | {"personal": personal})
    assert view_file.parse(document | {"personal": {"station": "hash", "name": "drop"}})


def test_a_model_that_hashes_its_time_or_spoils_its_digests_is_refused() -> None:
    document = {
        "name": "m",
        "problem": "binary",
        "target": {"column": "y", "positive": 1},
        "features": {"mail": "category"},
        "time": {"column": "day"},
    }
    with pytest.raises(InvalidModelFile, match=r"personal\.day is the time"):
        model_checks.parse(document | {"personal": {"day": "hash"}})
    upper = {"personal": {"mail": "hash"}, "clean": {"columns": {"mail": {"case": "upper"}}}}
    with pytest.raises(InvalidModelFile, match="take 'lower'"):
        model_checks.parse(document | upper)


def test_a_model_must_hash_what_it_joins_to_a_hashed_entity_and_only_that() -> None:
    views = {VIEW: weather(hashed=True)}
    with pytest.raises(InvalidModelFile, match="'station' with 'origin', which only the view hash"):
        model_checks.check_joins(flights(), views)
    with pytest.raises(InvalidModelFile, match="which only the model hashes"):
        model_checks.check_joins(flights(hashed=True), {VIEW: weather()})
    model_checks.check_joins(flights(hashed=True), views)
    model_checks.check_joins(flights(), {})


def test_to_apply_a_model_that_hashes_makes_the_key_once(tmp_path) -> None:
    cloud = served()
    path = tmp_path / "model.yaml"
    document = {
        "name": "m",
        "problem": "binary",
        "target": {"column": "y", "positive": 1},
        "features": {"mail": "category"},
    }
    path.write_text(json.dumps(document))
    assert terminal(cloud)("apply", path).exit_code == 0
    assert privacy.KEY not in cloud.features.objects
    path.write_text(json.dumps(document | {"personal": {"mail": "hash"}}))
    for _ in range(2):
        assert terminal(cloud)("apply", path).exit_code == 0
    assert len(list(cloud.features.versions(privacy.KEY))) == 1


def test_a_scored_table_keeps_digests_and_never_a_dropped_column() -> None:
    made = batch.world()
    file = model_file(personal={"key": "hash", "name": "drop"})
    made.registry.apply(file, "me", "2026-01-02T00:00:00.000Z")
    rows = [row | {"name": "Ann"} for row in batch.rows(5)]
    batch.store(made, rows)

    manifest = batch.scored(made, keep=("key",))

    key = privacy.ensure_key(made.features)
    kept = [row["key"] for row in batch.read(made, manifest.files)]
    assert kept == [privacy.digest(n, key) for n in range(5)]
    with pytest.raises(InvalidTable, match="'name' cannot be kept"):
        batch.planned(made, keep=("name",))
