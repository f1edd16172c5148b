"""The baseline profile of rows that a version learns from: of a feature set, or of a window."""

from evergreen.profiles.profile import moment, profile

__all__ = ["moment", "profile"]
