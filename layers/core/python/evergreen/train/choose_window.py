"""Whether to learn from all rows, from the newer part, or from all with the newer counting more.

Every window is rehearsed (:mod:`evergreen.train.rehearsal`) with the heaviest member's
configuration. The first, which leaves most rows, needs no reason; another is taken only where it
surely answers better: rows thrown away do not come back, and a lucky season is not a trend.
"""

from typing import Any

import numpy as np
from msgspec import Struct

from evergreen import metrics
from evergreen.bootstrap import bootstrap, confidence
from evergreen.contracts.candidate import Window, WindowReport, WindowTried
from evergreen.contracts.model_file import Metric
from evergreen.contracts.stages import Configuration
from evergreen.train.ensemble import ranked
from evergreen.train.evidence import Evidence
from evergreen.train.material import Material
from evergreen.train.rehearsal import Rehearsal, evidence_of, rehearsal, rehearsed
from evergreen.train.windows import ALL, Learned, learned, moment, windows

SURE = 0.95
"""Share of paired resamples, of stretches of time, that another window must win."""


class ChosenWindow(Struct, frozen=True, eq=False):
    """What a candidate is fitted on, why, and where its windows were rehearsed."""

    learned: Learned
    report: WindowReport | None = None
    turns: Rehearsal | None = None


def choose_window(material: Material, configuration: Configuration) -> ChosenWindow:
    """The best window on the newest rows before the hold-out where it surely is; see above.

    Which is best is said by some stretches of time and measured on the others, in turn, so that
    trying several does not make one of them look better than it is.
    """
    turns = rehearsal(material)
    offered = windows(material.file.retrain.windows) if material.in_time else (ALL,)
    if turns is None or len(offered) == 1:
        return _chosen(material, offered[0], turns)
    found = {each: rehearsed(material, turns, configuration, each) for each in offered}
    there = {each: answered for each, answered in found.items() if answered is not None}
    if len(there) < 2:
        return _chosen(material, offered[0], turns)
    evidence = evidence_of(material, turns, (), list(there.values()))
    return _best(material, turns, tuple(there), evidence)


def _best(
    material: Material, turns: Rehearsal, there: tuple[Window, ...], evidence: Evidence
) -> ChosenWindow:
    metric, target, answered = material.file.metric, evidence.target, list(evidence.answers)
    sure = _sure(evidence, metric)
    tried = _tried(evidence, metric, there)
    place = ranked(metric, target, answered)[0]
    taken = sure >= SURE and tried[place].confidence >= SURE
    chosen = _chosen(material, there[place if taken else 0], turns)
    report = WindowReport(
        window=chosen.learned.window,
        rows=len(chosen.learned.rows),
        since=chosen.learned.since,
        tried=tried,
        measured=len(target),
        measured_since=moment(turns.measured.time),
        origins=len(turns.turns),
        confidence=sure,
    )
    return ChosenWindow(chosen.learned, report, turns)


def _sure(evidence: Evidence, metric: Metric) -> float:
    """How surely what is best on other rows is better than the first window."""
    target, first = evidence.target, evidence.answers[0]
    chosen = np.empty_like(first)
    for known, unknown in evidence.splits():
        best = ranked(metric, target[known], [each[known] for each in evidence.answers])[0]
        chosen[unknown] = evidence.answers[best][unknown]
    return evidence.surely(metric, target, chosen, first)


def _tried(
    evidence: Evidence, metric: Metric, there: tuple[Window, ...]
) -> tuple[WindowTried, ...]:
    target, answered = evidence.target, list(evidence.answers)
    again = bootstrap(metric, target, answered, evidence.clusters, evidence.seed, 500)
    return tuple(
        WindowTried(
            window, metrics.measure(metric, target, answers), confidence(metric, values, again[0])
        )
        for window, answers, values in zip(there, answered, again, strict=True)
    )


def _chosen(material: Material, window: Window, turns: Any) -> ChosenWindow:
    found = learned(window, material.rows)
    if not material.in_time:
        return ChosenWindow(found)
    report = WindowReport(window=window, rows=len(found.rows), since=found.since)
    return ChosenWindow(found, report, turns)
