"""The record that every stage keeps of itself."""

from typing import Any

import msgspec
import pytest
from evergreen.contracts.stages import IngestInput, IngestOutput
from evergreen.errors import InvalidTable
from evergreen.stage import run_stage

from tests.fakes.memory import FixedClock, MemoryRegistry

EVENT = {"run": {"run_id": "r1", "model": "crash", "sources": ["raw/a.csv"], "trigger": "manual"}}


@pytest.fixture
def registry() -> MemoryRegistry:
    return MemoryRegistry()


def ingest(registry: MemoryRegistry, call: Any, event: dict[str, Any] | None = None) -> Any:
    """Run ``call`` as the stage ingest, a second passing while it works."""
    clock = FixedClock()

    def work(given: IngestInput) -> IngestOutput:
        clock.go_on(seconds=1)
        return call(given)

    return run_stage("ingest", event or EVENT, IngestInput, work, registry=registry, clock=clock)


def good(given: IngestInput) -> IngestOutput:
    return IngestOutput("d1", 9, f"9 rows of {given.run.sources[0]}")


def test_a_stage_gets_its_contract_and_its_output_goes_on_as_plain_json(
    registry: MemoryRegistry,
) -> None:
    output = ingest(registry, good)
    assert output == {"dataset": "d1", "rows": 9, "summary": "9 rows of raw/a.csv"}


def test_a_stage_that_is_done_says_in_the_run_what_happened_and_how_long(
    registry: MemoryRegistry,
) -> None:
    ingest(registry, good)
    (record,) = registry.run("r1").stages
    assert (record.stage, record.status, record.summary) == (
        "ingest",
        "done",
        "9 rows of raw/a.csv",
    )
    assert (record.started_at, record.ended_at) == (
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:01.000Z",
    )


def test_while_a_stage_works_the_run_shows_it_running(registry: MemoryRegistry) -> None:
    def look(given: IngestInput) -> IngestOutput:
        (record,) = registry.run("r1").stages
        assert (record.status, record.ended_at) == ("running", "")
        return good(given)

    ingest(registry, look)


def test_a_run_nobody_opened_is_opened_by_its_first_stage(registry: MemoryRegistry) -> None:
    ingest(registry, good)
    run = registry.run("r1")
    assert (run.model, run.trigger, run.sources, run.status) == (
        "crash",
        "manual",
        ("raw/a.csv",),
        "running",
    )


def test_a_stage_that_fails_leaves_its_sentence_in_the_run_and_raises_it(
    registry: MemoryRegistry,
) -> None:
    def refuse(_: IngestInput) -> IngestOutput:
        raise InvalidTable("The table is empty; give it rows.")

    with pytest.raises(InvalidTable, match="The table is empty"):
        ingest(registry, refuse)
    (record,) = registry.run("r1").stages
    assert (record.status, record.summary) == ("failed", "The table is empty; give it rows.")
    assert record.ended_at


def test_an_unforeseen_error_does_not_leave_the_stage_running(registry: MemoryRegistry) -> None:
    def crash(_: IngestInput) -> IngestOutput:
        raise KeyError("column")

    with pytest.raises(KeyError):
        ingest(registry, crash)
    (record,) = registry.run("r1").stages
    assert (record.status, record.summary) == ("failed", "KeyError: 'column'")


def test_a_stage_tried_again_shows_how_the_last_try_went(registry: MemoryRegistry) -> None:
    with pytest.raises(ZeroDivisionError):
        ingest(registry, lambda _: 1 / 0)
    ingest(registry, good)
    assert [record.status for record in registry.run("r1").stages] == ["done"]


def test_an_event_that_breaks_the_contract_never_reaches_the_stage(
    registry: MemoryRegistry,
) -> None:
    with pytest.raises(msgspec.ValidationError, match="sources"):
        ingest(registry, good, {"run": {"run_id": "r1", "model": "crash", "sources": 3}})
    assert registry.runs("crash") == []
