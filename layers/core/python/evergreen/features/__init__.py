"""Features: a dataset becomes splits, a signature and a baseline profile; or rows of a view, which
go to the online store."""

from evergreen.features.feature_set import complete, features
from evergreen.features.history import keep_history
from evergreen.features.materialise import materialise
from evergreen.features.skew import check_skew
from evergreen.features.view_build import build

__all__ = ["build", "check_skew", "complete", "features", "keep_history", "materialise"]
