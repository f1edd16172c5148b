"""The command ``evergreen``."""
