"""Features: a dataset becomes splits, a signature and a baseline profile; or rows of a view."""

from evergreen.features.feature_set import features
from evergreen.features.view_build import build

__all__ = ["build", "features"]
