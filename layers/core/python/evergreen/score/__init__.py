"""Predictions without a caller who waits: hold-outs, whole tables, two versions on one table."""

from evergreen.score.chunk import chunk
from evergreen.score.finish import finish
from evergreen.score.holdout import score
from evergreen.score.plan import plan
from evergreen.score.served_contest import contest

__all__ = ["chunk", "contest", "finish", "plan", "score"]
