"""How much of its newest rows a retraining holds out, and chooses its window on.

What changed lately can only be learned from rows that are not held out. A fifth of a history of
years is months: a version that has to win there has learned from none of them. So a retraining
holds out a part of what came since its champion learned, and learns from the rest. Where a check
has found something, it holds out no more than a part of what came since: what had changed by then
is to be learned, and months in which nothing had changed say nothing of it. Nor do they say which
rows to learn from: the split that this is chosen on then is no longer than what came since either.
"""

from datetime import datetime

import numpy as np
from msgspec.structs import replace

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import CHAMPION
from evergreen.contracts.stages import RunInput
from evergreen.frame import Frame
from evergreen.moment import since_1970
from evergreen.ports import Registry
from evergreen.retraining import HELD_OUT_AT_LEAST

SHARE = 1 / 3
"""Of the rows newer than any that the champion learned from, its own hold-out among them; and of
those whose outcome came since a check found what is to be mended."""

RARER_AT_LEAST, EACH_AT_LEAST = 30, 10
"""Rows of a binary model's rarer class, and of each of several classes: what two versions answer to
fewer tells hardly anything, however many the others are."""


def renewed(model: ModelFile, run: RunInput, rows: Frame, registry: Registry) -> ModelFile:
    """The model file with the splits of this run: of a retraining whose rows are split by time
    at most :data:`SHARE` of what is new, or what holds enough of each class, is held out, else as
    stated."""
    alias = registry.alias(model.name, CHAMPION)
    if not run.labelled_until or alias is None or model.splits_by != "time":
        return model
    newest = registry.version(model.name, alias.version).draft.lineage.newest
    if not newest:
        return model
    learned_until = since_1970(datetime.fromisoformat(newest))
    new, least = int(np.count_nonzero(rows.time > learned_until)), _least(model, rows)
    # Of fewer the least would be held out, which tells nothing where one class is rare.
    lost = run.outcomes is not None and run.outcomes >= HELD_OUT_AT_LEAST
    if lost:
        new = min(new, run.outcomes or 0)
    held_out = max(round(new * SHARE), least)
    split = replace(model.split, test=min(held_out / len(rows), model.split.test))
    if lost and not model.forecast:  # whose trials are all measured there
        chosen_on = max(new - held_out, least) / len(rows)
        split = replace(split, validation=min(chosen_on, split.validation))
    return replace(model, split=split)


def _least(model: ModelFile, rows: Frame) -> int:
    """How many of the newest rows hold enough of each class; all, where all hold too few."""
    if not model.classifies:
        return HELD_OUT_AT_LEAST
    asked = RARER_AT_LEAST if model.problem == "binary" else EACH_AT_LEAST
    newest = rows.target[np.argsort(rows.time, kind="stable")[::-1]]
    found = [np.flatnonzero(newest == code) for code in np.unique(newest)]
    reached = [int(each[asked - 1]) + 1 if len(each) >= asked else len(rows) for each in found]
    return max(HELD_OUT_AT_LEAST, *reached)
