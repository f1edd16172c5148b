"""Write what is told of a run. A page is never worth a run: what goes wrong here is logged."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.candidate import BlendReport
from evergreen.contracts.registry import Run
from evergreen.contracts.run_report import Diagnostics, HoldOutReport, RunReport
from evergreen.contracts.stages import RecordOutput, RunInput
from evergreen.contracts.verdict import Verdict
from evergreen.errors import NotFound
from evergreen.estimators.results import read_results
from evergreen.ports import ObjectStore, Registry
from evergreen.run_report.budget import Searched, search_report
from evergreen.run_report.page import run_page
from evergreen.run_report.ranking import ranked
from evergreen.run_report.settings import setting_shares
from evergreen.telemetry import logger

Document = TypeVar("Document")


def write_search(
    run: RunInput, output: RecordOutput, *, artifacts: ObjectStore, registry: Registry
) -> None:
    """The trials so far, and whether the search goes on; which settings mattered, once it has
    ended. Nothing of a search that belongs to no run of the registry."""
    searched = Searched(output.done, output.why, output.transitions, output.dollars)

    def write(record: Run) -> None:
        report = _report(record, searched, artifacts, registry)
        shares = setting_shares(report.trials) if output.done else ()
        _write(msgspec.structs.replace(report, settings=shares), artifacts)

    _safely(run, registry, write)


def write_verdict(
    run: RunInput,
    verdict: Verdict,
    hold_out: HoldOutReport,
    *,
    artifacts: ObjectStore,
    registry: Registry,
) -> None:
    """The whole run, refused ones too."""

    def write(record: Run) -> None:
        before = read_report(artifacts, run.run_id)
        searched = Searched()
        if before:
            searched = msgspec.convert(before.search, Searched, from_attributes=True)
        report = msgspec.structs.replace(
            _report(record, searched, artifacts, registry),
            settings=before.settings if before else (),
            blend=_read(artifacts, keys.candidate(run.run_id, "blend.json"), BlendReport),
            diagnostics=_read(
                artifacts, keys.candidate(run.run_id, "diagnostics.json"), Diagnostics
            ),
            hold_out=hold_out,
            verdict=msgspec.structs.replace(verdict, groups=()),
        )
        _write(report, artifacts)

    _safely(run, registry, write)


def read_report(artifacts: ObjectStore, run_id: str) -> RunReport | None:
    """What was told of the run so far."""
    return _read(artifacts, keys.run_report(run_id, "json"), RunReport)


def _read(artifacts: ObjectStore, key: str, kind: type[Document]) -> Document | None:
    try:
        return msgspec.json.decode(artifacts.read(key), type=kind)
    except NotFound:
        return None


def _report(
    record: Run, searched: Searched, artifacts: ObjectStore, registry: Registry
) -> RunReport:
    run_id, file = record.run_id, registry.model(record.model).file
    results = read_results(artifacts, run_id)
    rounds = len([*artifacts.keys(keys.run(run_id, "rounds/"))])
    return RunReport(
        run_id=run_id,
        model=record.model,
        problem=file.problem,
        metric=file.metric,
        trigger=record.trigger,
        search=search_report(record, results, rounds, searched),
        trials=tuple(results),
        ranked=ranked(file.metric, results),
    )


def _write(report: RunReport, artifacts: ObjectStore) -> None:
    body = msgspec.json.encode(report)
    artifacts.write(keys.run_report(report.run_id, "json"), body, "application/json")
    html = run_page(report)
    artifacts.write(keys.run_report(report.run_id, "html"), html, "text/html; charset=utf-8")


def _safely(run: RunInput, registry: Registry, write: Callable[[Run], None]) -> None:
    try:
        record = registry.run(run.run_id)
    except NotFound:
        return
    try:
        write(record)
    except Exception as error:
        said = f"The page of run '{run.run_id}' was not written: {type(error).__name__}: {error}"
        logger().warning(said, run_id=run.run_id)
