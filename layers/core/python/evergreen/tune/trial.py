"""Try one configuration at one fidelity: cross-validate it, and keep what came out."""

import time
from collections.abc import Callable
from datetime import timedelta

import numpy as np
from msgspec.structs import replace

from evergreen import metrics
from evergreen.contracts import keys
from evergreen.contracts.model_file import Metric
from evergreen.contracts.search import Search
from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import Trial, TrialResult
from evergreen.errors import sentence_of
from evergreen.estimators.results import write_result
from evergreen.estimators.space import describe
from evergreen.feature_set import read_manifest, read_rows, read_signature
from evergreen.figures import metric_text
from evergreen.frame import arrays_to_npz
from evergreen.ports import Clock, ObjectStore, Registry, iso
from evergreen.prices import Worker, dollars
from evergreen.tune.cross_validation import Measured, cross_validate
from evergreen.tune.folds import Fold, Study, folds, looked_at

_SHARE, _SHARE_OF_A_FINALIST = 0.1, 0.25
"""Of the search's minutes, for the steps of a trial, and of one promoted to all rows and folds."""


def trial(
    given: Trial,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    clock: Clock,
    worker: Worker,
) -> TrialResult:
    """Fit and measure; what goes wrong with the fit is a result too, and never ends the run.

    At full fidelity the answers to rows that were not fitted on are kept as well, before the
    result, so that whoever finds a result finds them.

    Args:
        worker: what this runs on, for its price.

    Raises:
        NotFound: the model or the feature set does not exist.
    """
    began = time.perf_counter()
    signature = read_signature(features, given.feature_set)
    study = _study(given, signature, features, registry)
    metric = study.file.metric
    try:
        chosen = folds(study, given.fidelity)
        expired = _expired(given, study.file.search, clock)
        found = cross_validate(signature, given.configuration, study.rows, chosen, metric, expired)
    except Exception as error:
        result = _failed(given, sentence_of(error))
    else:
        if given.fidelity.full:
            key = keys.predictions(given.run.run_id, given.number)
            artifacts.write(key, _predictions(found, chosen))
        result = _finished(given, metric, found, chosen)
    seconds = time.perf_counter() - began
    result = replace(
        result,
        seconds=round(seconds, 3),
        dollars=dollars(worker, seconds),
        finished_at=iso(clock.now()),
    )
    write_result(artifacts, given.run.run_id, result)
    return result


def _expired(given: Trial, search: Search, clock: Clock) -> Callable[[], bool]:
    """Whether it has had its time, so that one trial does not eat up all the minutes."""
    if not search.minutes:
        return lambda: False
    share = _SHARE_OF_A_FINALIST if given.promotes and given.fidelity.full else _SHARE
    until = clock.now() + timedelta(minutes=search.minutes * share)
    return lambda: clock.now() >= until


def _study(given: Trial, signature: Signature, features: ObjectStore, registry: Registry) -> Study:
    train = read_rows(features, given.feature_set, "train")
    rows = train.then(read_rows(features, given.feature_set, "validation"))
    manifest = read_manifest(features, given.feature_set)
    file = registry.model(given.run.model).file
    return Study(file, manifest, rows, len(train), len(signature.classes))


def _predictions(found: Measured, chosen: list[Fold]) -> bytes:
    """By place in train followed by validation, so that those of all trials lie side by side."""
    rows = np.concatenate([fold.measured for fold in chosen])
    numbers = np.repeat([fold.number for fold in chosen], [len(f.measured) for f in chosen])
    order = np.argsort(rows)
    return arrays_to_npz(
        rows=rows[order].astype(np.int64),
        folds=numbers[order].astype(np.int8),
        answers=found.answers[order],
    )


def _finished(given: Trial, metric: Metric, found: Measured, chosen: list[Fold]) -> TrialResult:
    value = metric_text(metric, metrics.from_loss(metric, found.loss), 4)
    rows = looked_at(chosen)
    how = f"{len(chosen)} folds" if len(chosen) > 1 else "1 fold"
    what = describe(found.configuration)
    return TrialResult(
        given.number,
        found.configuration,
        found.loss,
        0.0,
        f"{metric} {value} on {how} of {rows:,} rows: {what}",
        fidelity=given.fidelity,
        promotes=given.promotes,
        origin=given.origin,
        fold_losses=found.fold_losses,
        rows=rows,
        cut=found.cut,
        predict_seconds=round(found.predict_seconds, 6),
    )


def _failed(given: Trial, sentence: str) -> TrialResult:
    return TrialResult(
        given.number,
        given.configuration,
        None,
        0.0,
        f"failed: {sentence}",
        sentence,
        fidelity=given.fidelity,
        promotes=given.promotes,
        origin=given.origin,
    )
