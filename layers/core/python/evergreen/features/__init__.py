"""Features: a dataset becomes splits, a signature and a baseline profile."""

from evergreen.features.feature_set import features

__all__ = ["features"]
