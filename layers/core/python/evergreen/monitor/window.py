"""What the champion served since it took over, beside what it was trained on."""

import math
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen import captured
from evergreen.canonical import category_text
from evergreen.captured import Period, Prediction
from evergreen.cleaning import clean_numbers, clean_texts
from evergreen.contracts import keys
from evergreen.contracts.profile import ColumnProfile, NumberProfile, Profile
from evergreen.contracts.registry import Version
from evergreen.contracts.signature import Signature
from evergreen.contracts.table import ColumnRule
from evergreen.errors import NotFound
from evergreen.frame import arrays_from_npz
from evergreen.ports import ObjectStore
from evergreen.registered import read_signature, verified


class Window(Struct, frozen=True, eq=False):
    """A champion's predictions since it took over, oldest first, and their outcomes.

    ``judged`` numbers the rows that have an outcome; ``truth`` is that, shape (judged,): the number
    as float64, or of a class its place in the signature's classes as int64.
    """

    predictions: list[Prediction]
    judged: NDArray[np.int64]
    truth: NDArray[Any]
    rules: dict[str, ColumnRule]
    """How columns are cleaned: captures hold what was sent, and training saw what was clean."""

    @property
    def answers(self) -> NDArray[np.float64]:
        """What the graph answered, shape (rows, k): of several classes k, else 1."""
        return np.array([prediction.answer for prediction in self.predictions], dtype=np.float64)

    def column(self, name: str, profile: ColumnProfile) -> NDArray[Any]:
        """A column's values as its profile counts them, float32 or canonical text; rows that were
        captured without the column are left out."""
        rows = (p for p in self.predictions if name not in p.redacted)
        sent = [prediction.values.get(name) for prediction in rows]
        rule = self.rules.get(name)
        if isinstance(profile, NumberProfile):
            numbers = np.array([_number(value) for value in sent], dtype=np.float64)
            return (clean_numbers(rule, numbers) if rule else numbers).astype(np.float32)
        texts = np.array([category_text(value) for value in sent], dtype=np.str_)
        return clean_texts(rule, texts) if rule else texts


def window(store: ObjectStore, version: Version, period: Period, signature: Signature) -> Window:
    """Read the captures and the feedback of a period from the features bucket."""
    model = version.draft.model
    found = captured.predictions(captured.captures(store, model, period).lines)
    said = captured.outcomes(captured.feedback(store, model, period).lines)
    width = len(signature.classes) if signature.problem == "multiclass" else 1
    mine = [row for row in found.values() if row.version == version.number]
    mine = [row for row in mine if len(row.answer) == width]
    mine.sort(key=lambda prediction: (prediction.at, prediction.id))
    truth = np.array([_truth(signature, said.get(row.id)) for row in mine], dtype=np.float64)
    judged = np.flatnonzero(np.isfinite(truth))
    kind = np.int64 if signature.classes else np.float64
    rules = {column.name: column.rule for column in signature.inputs if column.rule}
    return Window(mine, judged, truth[judged].astype(kind), rules)


def _truth(signature: Signature, said: str | None) -> float:
    """An outcome as a number, NaN without one that fits the model."""
    if signature.classes:
        return signature.classes.index(said) if said in signature.classes else math.nan
    return _number(said)


def baseline(artifacts: ObjectStore, version: Version) -> tuple[Profile, Signature]:
    """What the version was fitted on.

    Raises:
        ArtifactChanged: an artifact is no longer what was registered.
    """
    profile = msgspec.json.decode(verified(artifacts, version.draft.profile), type=Profile)
    return profile, read_signature(artifacts, version)


def held_out(artifacts: ObjectStore, version: Version) -> NDArray[np.float64] | None:
    """What the version answered on its hold-out, shape (n, k), where its run still has it."""
    try:
        body = artifacts.read(keys.run(version.draft.lineage.run_id, "scores.npz"))
    except NotFound:
        return None
    answers = arrays_from_npz(body)["challenger"]
    return answers if answers.ndim > 1 else answers[:, np.newaxis]


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
