"""Read a feature set as the ``features`` stage left it."""

from typing import Literal

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.signature import Signature
from evergreen.frame import Frame
from evergreen.ports import ObjectStore

Split = Literal["train", "validation", "test"]


def read_rows(features: ObjectStore, feature_set: str, split: Split) -> Frame:
    """The rows of one split."""
    return Frame.from_npz(features.read(keys.feature_set(feature_set, f"{split}.npz")))


def read_signature(features: ObjectStore, feature_set: str) -> Signature:
    """The columns that a model of this feature set takes."""
    body = features.read(keys.feature_set(feature_set, "signature.json"))
    return msgspec.json.decode(body, type=Signature)


def read_manifest(features: ObjectStore, feature_set: str) -> Manifest:
    """Where the feature set comes from and how it was split."""
    body = features.read(keys.feature_set(feature_set, "manifest.json"))
    return msgspec.json.decode(body, type=Manifest)
