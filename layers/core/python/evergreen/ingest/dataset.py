"""Files and labelled predictions become a dataset version: cleaned by counted rules, reported."""

import io

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from evergreen.contracts import keys
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.quality_report import Finding
from evergreen.contracts.stages import IngestInput, IngestOutput
from evergreen.contracts.table import Table
from evergreen.digest import content_id
from evergreen.errors import InvalidTable, NotFound
from evergreen.ingest import findings, personal, quarantine, targets
from evergreen.ingest.clean import REPEATED, clean, stated_times
from evergreen.ingest.cleaned import Cleaned
from evergreen.ingest.gather import Gathering, gather
from evergreen.ingest.labelled import Labelled, labelled
from evergreen.ingest.sources import files
from evergreen.ports import ObjectStore, Registry, Views

_RECIPE = 2
"""Part of every dataset's id: raise it when the same input is to become another dataset."""


class Asked(Struct, frozen=True):
    """Whose table is to be made, and, of a model, what it learns."""

    table: Table
    model: ModelFile | None


def ingest(
    given: IngestInput,
    *,
    features: ObjectStore,
    registry: Registry,
    views: Views,
    memory: int | None = None,
) -> IngestOutput:
    """Turn the run's sources, and labelled predictions if it asks for them, into a dataset version.

    Writes ``data.parquet``, ``quarantine.parquet``, ``report.html`` and last ``report.json`` below
    ``datasets/<id>/``. The id is made of the input's content and the rules, so the same input gives
    the same version, which is never written again.

    Args:
        memory: MiB of the function; None is without a limit.

    Raises:
        NotFound: a source, the model or the view does not exist.
        InvalidTable: the sources cannot become a dataset; the sentence says why.
    """
    run = given.run
    if not run.sources and not run.labelled_until:
        raise InvalidTable("The run names no source; give at least one key below raw/.")
    asked = _asked(given, registry, views)
    found = files(features, run.sources, memory)
    rows = labelled(features, asked.table, run.labelled_until) if run.labelled_until else None
    gathering = gather(features, found, asked.table, rows.table if rows else None)
    dataset = _dataset_id(asked, gathering, rows)
    if known := _known(features, dataset):
        return known
    cleaned = _cleaned(asked, gathering, rows)
    ...


def _asked(given: IngestInput, registry: Registry, views: Views) -> Asked:
    if given.run.view:
        return Asked(views.view(given.run.view).file.table, None)
    model = registry.model(given.run.model).file
    return Asked(model.table, model)


def _dataset_id(asked: Asked, gathering: Gathering, rows: Labelled | None) -> str:
    learned = (asked.model.problem, asked.model.target) if asked.model else None
    content = [source.sha256 for source in gathering.sources]
    return content_id(_RECIPE, asked.table, learned, content, rows.digest if rows else None)
