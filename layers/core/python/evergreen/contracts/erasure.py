"""The certificate of an erasure: what was asked, what was removed where, and what remains.

It lies below ``reports/erasures/`` in the artifacts bucket, as JSON and as a page. It never holds
the entity's value, nor the digest that stands for it in data: who has the deployment's key can
check whether a certificate is about a value, and nobody else.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from evergreen.digest import sha256

Kind = Literal[
    "source rows", "feature rows", "online rows", "captured rows", "outcomes",
    "scored rows",
]  # fmt: skip


class Asked(Struct, frozen=True):
    """One column of the entity, and the keyed digest of its value."""

    column: str
    digest: str


class Removed(Struct, frozen=True):
    """Rows of a model or view that were removed, and the objects that held them.

    Every version of an object that held one is deleted for good; ``versions`` counts them.
    """

    kind: Kind
    name: str
    rows: int
    objects: tuple[str, ...] = ()
    versions: int = 0


class Remaining(Struct, frozen=True):
    """Something that had the entity and was left, and what to do about it."""

    kind: Literal["raw file", "dataset", "feature set", "model version", "view"]
    name: str
    detail: str


class Certificate(Struct, frozen=True, kw_only=True):
    """One erasure. ``begun`` was written before anything was removed, and ``removed`` is then what
    was found; one that stays so was interrupted, and the next erasure of the entity completed it.

    ``sha256`` is of this document with ``sha256`` empty, as :func:`seal` encodes it.
    """

    id: str
    status: Literal["begun", "complete"]
    asked: tuple[Asked, ...]
    by: str
    begun_at: str
    ended_at: str = ""
    removed: tuple[Removed, ...] = ()
    remains: tuple[Remaining, ...] = ()
    sha256: str = ""


def seal(certificate: Certificate) -> Certificate:
    """The certificate with its SHA-256."""
    bare = msgspec.structs.replace(certificate, sha256="")
    return msgspec.structs.replace(bare, sha256=sha256(encoded(bare)))


def encoded(certificate: Certificate) -> bytes:
    """The certificate as it is stored: JSON, two spaces deep."""
    return msgspec.json.format(msgspec.json.encode(certificate), indent=2)


def is_sealed(body: bytes) -> bool:
    """Whether a stored certificate is as it was written."""
    certificate = msgspec.json.decode(body, type=Certificate)
    return encoded(seal(certificate)) == body
