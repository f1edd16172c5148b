"""A registered version as it scores tables: its verified graph and signature, and how to label."""

from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.registry import Artifact, Version
from evergreen.contracts.signature import Signature, encode
from evergreen.digest import sha256
from evergreen.errors import ArtifactChanged, GraphMismatch
from evergreen.graph import Graph
from evergreen.ports import ObjectStore


class Scorer(Struct, frozen=True, eq=False):
    """``name`` is what errors call it."""

    name: str
    signature: Signature
    graph: Graph

    def probabilities(self, columns: dict[str, NDArray[Any]], rows: int) -> NDArray[np.float64]:
        """The positive class's probability of ``rows`` rows, float64 of shape (rows,).

        Raises:
            InvalidTable: a column is missing.
            GraphMismatch: the graph answers with no number.
        """
        if not rows:
            return np.empty(0, dtype=np.float64)
        answers = self.graph.probabilities(encode(self.signature, columns))
        odd = int(np.count_nonzero(~np.isfinite(answers)))
        if odd:
            raise GraphMismatch(
                f"The {self.name}'s graph answers with no number for {odd:,} of {rows:,} rows."
            )
        return answers


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
