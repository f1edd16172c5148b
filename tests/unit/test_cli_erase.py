"""What a person sees who erases an entity."""

import json

import pytest
from evergreen.contracts.capture import CapturedRow
from evergreen.contracts.erasure import Certificate
from msgspec import convert
from msgspec import json as fast
from msgspec.structs import replace

from tests.fakes.cloud import MemoryCloud, read, sentence, served, terminal
from tests.fakes.erasing import is_sealed
from tests.fakes.serving import MODEL, ROW


@pytest.fixture
def cloud() -> MemoryCloud:
    """Three predictions, two of them about women."""
    made = served()
    made.world.predict(*(ROW | {"sex": sex} for sex in "fmf"))
    lines = b"".join(fast.encode(capture) + b"\n" for capture in made.world.captures.captures)
    made.features.write(f"captures/{MODEL}/dt=2026-01-01/a.json", lines)
    return made


def captured(cloud: MemoryCloud) -> list[CapturedRow]:
    body = cloud.features.objects.get(f"captures/{MODEL}/dt=2026-01-01/a.json", b'{"rows": []}')
    return convert(json.loads(body)["rows"], list[CapturedRow])


def test_erase_asks_with_counts_before_it_removes(cloud: MemoryCloud) -> None:
    refused = terminal(cloud)("erase", "sex=f", stdin="n\n")

    assert refused.exit_code == 1
    assert f"2 captured rows of {MODEL}" in refused.stderr
    assert "Remove these 2 rows for good?" in refused.stderr
    assert len(captured(cloud)) == 3
    assert not [key for key in cloud.artifacts.objects if "erasures" in key]

    assert terminal(cloud)("erase", "sex=f", stdin="y\n").exit_code == 0
    assert [row.values["sex"] for row in captured(cloud)] == ["m"]


def test_erase_with_yes_removes_and_names_its_certificate(cloud: MemoryCloud) -> None:
    found = read(terminal(cloud)("erase", "sex=f", "--yes", "--json"))

    made = convert(found["certificate"], Certificate)
    body = cloud.artifacts.read(found["key"].replace(".html", ".json"))
    assert is_sealed(body)
    assert fast.decode(body, type=Certificate) == replace(made, removed=made.removed)
    assert [(part["kind"], part["rows"]) for part in found["removed"]] == [("captured rows", 2)]
    assert made.by == cloud.actor
    assert b"2 rows were erased" in cloud.artifacts.read(found["key"])


def test_a_dry_run_tells_and_changes_nothing(cloud: MemoryCloud) -> None:
    before = dict(cloud.features.objects)
    shown = terminal(cloud)("erase", "sex=f", "--dry-run")

    assert shown.exit_code == 0
    assert "Would be removed:" in shown.stdout
    assert "captured rows" in shown.stdout
    assert cloud.features.objects == before


def test_a_dry_run_that_finds_nothing_to_remove_says_so(cloud: MemoryCloud) -> None:
    said = terminal(cloud)("erase", "sex=x", "--dry-run").stdout
    assert "Nothing would be removed." in said
    assert "Would be removed:" not in said


def test_erasing_again_says_that_nothing_was_left(cloud: MemoryCloud) -> None:
    terminal(cloud)("erase", "sex=f", "--yes")
    cloud.clock.go_on(minutes=1)
    again = terminal(cloud)("erase", "sex=f")

    assert again.exit_code == 0, again.output
    assert "Nothing was left to erase." in again.stdout


def test_an_unknown_column_is_told_which_could_be_meant(cloud: MemoryCloud) -> None:
    said = sentence(terminal(cloud)("erase", "sexx=f", "--yes"))
    assert said == "No model and no view has a column 'sexx'; did you mean sex?"
