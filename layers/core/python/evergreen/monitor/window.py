"""What the champion served since it took over, beside what it was trained on."""

from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen import captured
from evergreen.canonical import category_text
from evergreen.captured import Period, Prediction
from evergreen.contracts.profile import NumberProfile, Profile
from evergreen.contracts.registry import Artifact, Version
from evergreen.contracts.signature import Signature
from evergreen.digest import sha256
from evergreen.distribution import ColumnProfile
from evergreen.errors import ArtifactChanged
from evergreen.ports import ObjectStore


class Window(Struct, frozen=True, eq=False):
    """A champion's predictions since it took over, oldest first, and their outcomes.

    ``truth`` is True for the positive class; ``judged`` numbers the rows that have an outcome.
    """

    predictions: list[Prediction]
    judged: NDArray[np.int64]
    truth: NDArray[np.bool_]

    @property
    def probability(self) -> NDArray[np.float64]:
        """Probabilities of the judged rows."""
        return np.array([self.predictions[i].probability for i in self.judged], dtype=np.float64)

    def column(self, name: str, profile: ColumnProfile) -> NDArray[Any]:
        """A column's values as its profile counts them, float32 or canonical text; rows that were
        captured without the column are left out."""
        rows = (p for p in self.predictions if name not in p.redacted)
        sent = [prediction.values.get(name) for prediction in rows]
        if isinstance(profile, NumberProfile):
            return np.array([_number(value) for value in sent], dtype=np.float32)
        return np.array([category_text(value) for value in sent], dtype=np.str_)


def window(store: ObjectStore, version: Version, period: Period, signature: Signature) -> Window:
    """Read the captures and the feedback of a period from the features bucket."""
    model = version.draft.model
    found = captured.predictions(captured.captures(store, model, period).lines)
    said = captured.outcomes(captured.feedback(store, model, period).lines)
    mine = [prediction for prediction in found.values() if prediction.version == version.number]
    mine.sort(key=lambda prediction: (prediction.at, prediction.id))
    judged = [i for i, row in enumerate(mine) if said.get(row.id) in signature.classes]
    truth = [said[mine[i].id] == signature.classes[1] for i in judged]
    return Window(mine, np.array(judged, dtype=np.int64), np.array(truth, dtype=np.bool_))


def baseline(artifacts: ObjectStore, version: Version) -> tuple[Profile, Signature]:
    """What the version was fitted on.

    Raises:
        ArtifactChanged: an artifact is no longer what was registered.
    """
    profile = msgspec.json.decode(_verified(artifacts, version.draft.profile), type=Profile)
    signature = msgspec.json.decode(_verified(artifacts, version.draft.signature), type=Signature)
    return profile, signature


def _verified(artifacts: ObjectStore, artifact: Artifact) -> bytes:
    body = artifacts.read(artifact.key)
    if sha256(body) != artifact.sha256:
        raise ArtifactChanged(
            f"{artifact.key} is no longer what was registered; restore its earlier version."
        )
    return body


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
