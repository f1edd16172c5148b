"""Try one configuration: fit on the training rows, measure on the validation rows.

Of a forecast, fit on the rows before each of the rolling origins and measure on those up to the
next (Tashman 2000); the mean counts.
"""

import math
import time
from itertools import pairwise
from statistics import fmean

from evergreen import metrics
from evergreen.contracts.model_file import Metric
from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import Configuration, Trial, TrialResult
from evergreen.errors import EvergreenError, InvalidTable
from evergreen.estimators.pipeline import answers, fit
from evergreen.estimators.results import write_result
from evergreen.estimators.space import describe
from evergreen.feature_set import read_manifest, read_rows, read_signature
from evergreen.figures import metric_text
from evergreen.frame import Frame
from evergreen.ports import ObjectStore, Registry


def trial(
    given: Trial, *, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> TrialResult:
    """Fit and measure; what goes wrong with the fit is a result too, and never ends the run."""
    metric = registry.model(given.run.model).file.metric
    signature = read_signature(features, given.feature_set)
    folds = _folds(features, given.feature_set, signature)
    began = time.perf_counter()
    try:
        value = fmean(_measure(given.configuration, signature, *fold, metric) for fold in folds)
    except Exception as error:
        result = _failed(given, _sentence(error), time.perf_counter() - began)
    else:
        result = _finished(given, metric, value, time.perf_counter() - began)
    write_result(artifacts, given.run.run_id, result)
    return result


def _folds(
    features: ObjectStore, feature_set: str, signature: Signature
) -> list[tuple[Frame, Frame]]:
    """Rows to fit on and rows to measure on, once or once for each rolling origin."""
    train = read_rows(features, feature_set, "train")
    validation = read_rows(features, feature_set, "validation")
    if signature.problem != "forecast":
        return [(train, validation)]
    both = train.then(validation)
    ends = (*read_manifest(features, feature_set).origins, len(both))
    return [
        (both.take(slice(0, origin)), both.take(slice(origin, end)))
        for origin, end in pairwise(ends)
    ]


def _measure(
    configuration: Configuration,
    signature: Signature,
    train: Frame,
    validation: Frame,
    metric: Metric,
) -> float:
    fitted = fit(signature, configuration, train)
    predicted = answers(fitted, signature, validation)
    value = metrics.measure(metric, validation.target, predicted)
    if not math.isfinite(value):
        what = "only one class" if signature.classes else "only one value"
        raise InvalidTable(
            f"The {len(validation):,} validation rows have no {metric}, because they hold {what}"
            f" of '{signature.target}'; enlarge split.validation or add rows."
        )
    return value


def _finished(given: Trial, metric: Metric, value: float, seconds: float) -> TrialResult:
    measured = f"{metric} {metric_text(metric, value, 4)}"
    summary = f"{measured} in {seconds:.1f} s: {describe(given.configuration)}"
    loss = metrics.loss(metric, value)
    return TrialResult(given.number, given.configuration, loss, round(seconds, 3), summary)


def _failed(given: Trial, sentence: str, seconds: float) -> TrialResult:
    summary = f"failed: {sentence}"
    return TrialResult(
        given.number, given.configuration, None, round(seconds, 3), summary, sentence
    )


def _sentence(error: Exception) -> str:
    if isinstance(error, EvergreenError):
        return error.sentence
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
