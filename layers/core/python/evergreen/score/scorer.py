"""A registered version as it scores tables: its verified graph and signature, and how to label."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.registry import Version
from evergreen.contracts.signature import Columns, Signature, encode
from evergreen.errors import GraphMismatch
from evergreen.graph import Graph
from evergreen.ports import ObjectStore
from evergreen.registered import read_signature, verified


class Scorer(Struct, frozen=True, eq=False):
    """``name`` is what errors call it."""

    name: str
    signature: Signature
    graph: Graph

    def answers(self, columns: Columns, rows: int) -> NDArray[np.float64]:
        """What the version answers ``rows`` rows, float64: a number or the positive class's
        probability, shape (rows,); of several classes all probabilities, shape (rows, k).

        Raises:
            InvalidTable: a column is missing.
            GraphMismatch: the graph answers with no number.
        """
        answers = self.unchecked(columns, rows)
        odd = int(np.count_nonzero(~finite(answers)))
        if odd:
            raise GraphMismatch(
                f"The {self.name}'s graph answers with no number for {odd:,} of {rows:,} rows."
            )
        return answers

    def unchecked(self, columns: Columns, rows: int) -> NDArray[np.float64]:
        """:meth:`answers`, of which some may be no number."""
        several = self.signature.problem == "multiclass"
        if not rows:
            return np.empty((0, len(self.signature.classes)) if several else 0)
        answers = self.graph.answers(encode(self.signature, columns))
        return answers if several else answers[:, -1]


def finite(answers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows have an answer, shape (n,)."""
    there: NDArray[np.bool_] = np.isfinite(answers)
    if there.ndim > 1:
        there = np.all(there, axis=1)
    return there


def load(version: Version, artifacts: ObjectStore, name: str) -> Scorer:
    """Open a registered version.

    Raises:
        ArtifactChanged: its graph or signature is not what was registered.
    """
    graph = Graph(verified(artifacts, version.draft.graph, name))
    return Scorer(name, read_signature(artifacts, version, name), graph)
