"""Features: a dataset becomes splits, signature and profile, or the rows of a shared view."""

from evergreen.features.feature_set import features
from evergreen.features.history import keep_history
from evergreen.features.materialise import materialise
from evergreen.features.view_build import build

__all__ = ["build", "features", "keep_history", "materialise"]
