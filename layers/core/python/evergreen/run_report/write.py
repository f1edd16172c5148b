"""Write what is told of a run. A page is never worth a run: what goes wrong here is logged."""

from collections.abc import Callable

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.candidate import BlendReport
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


def write_search(
    run: RunInput, output: RecordOutput, *, artifacts: ObjectStore, registry: Registry
) -> None:
    """The trials so far, and whether the search goes on."""
    searched = Searched(output.done, output.why, output.transitions, output.dollars)
    _safely(run, lambda: _write(_report(run, searched, artifacts, registry), artifacts))


def write_verdict(
    run: RunInput,
    verdict: Verdict,
    hold_out: HoldOutReport,
    *,
    artifacts: ObjectStore,
    registry: Registry,
) -> None:
    """The whole run, refused ones too."""

    def write() -> None:
        before = read_report(artifacts, run.run_id)
        searched = Searched()
        if before:
            searched = msgspec.convert(before.search, Searched, from_attributes=True)
        report = _report(run, searched, artifacts, registry)
        blend = artifacts.read(keys.candidate(run.run_id, "blend.json"))
        diagnostics = artifacts.read(keys.candidate(run.run_id, "diagnostics.json"))
        report = msgspec.structs.replace(
            report,
            blend=msgspec.json.decode(blend, type=BlendReport),
            diagnostics=msgspec.json.decode(diagnostics, type=Diagnostics),
            hold_out=hold_out,
            verdict=msgspec.structs.replace(verdict, groups=()),
        )
        _write(report, artifacts)

    _safely(run, write)


def read_report(artifacts: ObjectStore, run_id: str) -> RunReport | None:
    """What was told of the run so far."""
    try:
        body = artifacts.read(keys.run_report(run_id, "json"))
    except NotFound:
        return None
    return msgspec.json.decode(body, type=RunReport)


def _report(
    run: RunInput, searched: Searched, artifacts: ObjectStore, registry: Registry
) -> RunReport:
    file, results = registry.model(run.model).file, read_results(artifacts, run.run_id)
    rounds = len([*artifacts.keys(keys.run(run.run_id, "rounds/"))])
    record = registry.run(run.run_id)
    return RunReport(
        run_id=run.run_id,
        model=run.model,
        problem=file.problem,
        metric=file.metric,
        trigger=run.trigger,
        search=search_report(record, results, rounds, searched),
        trials=tuple(results),
        ranked=ranked(file.metric, results),
        settings=setting_shares(results),
    )


def _write(report: RunReport, artifacts: ObjectStore) -> None:
    body = msgspec.json.encode(report)
    artifacts.write(keys.run_report(report.run_id, "json"), body, "application/json")
    html = run_page(report)
    artifacts.write(keys.run_report(report.run_id, "html"), html, "text/html; charset=utf-8")


def _safely(run: RunInput, write: Callable[[], None]) -> None:
    try:
        write()
    except Exception as error:
        said = f"The page of run '{run.run_id}' was not written: {type(error).__name__}: {error}"
        logger().warning(said, run_id=run.run_id)
