"""Names made of content."""

import hashlib
from collections.abc import Iterable

import msgspec


def sha256(body: bytes) -> str:
    """Hex SHA-256 of ``body``."""
    return hashlib.sha256(body).hexdigest()


def content_id(*parts: object) -> str:
    """16 hex digits that name JSON-ready or bytes ``parts``: the same parts, the same name."""
    return sha256(b"\0".join(_canonical(parts)))[:16]


def _canonical(parts: Iterable[object]) -> Iterable[bytes]:
    for part in parts:
        yield part if isinstance(part, bytes) else msgspec.json.encode(part, order="deterministic")
