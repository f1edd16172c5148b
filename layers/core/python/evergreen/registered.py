"""The parts of a registered version, read back as they were registered."""

import msgspec

from evergreen.contracts.registry import Artifact, Version
from evergreen.contracts.signature import Signature
from evergreen.digest import sha256
from evergreen.errors import ArtifactChanged
from evergreen.ports import ObjectStore


def verified(artifacts: ObjectStore, artifact: Artifact, of: str = "") -> bytes:
    """The artifact's bytes, compared with the SHA-256 in the registry.

    Args:
        of: whose it is, for the error: ``champion v3``.

    Raises:
        ArtifactChanged: they are not what was registered.
    """
    body = artifacts.read(artifact.key)
    if sha256(body) != artifact.sha256:
        whose = f" of the {of}" if of else ""
        raise ArtifactChanged(
            f"'{artifact.key}'{whose} is not what was registered; restore the object's earlier "
            "version."
        )
    return body


def read_signature(artifacts: ObjectStore, version: Version, of: str = "") -> Signature:
    """The columns that the version takes.

    Raises:
        ArtifactChanged: it is not what was registered.
    """
    return msgspec.json.decode(verified(artifacts, version.draft.signature, of), type=Signature)
