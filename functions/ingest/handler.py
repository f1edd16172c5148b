"""Ingest: files at a source become a dataset version."""

from typing import Any

from evergreen.aws import wiring
from evergreen.contracts.stages import IngestInput, IngestOutput
from evergreen.ingest import ingest
from evergreen.stage import run_stage


def handler(event: dict[str, Any], _context: object) -> Any:
    """The workflow's state ``ingest``."""
    return run_stage(
        "ingest",
        event,
        IngestInput,
        _ingest,
        registry=wiring.registry(),
        clock=wiring.clock(),
    )


def _ingest(given: IngestInput) -> IngestOutput:
    return ingest(
        given,
        features=wiring.features(),
        registry=wiring.registry(),
        views=wiring.views(),
        clock=wiring.clock(),
        memory=wiring.settings().memory_mebibytes,
    )
