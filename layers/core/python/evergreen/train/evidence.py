"""What a run's trials answered to rows they had not seen: what train chooses by."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from evergreen.bootstrap import bootstrap, clusters_of, confidence
from evergreen.contracts import keys
from evergreen.contracts.model_file import Metric
from evergreen.contracts.stages import TrialResult
from evergreen.estimators.pipeline import answers, fit
from evergreen.estimators.steps import steps_of, with_steps
from evergreen.frame import arrays_from_npz
from evergreen.metrics import Floats
from evergreen.ports import ObjectStore
from evergreen.train.material import Material

SURE = 0.9
"""Share of paired resamples that something must win to be more than noise."""
CANDIDATES = 15
_ROWS_AT_MOST = 50_000
"""More would cost minutes and tell little more."""
_RESAMPLES = 500
_PARTS_AT_MOST = 5
_STEPS_MORE = 2
"""How many times a cut trial's steps its last fit may have, where it had one fold."""


class Evidence(Struct, frozen=True, eq=False):
    """Answers of trials to the same m rows, none of which their fits had seen.

    Attributes:
        trials: best first.
        target: shape (m,).
        answers: of each trial, shape (m,) or (m, k).
        parts: which rows were held apart together, 0 and up, at least two; shape (m,).
        clusters: number of each row's cluster, shape (m,).
    """

    trials: tuple[TrialResult, ...]
    target: NDArray[Any]
    answers: tuple[Floats, ...]
    parts: NDArray[np.intp]
    clusters: NDArray[np.intp]
    seed: int

    def splits(self) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
        """Rows to choose by and rows to measure on, once for each part."""
        for part in np.unique(self.parts):
            yield self.parts != part, self.parts == part

    def surely(self, metric: Metric, target: NDArray[Any], one: Floats, other: Floats) -> float:
        """The share of paired resamples in which ``one`` has the better metric; a tie is half."""
        resampled = bootstrap(metric, target, [one, other], self.clusters, self.seed, _RESAMPLES)
        return confidence(metric, resampled[0], resampled[1])


def read_evidence(
    material: Material, best: TrialResult, results: list[TrialResult], artifacts: ObjectStore
) -> Evidence | None:
    """Out-of-fold answers of the best trials; None where there are none of the best one's."""
    there = set(artifacts.keys(keys.run(material.run_id, "predictions/")))
    ranked = sorted(
        (r for r in results if r.loss is not None and r.fidelity.full and r.number != best.number),
        key=lambda result: (result.loss, result.number),
    )
    found: list[tuple[TrialResult, dict[str, NDArray[Any]]]] = []
    for result in (best, *ranked):
        key = keys.predictions(material.run_id, result.number)
        if key in there and len(found) < CANDIDATES:
            arrays = arrays_from_npz(artifacts.read(key))
            if not found or _alike(arrays, found[0][1]):
                found.append((_grown(material, result, results), arrays))
        elif result is best:
            return None
    held = found[0][1]
    count = len(held["rows"])
    # Spread evenly where they are thinned.
    some = np.linspace(0, count - 1, min(count, _ROWS_AT_MOST)).astype(np.intp)
    return _evidence(
        material,
        tuple(result for result, _ in found),
        held["rows"][some],
        held["folds"][some],
        tuple(arrays["answers"][some] for _, arrays in found),
    )


def _grown(material: Material, cut: TrialResult, results: list[TrialResult]) -> TrialResult:
    """Of a trial whose time was over, with the steps that it took on fewer rows, if those are more:
    more rows bear no fewer. But with no more than take as long as the trial did with its folds. A
    probability is calibrated by the answers of the fewer steps, so of classes these stay."""
    lower = next((each for each in results if each.number == cut.promotes), None)
    if not cut.cut or material.signature.classes or lower is None:
        return cut
    had = steps_of(cut.configuration)
    steps = min(steps_of(lower.configuration), had * max(cut.fidelity.folds, _STEPS_MORE))
    return replace(cut, configuration=with_steps(cut.configuration, max(steps, had)))


def evidence_by_validation(material: Material, best: TrialResult) -> Evidence:
    """Of a run without out-of-fold answers: what a fit on the training rows answers to the
    validation rows. Of a number no row, since nothing would be chosen by it."""
    if not material.signature.classes:
        return _evidence(material, (best,), *(np.zeros(0, np.intp),) * 2, (np.zeros(0),))
    fitted = fit(material.signature, best.configuration, material.train)
    answered = answers(fitted, material.signature, material.validation)
    rows = np.arange(len(material.train), len(material.rows))
    return _evidence(material, (best,), rows, np.zeros(len(rows), np.int8), (answered,))


def _evidence(
    material: Material,
    trials: tuple[TrialResult, ...],
    rows: NDArray[np.integer],
    folds: NDArray[np.integer],
    answered: tuple[Floats, ...],
) -> Evidence:
    held = material.rows.take(rows)
    clusters = clusters_of(held, material.file.group)
    return Evidence(trials, held.target, answered, _parts(folds, clusters), clusters, material.seed)


def _alike(one: dict[str, NDArray[Any]], other: dict[str, NDArray[Any]]) -> bool:
    """Whether two trials were measured on the same rows in the same folds."""
    return all(np.array_equal(one[name], other[name]) for name in ("rows", "folds"))


def _parts(folds: NDArray[np.integer], clusters: NDArray[np.intp]) -> NDArray[np.intp]:
    """The folds, joined where they are many; a single one is cut into blocks of neighbours that
    keep clusters whole, where there are several."""
    distinct, place = np.unique(folds, return_inverse=True)
    if len(distinct) > 1:
        joined: NDArray[np.intp] = place % _PARTS_AT_MOST
        return joined
    order, rank = np.unique(clusters, return_inverse=True)
    if len(order) == 1:
        order = rank = np.arange(len(clusters))
    blocks: NDArray[np.intp] = rank * min(_PARTS_AT_MOST, len(order)) // max(len(order), 1)
    return blocks
