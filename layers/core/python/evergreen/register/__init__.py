"""Register: turn a candidate that passed its gates into an immutable, numbered version."""

from evergreen.register.candidate import register

__all__ = ["register"]
