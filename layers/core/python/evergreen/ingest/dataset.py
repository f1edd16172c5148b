"""Files and labelled predictions become a dataset version: cleaned by counted rules, reported."""

import pyarrow as pa

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.stages import IngestInput, IngestOutput
from evergreen.contracts.table import Table
from evergreen.digest import content_id
from evergreen.errors import InvalidTable
from evergreen.ingest import versions
from evergreen.ingest.assemble import assemble
from evergreen.ingest.gather import Gathering, gather
from evergreen.ingest.labelled import Labelled, labelled
from evergreen.ingest.report import enforce, goal_of, summary
from evergreen.ingest.sources import files
from evergreen.ports import Clock, ObjectStore, Registry, Views, iso
from evergreen.privacy import key_for

_RECIPE = 3
"""Part of every dataset's id: raise it when the same input is to become another dataset."""


def ingest(
    given: IngestInput,
    *,
    features: ObjectStore,
    registry: Registry,
    views: Views,
    clock: Clock,
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
        ExpectationBroken: the dataset is not what its file expects; its report is there to read.
    """
    run = given.run
    if not run.sources and not run.labelled_until:
        raise InvalidTable("The run names no source; give at least one key below raw/.")
    model = None if run.view else registry.model(run.model).file
    table = model.table if model else views.view(run.view).file.table
    found = files(features, run.sources, memory)
    rows = labelled(features, table, run.labelled_until) if model and run.labelled_until else None
    pa.set_memory_pool(pa.system_memory_pool())  # the one that gives back what reading took
    gathering = gather(features, found, table, rows.table if rows else None)
    pa.default_memory_pool().release_unused()
    dataset = _dataset_id(table, model, gathering, rows)
    report = versions.known(features, dataset)
    if report is None:
        key = key_for(features, table.personal)
        goal = goal_of(model) if model else None
        made = assemble(gathering, table, model, rows.report if rows else None, key)
        pa.default_memory_pool().release_unused()
        report = versions.write(features, dataset, made, goal, iso(clock.now()))
    enforce(report)
    versions.accept(features, table, dataset)
    return IngestOutput(dataset, report.rows, summary(report))


def _dataset_id(
    table: Table, model: ModelFile | None, gathering: Gathering, rows: Labelled | None
) -> str:
    learned = (model.problem, model.target) if model else None
    content = [source.sha256 for source in gathering.sources]
    added = (rows.digest, rows.report) if rows else None
    return content_id(_RECIPE, table, learned, content, added)
