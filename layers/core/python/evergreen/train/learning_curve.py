"""Whether more rows would help: the candidate's configuration fitted on a part of the train rows
and measured on the validation rows.

In time order a part is its newest rows, so that every fit ends where the validation begins and
the curve tells what a longer history adds, not what a staler model loses. Else rows, or whole
groups, are drawn. A smaller part lies within every larger one.
"""

import math
import time

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.bootstrap import bootstrap, clusters_of, interval
from evergreen.contracts.run_report import CurvePoint
from evergreen.contracts.stages import Configuration
from evergreen.errors import sentence_of
from evergreen.estimators.pipeline import answers, fit
from evergreen.metrics import measure
from evergreen.train.material import Material

_PARTS = (8, 4, 2, 1)
_ROWS_AT_LEAST = 50
_RESAMPLES = 200
_SECONDS_AT_LEAST, _SECONDS_AT_MOST = 5.0, 120.0


class Curve(Struct, frozen=True):
    """The points, fewest rows first; which rows they got; what was left out, and why."""

    points: tuple[CurvePoint, ...]
    rule: str
    notes: tuple[str, ...]


def learning_curve(material: Material, configuration: Configuration, seconds: float) -> Curve:
    """Fits on an eighth, a quarter, half and all of the train rows, in twice the ``seconds`` that
    making the candidate took (and in 5 s at least, 120 s at most)."""
    order, rule = _order(material)
    allowed = min(max(2 * seconds, _SECONDS_AT_LEAST), _SECONDS_AT_MOST)
    a_row = seconds / len(material.rows)
    spent, points, notes = 0.0, list[CurvePoint](), list[str]()
    for part in _PARTS:
        count = len(order) // part
        if count < _ROWS_AT_LEAST:
            continue
        if spent + a_row * count > allowed:
            notes.append(
                f"Learning curve: fits on {count:,} and more train rows were left out, since they"
                f" would take longer than {allowed:.0f} s."
            )
            break
        try:
            point = _point(material, configuration, order[:count])
        except Exception as error:  # Few rows may be too few for a library; no run ends for that.
            notes.append(f"Learning curve on {count:,} rows: {sentence_of(error)}")
            continue
        spent += point.seconds
        a_row = point.seconds / count
        points.append(point)
    return Curve(tuple(p for p in points if math.isfinite(p.value)), rule, tuple(notes))


def _order(material: Material) -> tuple[NDArray[np.intp], str]:
    """Places of train rows, those of the smallest part first."""
    file, rows = material.file, material.train
    if file.splits_by == "time":
        return np.argsort(-rows.time, kind="stable"), "the newest rows"
    generator = np.random.default_rng(material.seed)
    if file.splits_by == "group":
        cluster = clusters_of(rows, file.group)
        turn = generator.permutation(int(cluster.max()) + 1)
        return np.argsort(turn[cluster], kind="stable"), f"rows of {file.group} drawn at random"
    return generator.permutation(len(rows)), "rows drawn at random"


def _point(
    material: Material, configuration: Configuration, places: NDArray[np.intp]
) -> CurvePoint:
    metric, validation = material.file.metric, material.validation
    began = time.perf_counter()
    pipeline = fit(material.signature, configuration, material.train.take(np.sort(places)))
    seconds = time.perf_counter() - began
    answered = answers(pipeline, material.signature, validation)
    value = measure(metric, validation.target, answered)
    together = clusters_of(validation, material.file.group)
    again = bootstrap(metric, validation.target, [answered], together, material.seed, _RESAMPLES)
    return CurvePoint(len(places), value, interval(again), round(seconds, 3))
