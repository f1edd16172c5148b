"""Performance of the window: realised, estimated, and the one held against the other."""

import math

from msgspec import Struct
from msgspec.structs import replace

from evergreen.contracts.drift import Measured, Performance
from evergreen.contracts.expectation import Expectation
from evergreen.contracts.model_file import METRICS, Metric, ModelFile
from evergreen.figures import metric_text
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.performance.estimate import Z, deviation, estimated
from evergreen.monitor.performance.realised import LEAST, realised
from evergreen.monitor.performance.rows import Judged, Rows, judged_of, rows_of
from evergreen.monitor.performance.worse import estimated_worse, realised_worse
from evergreen.monitor.served import Served
from evergreen.skill import naive


class Reconciled(Struct, frozen=True):
    """The estimate of judged rows beside what they realised; ``off`` beyond what chance makes."""

    estimated: Measured | None
    off: bool
    note: str


def perform(file: ModelFile, baseline: Baseline, served: Served) -> Performance | None:
    """The model's metric on the window; None where neither outcomes nor estimates tell it.

    ``worse`` is told of versions that have an expectation for the metric (see
    :mod:`evergreen.monitor.performance.worse`).
    """
    at_training = baseline.version.draft.metrics.get(file.metric)
    if at_training is None or not measurable(file, baseline) or not len(served):
        return None
    expected = expectation_of(file, baseline)
    rows, judged = rows_of(served), judged_of(served)
    found = realised(file.metric, judged)
    guess = estimated(expected, rows) if expected else None
    if found is None and guess is None:
        return None
    beside = _reconciled(expected, judged, found, guess if len(judged.rows) == len(rows) else None)
    told = Performance(
        metric=file.metric,
        at_training=expected.value if expected else at_training,
        realised=found,
        estimated=guess,
        estimated_of_judged=beside.estimated,
        naive=naive(file.metric, judged.truth, len(baseline.signature.classes)) if found else None,
        note=beside.note or _missing(file, baseline, rows, judged, guess),
    )
    if expected is None:
        return told
    by = file.monitor.worse_by
    trusted = guess if not beside.off else None
    return replace(
        told,
        worse=realised_worse(expected, judged, told, by),
        estimated_worse=bool(trusted and estimated_worse(expected, rows, trusted, by)),
    )


def measurable(file: ModelFile, baseline: Baseline) -> bool:
    """Whether the file's metric is one of the problem that the version answers."""
    return file.metric in METRICS[baseline.signature.problem]


def unmeasured(file: ModelFile, baseline: Baseline) -> str:
    """Why the version has no performance whatever it serves, as a sentence; "" where it may."""
    version = baseline.version
    if measurable(file, baseline) and file.metric in version.draft.metrics:
        return ""
    return (
        f"Version {version.number} was not measured by {file.metric}, which the model file states "
        "since, so nothing is told of its performance; the next version will be measured by it"
    )


def expectation_of(file: ModelFile, baseline: Baseline) -> Expectation | None:
    """The version's, where it is for the metric that the file has today."""
    expected = baseline.expectation
    return expected if expected and expected.metric == file.metric else None


def _reconciled(
    expected: Expectation | None, judged: Judged, found: Measured | None, known: Measured | None
) -> Reconciled:
    """``known`` is the estimate where all rows are judged."""
    guess = known or (estimated(expected, judged.rows) if expected and found else None)
    if expected is None or found is None or guess is None:
        return Reconciled(None, off=False, note="")
    own = (found.high - found.low) / (2 * Z)
    # What so many rows vary by is in the realised value's own error; the estimate's is the rest.
    error = math.hypot(own, deviation(expected, guess.value, max(expected.rows, len(judged.rows))))
    apart = found.value - guess.value
    off = abs(apart) > Z * error
    return Reconciled(guess, off, _told(expected.metric, found, guess, off=off))


def _told(metric: Metric, found: Measured, guess: Measured, *, off: bool) -> str:
    values = f"{metric_text(metric, guess.value)} was estimated of {found.rows:,} judged rows and "
    values += f"{metric_text(metric, found.value)} realised"
    if off:
        return f"{values}, further apart than chance explains: estimates are not acted on."
    return f"{values}, as far apart as chance explains."


def _missing(
    file: ModelFile, baseline: Baseline, rows: Rows, judged: Judged, guess: Measured | None
) -> str:
    if expectation_of(file, baseline) is None:
        of = "the metric" if baseline.expectation is None else f"{file.metric}, stated since"
        return (
            f"This version was registered without an expectation for {of}, so nothing is"
            " estimated and no loss of skill is told; the next version has one."
        )
    if guess is None:
        return f"Nothing is estimated of these {len(rows):,} rows."
    if len(judged.rows) < LEAST:
        return f"{len(judged.rows):,} of the {LEAST} outcomes that a first figure takes."
    return "The outcomes are all the same, so that nothing is realised yet."
