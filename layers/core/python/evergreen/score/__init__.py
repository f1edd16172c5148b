"""Predictions without a caller who waits: the hold-out of a run, and whole tables in chunks."""

from evergreen.score.chunk import chunk
from evergreen.score.finish import finish
from evergreen.score.holdout import score
from evergreen.score.plan import plan

__all__ = ["chunk", "finish", "plan", "score"]
