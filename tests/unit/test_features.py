import numpy as np
import pandas as pd
import pytest
from evergreen.contracts import keys
from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.profile import Profile
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.contracts.stages import FeaturesInput, RunInput
from evergreen.errors import InvalidTable
from evergreen.features import features
from evergreen.frame import Frame

from tests.fakes.columnar import AT, MODEL, World, csv, model_file, table

GIVEN = RunInput(run_id="r1", model=MODEL, sources=())


def made(frame: pd.DataFrame, **changes: object) -> tuple[World, str]:
    world = World(**changes)
    return world, world.split(world.ingest(csv(frame)).dataset)


def frames(world: World, feature_set: str) -> dict[str, Frame]:
    return {
        name: Frame.from_npz(world.features.read(keys.feature_set(feature_set, f"{name}.npz")))
        for name in ("train", "validation", "test")
    }


def document(world: World, feature_set: str, name: str, kind: type):
    return world.document(keys.feature_set(feature_set, name), kind)


def test_a_dataset_becomes_frames_signature_profile_and_manifest():
    world, feature_set = made(table())
    stored = frames(world, feature_set)
    assert sum(len(frame) for frame in stored.values()) == 600
    assert list(stored["test"].columns) == ["age", "belt", "car", "sex"]
    assert stored["test"].columns["age"].dtype == np.float32
    signature = document(world, feature_set, "signature.json", Signature)
    assert [column.name for column in signature.inputs] == ["age", "belt"]
    assert signature.context == ("year", "car", "sex")
    assert signature.classes == ("no", "yes")
    assert encode(signature, stored["test"].columns).shape == (len(stored["test"]), 2)


def test_the_summary_and_the_manifest_say_what_is_in_each_split():
    world = World()
    dataset = world.ingest(csv(table())).dataset
    output = features(
        FeaturesInput(GIVEN, dataset),
        store=world.features,
        registry=world.registry,
        views=world.views,
    )
    assert output.summary.startswith("train 36")
    assert output.summary.endswith("(1999)")
    manifest = document(world, output.feature_set, "manifest.json", Manifest)
    assert [split.name for split in manifest.splits] == ["train", "validation", "test"]
    assert manifest.splits[0].oldest == "1997-01-01T00:00:00.000Z"
    assert manifest.rows == 600
    assert "the newest rows test" in manifest.rule


def test_the_same_dataset_gives_the_same_feature_set_byte_for_byte():
    world, feature_set = made(table())
    stored = dict(world.features.objects)
    assert world.split(world.ingest(csv(table())).dataset) == feature_set
    assert world.features.objects == stored


def test_category_values_stand_most_frequent_first_and_the_rarest_are_counted_as_unseen():
    frame = table(3000)
    random = np.random.default_rng(0)
    frame["belt"] = np.where(
        np.arange(3000) % 3 == 0, "often", [f"v{i}" for i in random.integers(0, 400, 3000)]
    )
    world, feature_set = made(frame)
    belt = document(world, feature_set, "signature.json", Signature).inputs[1]
    assert belt.values[0] == "often"
    assert len(belt.values) > 380
    profile = document(world, feature_set, "profile.json", Profile)
    assert len(profile.columns["belt"].counts) == 255
    assert sum(profile.columns["belt"].counts.values()) < profile.rows


def test_a_value_that_only_the_test_split_holds_is_not_known_to_the_signature():
    world, feature_set = made(table().assign(belt=["old"] * 500 + ["new"] * 100), group=None)
    stored = frames(world, feature_set)
    held = {name: set(frame.columns["belt"].text()) for name, frame in stored.items()}
    signature = document(world, feature_set, "signature.json", Signature)
    assert "new" in held["test"]
    assert set(signature.inputs[1].values) == held["train"] | held["validation"]


def test_missing_values_make_a_column_nullable():
    frame = table().astype({"age": float})
    frame.loc[::7, "age"] = np.nan
    frame.loc[::9, "belt"] = ""
    world, feature_set = made(frame)
    inputs = document(world, feature_set, "signature.json", Signature).inputs
    assert [column.nullable for column in inputs] == [True, True]
    assert "" not in inputs[1].values
    complete_world, complete = made(table())
    inputs = document(complete_world, complete, "signature.json", Signature).inputs
    assert inputs[0] == Column("age", "number")


def test_the_profile_counts_every_row_that_was_learned_from():
    world, feature_set = made(table())
    stored = frames(world, feature_set)
    profile = document(world, feature_set, "profile.json", Profile)
    learned = stored["train"].then(stored["validation"])
    assert profile.rows == len(learned)
    assert profile.target.counts["yes"] == learned.target.sum()
    assert sum(profile.columns["age"].counts) == profile.rows
    newest = np.datetime64(int(learned.time.max()), "ns").astype("M8[ms]")
    assert profile.newest == f"{newest}Z"


def test_without_a_time_nothing_claims_to_have_one():
    world, feature_set = made(table(), time=None)
    manifest = document(world, feature_set, "manifest.json", Manifest)
    assert {split.newest for split in manifest.splits} == {""}
    assert not frames(world, feature_set)["train"].time.any()


def test_a_model_file_that_changed_meanwhile_is_refused():
    world = World()
    dataset = world.ingest(csv(table())).dataset
    changed = model_file(features={"age": "number", "severity": "number"}, exclude={})
    world.registry.apply(changed, "somebody", AT)
    with pytest.raises(InvalidTable, match="lacks severity: the model file changed"):
        world.split(dataset)
