"""Make the run's candidate of what the search found, and what people judge it by."""

from evergreen.train.candidate import train

__all__ = ["train"]
