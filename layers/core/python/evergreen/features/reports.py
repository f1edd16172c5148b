"""What a feature set says of its splits, for people."""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.feature_set import SplitReport
from evergreen.contracts.model_file import ModelFile
from evergreen.frame import Frame
from evergreen.profiles import moment

_DASH = "\N{EN DASH}"


def split_report(name: str, rows: Frame, model: ModelFile, classes: tuple[str, ...]) -> SplitReport:
    """One split: its rows by class, or its target in figures."""
    median = 0.0 if classes else float(np.median(rows.target))
    counted = np.bincount(rows.target, minlength=len(classes)) if classes else ()
    return SplitReport(
        name=name,
        rows=len(rows),
        classes={label: int(n) for label, n in zip(classes, counted, strict=True)},
        mean=None if classes else float(rows.target.mean()),
        oldest=moment(model, rows.time.min()),
        newest=moment(model, rows.time.max()),
        lowest=None if classes else float(rows.target.min()),
        skew=float(rows.target.mean()) / median if median > 0 else None,
    )


def summary(frames: dict[str, Frame], model: ModelFile) -> str:
    """One line: ``train 8,268 (1997-1999) · validation 2,325 (1999) · test 2,325 (1999)``."""
    return " · ".join(
        f"{name} {len(frame):,}{_period(model, frame.time)}" for name, frame in frames.items()
    )


def _period(model: ModelFile, time: NDArray[np.int64]) -> str:
    if not model.time:
        return ""
    characters = 4 if model.time.unit == "year" else 10
    ends = dict.fromkeys(moment(model, end)[:characters] for end in (time.min(), time.max()))
    return f" ({_DASH.join(ends)})"
