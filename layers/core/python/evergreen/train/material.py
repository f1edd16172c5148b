"""What a candidate is made of: the rows of its feature set, and what the model file asks."""

from functools import cached_property

from msgspec import Struct

from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import TrainInput
from evergreen.feature_set import read_manifest, read_rows, read_signature
from evergreen.frame import Frame
from evergreen.ports import ObjectStore, Registry


class Material(Struct, frozen=True, eq=False, dict=True):
    """Read once, for all that ``train`` makes.

    Attributes:
        test: for the pipeline's reference answers, the baselines' and the diagnostics alone;
            nothing is chosen by it.
        mends: whether the run is to mend a loss that checks have found.
    """

    run_id: str
    feature_set: str
    file: ModelFile
    signature: Signature
    manifest: Manifest
    train: Frame
    validation: Frame
    test: Frame
    mends: bool = False

    @cached_property
    def rows(self) -> Frame:
        """Train followed by validation: what a candidate is fitted on."""
        return self.train.then(self.validation)

    @property
    def in_time(self) -> bool:
        """Whether time orders the rows: what is predicted comes later than what was learned."""
        return self.file.splits_by == "time"

    @property
    def seed(self) -> int:
        """Of everything drawn at random."""
        return self.file.search.seed % 2**32


def read_material(given: TrainInput, features: ObjectStore, registry: Registry) -> Material:
    """The model file as applied now, and the three splits."""
    return Material(
        given.run.run_id,
        given.feature_set,
        registry.model(given.run.model).file,
        read_signature(features, given.feature_set),
        read_manifest(features, given.feature_set),
        read_rows(features, given.feature_set, "train"),
        read_rows(features, given.feature_set, "validation"),
        read_rows(features, given.feature_set, "test"),
        given.run.outcomes is not None,
    )
