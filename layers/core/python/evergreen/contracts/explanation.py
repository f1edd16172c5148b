"""What a version needs to explain its predictions: stored beside its graph, verified like it.

A linear model of one answer is its own explanation; any other is asked about rows in which some
columns are the person's and the others those of typical training rows, the background.
"""

from msgspec import Struct


class Term(Struct, frozen=True, forbid_unknown_fields=True):
    """What one column adds to the log-odds or, where the model answers with a number, to that.

    A number x adds ``slope * x``, a missing one ``slope * fill``. A category adds the element of
    ``values`` at its code, an unseen one nothing. ``mean`` is the average of what the column adds
    over the rows that the version learned from.
    """

    slope: float = 0.0
    fill: float = 0.0
    values: tuple[float, ...] = ()
    mean: float = 0.0


class LinearExplanation(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="linear"
):
    """A linear model: its log-odds, or its number, are ``intercept`` + the sum of its terms, one
    per input in order. A model of several classes has none."""

    intercept: float
    terms: tuple[Term, ...]


class SampledExplanation(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="sampled"
):
    """Any other model: ``background`` holds encoded training rows, None for a missing number."""

    background: tuple[tuple[float | None, ...], ...]


Explanation = LinearExplanation | SampledExplanation
