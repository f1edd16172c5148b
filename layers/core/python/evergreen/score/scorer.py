"""A registered version as it scores tables: its verified graph and signature, and how to label."""

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.registry import Artifact, Version
from evergreen.contracts.signature import Columns, Signature, encode
from evergreen.digest import sha256
from evergreen.errors import ArtifactChanged, GraphMismatch
from evergreen.graph import Graph
from evergreen.ports import ObjectStore


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
    graph = Graph(_verified(artifacts, version.draft.graph, name))
    return Scorer(name, read_signature(version, artifacts, name), graph)


def read_signature(version: Version, artifacts: ObjectStore, name: str) -> Signature:
    """The version's signature.

    Raises:
        ArtifactChanged: it is not what was registered.
    """
    body = _verified(artifacts, version.draft.signature, name)
    return msgspec.json.decode(body, type=Signature)


def _verified(artifacts: ObjectStore, artifact: Artifact, name: str) -> bytes:
    body = artifacts.read(artifact.key)
    if sha256(body) != artifact.sha256:
        raise ArtifactChanged(
            f"'{artifact.key}' of the {name} is not what was registered;"
            " restore the object's earlier version."
        )
    return body
