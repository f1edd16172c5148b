"""A report in one line, and the words that the page says things with."""

from evergreen.contracts.quality_report import QualityReport
from evergreen.distribution import readable


def summary(report: QualityReport) -> str:
    """One line: ``12,918 rows, 11 columns, 0 dropped; dead 4.9 %``."""
    added = f" ({report.labelled.rows:,} labelled predictions)" if report.labelled else ""
    used = sum(1 for column in report.columns if column.use)
    line = f"{report.rows:,} rows{added}, {used} columns, {sum(report.dropped.values()):,} dropped"
    return "; ".join([line, *_target(report), *_warned(report)])


def _target(report: QualityReport) -> list[str]:
    if report.problem == "binary" and report.target is not None:
        return [f"{report.positive} {percent(report.target)}"]
    if report.problem == "multiclass":
        target = report.target_column
        count = next((c.distinct for c in report.columns if c.name == target), len(report.classes))
        return [f"{target} of {count} classes"]  # the report counts the commonest of them
    if report.target is not None:
        return [f"mean {report.target_column} {readable(report.target)}"]
    return []


def _warned(report: QualityReport) -> list[str]:
    told = []
    broken = sum(1 for each in report.expectations if not each.passed)
    if broken:
        told.append(f"{broken} expectation{'s' if broken > 1 else ''} broken")
    suspects = list(dict.fromkeys(each.column for each in report.suspicions if each.used))
    if suspects:
        told.append(f"may know the outcome: {', '.join(suspects[:4])}")
    return told


def percent(share: float) -> str:
    """A share as people write it: ``4.9 %``."""
    return f"{100 * share:.1f} %"


def target_words(report: QualityReport, mean: float | None) -> str:
    """The target of some rows: its share of the positive class, or its mean."""
    if mean is None:
        return ""
    return percent(mean) if report.problem == "binary" else readable(mean)


def plain(moment: str) -> str:
    """A time as people write it: ``2013-02-08 21:00``, the day alone where it is midnight."""
    return moment.replace("T", " ").removesuffix(":00").removesuffix(" 00:00")
