"""What a version was trained on and is expected to do: what a check holds the window against."""

import msgspec
from msgspec import Struct

from evergreen.contracts.expectation import Expectation
from evergreen.contracts.profile import Profile
from evergreen.contracts.registry import Version
from evergreen.contracts.signature import Signature
from evergreen.ports import ObjectStore
from evergreen.registered import read_signature, verified


class Baseline(Struct, frozen=True, eq=False):
    """Read once for a check; ``expectation`` is None of a version from before there was one."""

    version: Version
    profile: Profile
    signature: Signature
    expectation: Expectation | None


def read_baseline(artifacts: ObjectStore, version: Version) -> Baseline:
    """What the version was fitted on and is expected to do.

    Raises:
        ArtifactChanged: an artifact is no longer what was registered.
    """
    draft = version.draft
    profile = msgspec.json.decode(verified(artifacts, draft.profile), type=Profile)
    expectation = None
    if draft.expectation:
        body = verified(artifacts, draft.expectation)
        expectation = msgspec.json.decode(body, type=Expectation)
    return Baseline(version, profile, read_signature(artifacts, version), expectation)
