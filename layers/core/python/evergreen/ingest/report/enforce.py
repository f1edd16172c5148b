"""Stop a run whose table is not what its file expects."""

from evergreen.contracts import keys
from evergreen.contracts.quality_report import QualityReport
from evergreen.errors import ExpectationBroken

_SHOWN = 5


def enforce(report: QualityReport) -> None:
    """Refuse a dataset version that breaks an expectation which stops.

    Raises:
        ExpectationBroken: says which ones, with rows and numbers, and where the report lies.
    """
    broken = [e for e in report.expectations if not e.passed and e.severity == "stop"]
    if not broken:
        return
    more = f" And {len(broken) - _SHOWN} more." if len(broken) > _SHOWN else ""
    told = " ".join(each.sentence for each in broken[:_SHOWN])
    raise ExpectationBroken(
        f"{told}{more} The whole report is {keys.dataset(report.dataset, 'report.html')} in the "
        f"features bucket: evergreen report dataset {report.dataset} --open."
    )
