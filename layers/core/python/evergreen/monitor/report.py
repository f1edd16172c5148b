"""A check's report and its page, side by side in the artifacts bucket."""

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.drift import DriftReport
from evergreen.contracts.model_file import ModelFile
from evergreen.errors import NotFound
from evergreen.monitor.page import drift_page
from evergreen.ports import ObjectStore


def write_report(artifacts: ObjectStore, file: ModelFile, report: DriftReport) -> None:
    """Write both; the same report again writes the same."""
    page = keys.drift_report(report.model, report.checked_at, "html")
    artifacts.write(page, drift_page(file, report), "text/html")
    body = msgspec.json.format(msgspec.json.encode(report), indent=2)
    key = keys.drift_report(report.model, report.checked_at, "json")
    artifacts.write(key, body, "application/json")


def read_report(artifacts: ObjectStore, key: str) -> DriftReport | None:
    """The report; None where there is none."""
    try:
        return msgspec.json.decode(artifacts.read(key), type=DriftReport)
    except NotFound:
        return None
