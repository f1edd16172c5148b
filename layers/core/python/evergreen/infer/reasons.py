"""Reasons that a person is given for a decision against them.

They follow Regulation B of the Equal Credit Opportunity Act, 12 CFR 1002.9(b)(2), and its official
interpretation: the specific principal reasons, usually no more than four (comment 1), only factors
that were really scored and no principal one left out (comment 4), chosen by how far each fell
behind the average of all applicants (comment 5). Those here are the rows the version learned from.
"""

from msgspec import Struct

from evergreen.contracts.policies import Decision

REASONS_AT_MOST = 4


class Contribution(Struct, frozen=True):
    """What one column's value added to the answer; a missing value is None."""

    column: str
    value: str | float | None
    contribution: float


class Reason(Struct, frozen=True):
    """A principal reason; ``code`` is the column, ``text`` what the model file says about it."""

    code: str
    text: str


def principal(
    contributions: list[Contribution], decision: Decision, *, positive: bool
) -> list[Reason]:
    """The reasons for a decision, the weightiest first; none for one that is not against a person.

    Args:
        positive: whether the positive label was answered.
    """
    if decision.adverse is None or positive != (decision.adverse == "positive"):
        return []
    sign = 1.0 if positive else -1.0
    used = [c for c in contributions if c.contribution != 0.0]
    # Where each column spoke for the person, and together not enough, those that did so least.
    against = [c for c in used if sign * c.contribution > 0.0] or used
    weightiest = sorted(against, key=lambda c: -sign * c.contribution)[:REASONS_AT_MOST]
    return [Reason(c.column, decision.reasons.get(c.column, c.column)) for c in weightiest]
