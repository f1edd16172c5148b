"""What a version was trained on and is expected to do: what a check holds the window against."""

from msgspec import Struct

from evergreen.contracts.expectation import Expectation
from evergreen.contracts.profile import Profile
from evergreen.contracts.registry import Version
from evergreen.contracts.signature import Signature


class Baseline(Struct, frozen=True, eq=False):
    """Read once for a check; ``expectation`` is None of a version from before there was one."""

    version: Version
    profile: Profile
    signature: Signature
    expectation: Expectation | None
