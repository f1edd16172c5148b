"""Why a prediction came out as it did: what each column added to the answer."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.contracts.explanation import (
    Explanation,
    LinearExplanation,
    SampledExplanation,
)
from evergreen.contracts.policies import Decision
from evergreen.contracts.registry import Version
from evergreen.contracts.signature import Column, Signature
from evergreen.errors import EvergreenError, InvalidRequest, RequestTooLarge
from evergreen.explanation import background, terms
from evergreen.infer.graphs import Served
from evergreen.infer.reasons import Contribution, Reason, principal
from evergreen.infer.shapley import Score, Shares, columns_at_most, shapley

EXPLAINED_ROWS_AT_MOST = 20
"""A row of the largest models in the search takes a quarter of a second; API Gateway waits 29."""

_KEPT_AT_MOST = 256
# Stored explanations in memory. Each has 50 rows: 3 KB for 15 columns, 50 KB for 256.

Unit = Literal["log-odds", "probability", "value"]
"""``value`` is the target's own; of several classes it is the answered one's probability."""

Method = Literal["exact", "permutation"]


Explain = Callable[
    [Served, list[dict[str, Any]], NDArray[np.float32], list[str]], list["RowExplanation"]
]
"""Explains a version's answers: version, rows, the rows encoded, their labels."""


class NotExplainable(EvergreenError):
    """The version cannot explain its predictions."""

    title = "Not explainable"


class RowExplanation(Struct, frozen=True):
    """``base`` + all contributions = the answer, in ``unit``; the largest contribution is first.

    ``base`` is the mean answer over the rows that the version learned from. ``reasons`` is empty
    for a decision that is not against the person.
    """

    base: float
    unit: Unit
    method: Method
    contributions: list[Contribution]
    reasons: list[Reason]


class Explanations:
    """Explains predictions of any version; what a version stores for it is read once."""

    def __init__(self, artifact: Callable[[Version, str], bytes]) -> None:
        """``artifact`` gives a version's artifact by its name, verified."""
        self._artifact = artifact
        self._kept: dict[str, Explanation] = {}

    def asked(
        self, query: Mapping[str, str], rows: list[dict[str, Any]], decision: Decision
    ) -> Explain | None:
        """What explains the request's rows, None where its query does not ask for it.

        Raises:
            InvalidRequest: it asks for something else than ``reasons``.
            RequestTooLarge: there are more than :data:`EXPLAINED_ROWS_AT_MOST` rows.
        """
        wanted = query.get("explain")
        if wanted is None:
            return None
        if wanted != "reasons":
            raise InvalidRequest(f"'explain={wanted[:50]}' is not known; use 'explain=reasons'.")
        if len(rows) > EXPLAINED_ROWS_AT_MOST:
            raise RequestTooLarge(
                f"The request has {len(rows):,} rows and may have {EXPLAINED_ROWS_AT_MOST} where "
                "it asks for explanations; send them in parts."
            )
        return partial(self.explain, decision)

    def explain(
        self,
        decision: Decision,
        served: Served,
        rows: list[dict[str, Any]],
        matrix: NDArray[np.float32],
        labels: list[str],
    ) -> list[RowExplanation]:
        """Explain each row.

        Args:
            rows: as the caller sent them, checked.
            matrix: the same rows encoded: float32 of shape (n, d).
            labels: the n labels that are answered, of any text where the answers are numbers.

        Raises:
            NotExplainable: the version has no explanation, or too many columns for one.
            ArtifactChanged: the stored explanation is not what was registered.
        """
        stored, signature = self._stored(served.version), served.signature
        if isinstance(stored, LinearExplanation):
            unit, shares = _unit(signature, linear=True), _from_terms(signature, stored, matrix)
        else:
            unit, shares = _unit(signature), _from_graph(served, stored, matrix, labels)
        explained = []
        for row, label, share in zip(rows, labels, shares, strict=True):
            found = _ranked(signature, row, share)
            reasons = _reasons(signature, found, decision, label)
            method: Method = "exact" if share.exact else "permutation"
            explained.append(RowExplanation(share.base, unit, method, found, reasons))
        return explained

    def _stored(self, version: Version) -> Explanation:
        artifact = version.draft.explanation
        if artifact is None:
            raise NotExplainable(
                f"Version {version.number} of model '{version.draft.model}' was registered without "
                "an explanation; train the model again to have one."
            )
        stored = self._kept.get(artifact.sha256)
        if stored is None:
            body = self._artifact(version, "explanation")
            stored = msgspec.json.decode(body, type=Explanation)
            if len(self._kept) >= _KEPT_AT_MOST:
                self._kept.clear()
            self._kept[artifact.sha256] = stored
        return stored


def _unit(signature: Signature, *, linear: bool = False) -> Unit:
    if not signature.classes:
        return "value"
    return "log-odds" if linear else "probability"


def _reasons(
    signature: Signature, found: list[Contribution], decision: Decision, label: str
) -> list[Reason]:
    if signature.problem != "binary":
        return []
    return principal(found, decision, positive=label == signature.classes[1])


def _from_terms(
    signature: Signature, stored: LinearExplanation, matrix: NDArray[np.float32]
) -> list[Shares]:
    """By how much each term differs from its mean, which is its Shapley value."""
    means = np.array([term.mean for term in stored.terms])
    base = stored.intercept + float(means.sum())
    added = terms(signature, stored, matrix)
    return [Shares(base, row - means, exact=True) for row in added]


def _from_graph(
    served: Served, stored: SampledExplanation, matrix: NDArray[np.float32], labels: list[str]
) -> list[Shares]:
    typical = background(stored)
    most = columns_at_most(len(typical))
    if matrix.shape[1] > most:
        raise NotExplainable(
            f"The model has {matrix.shape[1]} columns; predictions of one that is not linear are "
            f"explained for up to {most}."
        )
    # Seeded by version and row, so that the same decision is explained alike, whenever asked.
    version = bytes.fromhex(served.version.draft.graph.sha256)
    return [
        shapley(_answer(served, label), row, typical, version + row.tobytes())
        for row, label in zip(matrix + 0.0, labels, strict=True)
    ]


def _answer(served: Served, label: str) -> Score:
    """What is divided: the positive class's probability, the label's, or the number."""
    signature, graph = served.signature, served.graph
    if signature.problem == "binary":
        return graph.probabilities
    place = signature.classes.index(label) if signature.classes else 0
    return lambda matrix: graph.answers(matrix)[:, place]


def _ranked(signature: Signature, row: dict[str, Any], share: Shares) -> list[Contribution]:
    found = [
        Contribution(column.name, _value(column, row[column.name]), contribution)
        for column, contribution in zip(signature.inputs, share.columns.tolist(), strict=True)
    ]
    return sorted(found, key=lambda each: -abs(each.contribution))


def _value(column: Column, given: Any) -> str | float | None:
    """The value that was scored: a category in its one spelling, None where it is missing."""
    if column.type == "category":
        return category_text(given) or None
    return None if given is None else float(given)
