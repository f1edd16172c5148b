"""How well the version does: measured, estimated, and one held against the other."""

from collections.abc import Iterator

from evergreen import page
from evergreen.contracts.drift import DriftReport, Measured, Performance
from evergreen.contracts.model_file import ModelFile
from evergreen.figures import metric_text
from evergreen.monitor.page import told


def performance(file: ModelFile, report: DriftReport) -> list[page.Html]:
    """The metric in the window beside the one of training."""
    found = report.performance
    if report.unmeasured:
        return [page.paragraph(f"{report.unmeasured}.")]
    if not found:
        return [
            page.paragraph(
                "Nothing to tell yet: too few outcomes, and nothing to estimate performance with."
                " What was answered and asked is checked all the same."
            )
        ]
    parts = [page.paragraph(_sentence(file, found)), _table(file, found)]
    if found.note:
        parts.append(page.paragraph(found.note))
    return parts


def _sentence(file: ModelFile, found: Performance) -> str:
    trained = metric_text(found.metric, found.at_training)
    if found.worse:
        said = "It is surely worse than training measured, and by as much as matters."
    elif found.realised:
        said = "That is not surely worse than at training."
    elif found.estimated_worse:
        said = "By the estimate it is worse, which outcomes have not confirmed yet."
    else:
        said = "No outcome has arrived yet; by the estimate it is not surely worse."
    share = f"{100 * file.monitor.worse_by:g} %"
    return (
        f"At training {found.metric} was {trained} ({told.better(found.metric)}). {said} "
        f"Worse means: {share} of the skill over an answer without any is lost, beyond chance."
    )


def _table(file: ModelFile, found: Performance) -> page.Html:
    rows = list(_measured(found))
    cells = [
        (name, told.measured(found.metric, each), f"{each.rows:,}", says)
        for name, each, says in rows
    ]
    cells.append(
        ("at training", metric_text(found.metric, found.at_training), "", "on the hold-out")
    )
    if found.naive is not None:
        text = metric_text(found.metric, found.naive)
        cells.append(("without skill", text, "", "majority, rate or mean of the judged rows"))
    if file.gates.metric_at_least is not None:
        bound = metric_text(found.metric, file.gates.metric_at_least)
        cells.append(("gate", bound, "", "the bound that the model file sets a new version"))
    return page.stacked(("", f"{found.metric} (90 % interval)", "rows", "of what"), cells)


def _measured(found: Performance) -> Iterator[tuple[str, Measured, str]]:
    if found.realised:
        yield "measured", found.realised, "answers whose outcome has arrived"
    if found.estimated_of_judged:
        yield "estimated for those", found.estimated_of_judged, "the same answers, for comparison"
    if found.estimated:
        yield "estimated for all", found.estimated, "all answers of the window"
