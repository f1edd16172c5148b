"""The baseline that a drift check compares with: small, and stored beside the model version."""

from msgspec import Struct


class NumberProfile(Struct, frozen=True, tag="number"):
    """``edges`` are the inner bin edges (deciles of the training rows); ``counts`` has one more."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int


class CategoryProfile(Struct, frozen=True, tag="category"):
    """Rows by known value; ``missing`` ones apart."""

    counts: dict[str, int]
    missing: int


class Profile(Struct, frozen=True):
    """Distributions of what a version was fitted on; ``target`` of its classes, or of a number."""

    rows: int
    target: NumberProfile | CategoryProfile
    columns: dict[str, NumberProfile | CategoryProfile]
    newest: str
    """ISO 8601 time of the newest row, empty without a time column."""
