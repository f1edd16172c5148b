"""Judge a candidate by its scores on the hold-out: metrics, gates, champion."""

from evergreen.evaluate.judge import evaluate

__all__ = ["evaluate"]
