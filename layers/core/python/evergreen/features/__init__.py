"""Features: a dataset becomes splits, a signature and a baseline profile; views are served."""

from evergreen.features.feature_set import features
from evergreen.features.history import keep_history
from evergreen.features.materialise import materialise

__all__ = ["features", "keep_history", "materialise"]
