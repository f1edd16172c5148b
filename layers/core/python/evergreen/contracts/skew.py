"""Served features beside the same computed again, as they were known when they were served."""

from msgspec import Struct


class FeatureSkew(Struct, frozen=True):
    """One feature. Of ``compared`` values served ``late`` ones were an older row's, or none, since
    a row was materialised only later; ``unequal`` ones are no row's, and ``largest`` is their
    largest difference (None for a category, or where a value is missing)."""

    feature: str
    compared: int
    unequal: int
    late: int
    largest: float | None


class SkewReport(Struct, frozen=True):
    """One view. ``unknown`` rows name an entity of which nothing was known when they were served.

    ``left_out`` capture objects were too much to read.
    """

    view: str
    build: str
    since: str
    until: str
    models: tuple[str, ...]
    rows: int
    unknown: int
    features: tuple[FeatureSkew, ...]
    left_out: int = 0

    @property
    def skewed(self) -> bool:
        """Whether more differs than late rows explain."""
        return any(feature.unequal for feature in self.features)
