"""Try one configuration: fit on the training rows, measure on the validation rows."""

import math
import time

from evergreen import metrics
from evergreen.contracts.model_file import Metric
from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import Configuration, Trial, TrialResult
from evergreen.errors import EvergreenError, InvalidTable
from evergreen.estimators.pipeline import fit, probabilities
from evergreen.estimators.results import write_result
from evergreen.estimators.space import describe
from evergreen.feature_set import read_rows, read_signature
from evergreen.frame import Frame
from evergreen.ports import ObjectStore, Registry


def trial(
    given: Trial, *, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> TrialResult:
    """Fit and measure; what goes wrong with the fit is a result too, and never ends the run."""
    metric = registry.model(given.run.model).file.metric
    signature = read_signature(features, given.feature_set)
    train = read_rows(features, given.feature_set, "train")
    validation = read_rows(features, given.feature_set, "validation")
    began = time.perf_counter()
    try:
        value = _measure(given.configuration, signature, train, validation, metric)
    except Exception as error:
        result = _failed(given, _sentence(error), time.perf_counter() - began)
    else:
        result = _finished(given, metric, value, time.perf_counter() - began)
    write_result(artifacts, given.run.run_id, result)
    return result


def _measure(
    configuration: Configuration,
    signature: Signature,
    train: Frame,
    validation: Frame,
    metric: Metric,
) -> float:
    pipeline = fit(signature, configuration, train)
    predicted = probabilities(pipeline, signature, validation)
    value = metrics.measure(metric, validation.target, predicted)
    if not math.isfinite(value):
        raise InvalidTable(
            f"The {len(validation):,} validation rows have no {metric}, because they hold only one"
            f" class of '{signature.target}'; enlarge split.validation or add rows."
        )
    return value


def _finished(given: Trial, metric: Metric, value: float, seconds: float) -> TrialResult:
    summary = f"{metric} {value:.4f} in {seconds:.1f} s: {describe(given.configuration)}"
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
