"""How a version answers: its members, calibration and threshold, as its card tells it."""

from collections.abc import Iterable

from evergreen.contracts.candidate import BlendReport, CalibrationReport, ThresholdReport
from evergreen.contracts.model_file import ModelFile
from evergreen.figures import metric_text
from evergreen.page import Html, paragraph, table
from evergreen.training_window import reasoned

_OUT_OF_FOLD = "on rows that its fits had not seen"


def answered(file: ModelFile, blend: BlendReport) -> Iterable[Html]:
    """Why the threshold lies where it does, and whether probabilities were calibrated."""
    if blend.threshold:
        yield paragraph(_threshold(file, blend.threshold))
    if blend.calibration:
        yield paragraph(_calibration(blend.calibration))


def _threshold(file: ModelFile, found: ThresholdReport) -> str:
    costs = file.decision.costs
    if costs is None or found.cost is None or found.cost_of_none is None:
        return f"From that probability on as many rows are answered so as were so, {_OUT_OF_FOLD}."
    where = (
        "That is where the expected cost is least (Elkan 2001)"
        if found.rule == "stated costs"
        else "That cost surely less than where theory puts it"
    )
    return (
        f"A wrongly positive answer costs {costs.false_positive:g}, a missed one "
        f"{costs.false_negative:g}. {where}: {found.cost:.4g} a row {_OUT_OF_FOLD}, "
        f"{found.cost_of_none:.4g} where all were answered alike."
    )


def _calibration(found: CalibrationReport) -> str:
    before, after = found.log_loss_before, found.log_loss_after
    if found.taken:
        return (
            f"Its probabilities are calibrated ({found.method}): log loss {after:.4f} instead of "
            f"{before:.4f} {_OUT_OF_FOLD}."
        )
    return (
        f"Its probabilities are as its fit gave them: calibration ({found.method}) would not "
        f"surely have lowered their log loss of {before:.4f} {_OUT_OF_FOLD}."
    )


def window(blend: BlendReport) -> Iterable[Html]:
    """Why it learned from those rows."""
    if blend.window:
        yield paragraph(reasoned(blend.metric, blend.window))


def members(blend: BlendReport) -> Iterable[Html]:
    """Who answers together, and what one of them alone would have reached."""
    found = blend.ensemble
    if found is None:
        return
    single, together = (
        metric_text(blend.metric, value, 4) for value in (found.single, found.together)
    )
    yield paragraph(
        f"{_OUT_OF_FOLD.capitalize()}, the best trial alone reached {blend.metric} {single} and "
        f"the best together {together}; together they were better in {found.confidence:.1%} of "
        f"paired resamples, so {'they answer together' if found.taken else 'one answers alone'}."
    )
    if found.taken:
        rows = [(m.trial, f"{m.weight:.3f}", m.configuration["family"]) for m in blend.members]
        yield table(["Trial", "Weight", "Family"], rows)
