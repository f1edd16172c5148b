"""Score the hold-out with the candidate's graph, and with the champion's beside it.

It runs with the runtime that will serve, because converters do produce graphs that answer
differently from what they were made of.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from evergreen.contracts import keys
from evergreen.contracts.registry import CHAMPION, Artifact, Version
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.contracts.stages import ScoreInput, ScoreOutput
from evergreen.digest import sha256
from evergreen.errors import ArtifactChanged, GraphMismatch, InvalidTable
from evergreen.feature_set import read_rows, read_signature
from evergreen.frame import Frame, arrays_to_npz
from evergreen.graph import Graph
from evergreen.ports import ObjectStore, Registry


def score(
    given: ScoreInput, *, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> ScoreOutput:
    """Write ``scores.npz``: float64 probabilities of the hold-out's rows, in their order.

    Raises:
        ArtifactChanged: the champion's graph or signature is not the one that was registered.
        GraphMismatch: a graph answers with no number.
        InvalidTable: the rows lack a column that the champion takes.
    """
    rows = read_rows(features, given.feature_set, "test")
    signature = read_signature(features, given.feature_set)
    graph = artifacts.read(keys.candidate(given.run.run_id, "model.onnx"))
    scores = {"challenger": _score("candidate", graph, signature, rows)}
    champion = _champion(registry, given.run.model)
    if champion is not None:
        scores["champion"] = _score_champion(champion, artifacts, rows)
    key = keys.run(given.run.run_id, "scores.npz")
    artifacts.write(key, arrays_to_npz(**scores))
    number = champion.number if champion else None
    beside = f" by challenger and champion v{number}" if champion else ", no champion yet"
    return ScoreOutput(key, number, f"{len(rows):,} hold-out rows scored{beside}")


def _champion(registry: Registry, model: str) -> Version | None:
    alias = registry.alias(model, CHAMPION)
    return registry.version(model, alias.version) if alias else None


def _score_champion(champion: Version, artifacts: ObjectStore, rows: Frame) -> NDArray[np.float64]:
    name = f"champion v{champion.number}"
    body = _verified(artifacts, champion.draft.signature, name)
    signature = msgspec.json.decode(body, type=Signature)
    lacking = [column.name for column in signature.inputs if not _fits(column, rows)]
    if lacking:
        raise InvalidTable(
            f"The {name} takes {', '.join(lacking)}, which the new rows lack or hold in another"
            " type, so the two cannot be compared; keep the column in the model file's features,"
            " or give the changed model a name of its own."
        )
    return _score(name, _verified(artifacts, champion.draft.graph, name), signature, rows)


def _fits(column: Column, rows: Frame) -> bool:
    values = rows.columns.get(column.name)
    return values is not None and (values.dtype.kind == "U") == (column.type == "category")


def _verified(artifacts: ObjectStore, artifact: Artifact, name: str) -> bytes:
    body = artifacts.read(artifact.key)
    if sha256(body) != artifact.sha256:
        raise ArtifactChanged(
            f"'{artifact.key}' of the {name} is not what was registered;"
            " restore the object's earlier version."
        )
    return body


def _score(name: str, graph: bytes, signature: Signature, rows: Frame) -> NDArray[np.float64]:
    answers = Graph(graph).probabilities(encode(signature, rows.columns))
    odd = int(np.count_nonzero(~np.isfinite(answers)))
    if odd:
        raise GraphMismatch(
            f"The {name}'s graph answers with no number for {odd:,} of {len(rows):,} rows."
        )
    return answers
