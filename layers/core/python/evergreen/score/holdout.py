"""Score the hold-out with the candidate's graph, and with the champion's beside it.

It runs with the runtime that will serve, because converters do produce graphs that answer
differently from what they were made of.
"""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts import keys
from evergreen.contracts.columns import is_text
from evergreen.contracts.registry import CHAMPION, Version
from evergreen.contracts.signature import Column, Signature
from evergreen.contracts.stages import ScoreInput, ScoreOutput
from evergreen.errors import InvalidTable
from evergreen.feature_set import read_rows, read_signature
from evergreen.frame import Frame, arrays_to_npz
from evergreen.graph import Graph
from evergreen.ports import ObjectStore, Registry
from evergreen.score.comparable import by_class, check_problem
from evergreen.score.scorer import Scorer, load


def score(
    given: ScoreInput, *, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> ScoreOutput:
    """Write ``scores.npz``: float64 answers to the hold-out's rows, in their order, as
    :meth:`~evergreen.score.scorer.Scorer.answers` gives them.

    Raises:
        ArtifactChanged: the champion's graph or signature is not the one that was registered.
        GraphMismatch: a graph answers with no number.
        InvalidTable: the rows lack a column that the champion takes, or it answers another
            question.
    """
    rows = read_rows(features, given.feature_set, "test")
    signature = read_signature(features, given.feature_set)
    graph = artifacts.read(keys.candidate(given.run.run_id, "model.onnx"))
    candidate = Scorer("candidate", signature, Graph(graph))
    scores = {"challenger": candidate.answers(rows.columns, len(rows))}
    champion = _champion(registry, given.run.model)
    if champion is not None:
        scores["champion"] = _score_champion(champion, artifacts, rows, signature)
    key = keys.run(given.run.run_id, "scores.npz")
    artifacts.write(key, arrays_to_npz(**scores))
    number = champion.number if champion else None
    beside = f" by challenger and champion v{number}" if champion else ", no champion yet"
    return ScoreOutput(key, number, f"{len(rows):,} hold-out rows scored{beside}")


def _champion(registry: Registry, model: str) -> Version | None:
    alias = registry.alias(model, CHAMPION)
    return registry.version(model, alias.version) if alias else None


def _score_champion(
    champion: Version, artifacts: ObjectStore, rows: Frame, new: Signature
) -> NDArray[np.float64]:
    scorer = load(champion, artifacts, f"champion v{champion.number}")
    check_problem(scorer.name, scorer.signature, new)
    lacking = [column.name for column in scorer.signature.inputs if not _fits(column, rows)]
    if lacking:
        raise InvalidTable(
            f"The {scorer.name} takes {', '.join(lacking)}, which the new rows lack or hold in"
            " another type, so the two cannot be compared; keep the column in the model file's"
            " features, or give the changed model a name of its own."
        )
    answers = scorer.answers(rows.columns, len(rows))
    return by_class(answers, scorer.signature.classes, new.classes) if answers.ndim > 1 else answers


def _fits(column: Column, rows: Frame) -> bool:
    values = rows.columns.get(column.name)
    return values is not None and is_text(values) == (column.type == "category")
