"""An erasure that is killed, or meets builds, ends as one that was left alone."""

import pyarrow as pa
import pytest
from evergreen.contracts import keys
from evergreen.contracts.dataset import TIME
from evergreen.contracts.stages import BuildInput, RunInput
from evergreen.contracts.views import entity_key
from evergreen.errors import Conflict
from evergreen.features import build
from evergreen.partitions import as_parquet
from evergreen.ports import iso
from evergreen.privacy import digest

from tests.fakes.erasing import LEFT, STATIONS, build_rows, erase, filled, is_of
from tests.fakes.erasure import DAY, VIEW, Places, rows


class Killed(Exception):
    pass


def test_an_erasure_that_is_killed_anywhere_is_completed_by_the_next(monkeypatch) -> None:
    steps = 0
    while True:
        places = filled(hashed=steps % 2 == 0)
        texts = {"KJFK", digest("KJFK", places.key)}
        left = steps

        def killing(do):
            def step(*given, **named):
                nonlocal left
                left -= 1
                if left < 0:
                    raise Killed
                return do(*given, **named)

            return step

        for target, name in (
            (places.features, "replace"),
            (places.features, "delete_version"),
            (places.features, "write"),
            (places.views, "commit_build"),
            (places.online, "erase"),
        ):
            monkeypatch.setattr(target, name, killing(getattr(target, name)))
        try:
            erase(places, "station=KJFK")
            break
        except Killed:
            steps += 1
        left = 10**6
        places.clock.go_on(minutes=1)
        erase(places, "station=KJFK")
        found = list(rows(places.features, without=LEFT))
        assert not [row for _, row in found if is_of(row, texts)], steps
        outcomes = {row["id"] for key, row in found if key.startswith("feedback/")}
        assert outcomes == {"2025-12-01-1", "2025-12-01-2"}, steps
        shadows = {row["id"] for key, row in found if key.endswith("shadow.gz")}
        assert shadows == outcomes, steps
        assert not places.online.read([(VIEW, entity_key([places.stored("KJFK")]))])
    assert steps > 15


def test_a_build_that_runs_meanwhile_cannot_be_committed_over_the_erasure() -> None:
    places = filled()
    seen = places.views.view(VIEW)
    erase(places, "station=KJFK")
    with pytest.raises(Conflict):
        places.views.commit_build(seen, "built-from-what-was-there", iso(places.clock.now()))


def test_an_erasure_goes_on_top_of_a_build_that_was_committed_meanwhile(monkeypatch) -> None:
    places = filled()
    commit, late = places.views.commit_build, [True]

    def commit_late(*given):
        if late.pop() if late else False:
            monkeypatch.setattr(places.views, "commit_build", commit)
            places.build({"2025-10": STATIONS})
        return commit(*given)

    monkeypatch.setattr(places.views, "commit_build", commit_late)
    erase(places, "station=KJFK")

    assert {row["station"] for row in build_rows(places)} == {"KLGA", "KEWR"}
    assert len(build_rows(places)) == 2
    found = [row for _, row in rows(places.features, without=LEFT) if is_of(row, {"KJFK"})]
    assert not found


def test_the_same_dataset_ingested_anew_does_not_bring_the_entity_back_into_the_view() -> None:
    places = Places()
    run = RunInput(run_id="r", model=f"view/{VIEW}", sources=())
    stations = ["KJFK", "KLGA", "KJFK"]
    for dataset in ("ds1", "ds2"):
        times = [n * DAY for n in range(3)]
        temps = [1.0, 2.0, 3.0]
        table = pa.table({"station": stations, "temp": temps, TIME: times})
        places.features.write(keys.dataset(dataset, "data.parquet"), as_parquet(table))

    given = {"store": places.features, "views": places.views, "clock": places.clock}
    build(BuildInput(run, "ds1"), **given)
    assert {row["station"] for row in build_rows(places)} == {"KJFK", "KLGA"}
    erase(places, "station=KJFK")
    build(BuildInput(run, "ds2"), **given)

    assert {row["station"] for row in build_rows(places)} == {"KLGA"}
    found = list(rows(places.features, without=LEFT))
    assert not [row for _, row in found if is_of(row, {"KJFK"})]
