"""Whether to learn from all rows, from the newer part, or from all with the newer counting more.

Every window is rehearsed (:mod:`evergreen.train.rehearsal`) with the heaviest member's
configuration. The first, which leaves most rows, needs no reason; another is taken only where it
surely answers better: rows thrown away do not come back, and a lucky season is not a trend.
"""

from functools import partial
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen import metrics
from evergreen.bootstrap import bootstrap, confidence
from evergreen.contracts.candidate import Window, WindowReport, WindowTried
from evergreen.contracts.model_file import Metric
from evergreen.contracts.stages import Configuration
from evergreen.metrics import Floats
from evergreen.profiles import moment
from evergreen.train.ensemble import ranked
from evergreen.train.evidence import Evidence
from evergreen.train.material import Material
from evergreen.train.rehearsal import Rehearsal, enough, evidence_of, rehearsal, rehearsed
from evergreen.train.windows import ALL, Learned, learned, windows

SURE = 0.95
"""Share of paired resamples, of stretches of time, that another window must win."""

SURE_AFTER_A_LOSS = 0.9
"""Where checks have found that what all rows tell is no longer true, it is to be shown less; the
champion is still to be beaten on later rows."""


class ChosenWindow(Struct, frozen=True, eq=False):
    """What a candidate is fitted on, why, and where its windows were rehearsed."""

    learned: Learned
    report: WindowReport | None = None
    turns: Rehearsal | None = None


def choose_window(material: Material, configuration: Configuration) -> ChosenWindow:
    """The best window on the newest rows before the hold-out where it surely is; see above.

    A window that does no better than the first on the newest rows of all is given up there, which
    spares its other fits. Which of the rest is best is said by some stretches of time and measured
    on the others, in turn, so that trying several makes none look better than it is.
    """
    turns = rehearsal(material)
    offered = windows(material.file.retrain.windows) if material.in_time else (ALL,)
    if turns is None or len(offered) == 1:
        return _chosen(material, offered[0], turns)
    answer = partial(_rehearsed, material, configuration)
    found = answer(turns.newest, offered)
    if offered[0] not in found or len(found) == 1:
        return _chosen(material, offered[0], turns)
    better = _better(material.file.metric, turns.newest.measured(material).target, found)
    if not better or not turns.earlier.turns:
        return _best(material, turns, turns.newest, found)
    before = answer(turns.earlier, (offered[0], *better))
    if offered[0] not in before or len(before) == 1:
        return _best(material, turns, turns.newest, found)
    both = {each: np.concatenate([answers, found[each]]) for each, answers in before.items()}
    return _best(material, turns, turns, both)


def _rehearsed(
    material: Material, configuration: Configuration, turns: Rehearsal, offered: tuple[Window, ...]
) -> dict[Window, Floats]:
    found = {each: rehearsed(material, turns, configuration, each) for each in offered}
    return {each: answered for each, answered in found.items() if answered is not None}


def _better(
    metric: Metric, target: NDArray[Any], found: dict[Window, Floats]
) -> tuple[Window, ...]:
    """The windows that are ahead of the first."""
    others = tuple(found)[1:]
    places = ranked(metric, target, list(found.values()))
    return tuple(
        each for place, each in enumerate(others, 1) if places.index(place) < places.index(0)
    )


def _best(
    material: Material, turns: Rehearsal, looked_at: Rehearsal, found: dict[Window, Floats]
) -> ChosenWindow:
    metric, there, answered = material.file.metric, tuple(found), list(found.values())
    evidence = evidence_of(material, looked_at, (), answered)
    sure, tried = _sure(evidence, metric), _tried(evidence, metric, there)
    place = ranked(metric, evidence.target, answered)[0]
    best = learned(there[place], material.file, material.rows)
    able = enough(best.rows, len(material.signature.classes))
    asked = SURE_AFTER_A_LOSS if material.mends else SURE
    taken = able and sure >= asked and tried[place].confidence >= asked
    chosen = _chosen(material, there[place if taken else 0], turns)
    report = WindowReport(
        window=chosen.learned.window,
        rows=len(chosen.learned.rows),
        since=chosen.learned.since,
        tried=tried,
        measured=len(evidence.target),
        measured_since=moment(material.file, looked_at.measured(material).time.min()),
        origins=len(looked_at.turns),
        given_up=len(windows(material.file.retrain.windows)) - len(there),
        confidence=sure,
        asked=asked,
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


def _chosen(material: Material, window: Window, turns: Rehearsal | None) -> ChosenWindow:
    found = learned(window, material.file, material.rows)
    if not material.in_time:
        return ChosenWindow(found)
    report = WindowReport(window=window, rows=len(found.rows), since=found.since)
    return ChosenWindow(found, report, turns)
