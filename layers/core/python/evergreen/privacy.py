"""Columns about a person: forgotten, or known only by a keyed digest.

A digest is HMAC-SHA256 (RFC 2104) of a value's canonical text under the deployment's key, cut to
128 bits and marked. It does not depend on the column, so a person has one digest everywhere, and
the digest of a digest is itself, so what is hashed already stays as it is.
"""

import hmac
import math
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from evergreen.canonical import category_text
from evergreen.contracts.table import Privacy
from evergreen.errors import NotConfigured, NotFound
from evergreen.ports import ObjectStore

KEY = "privacy/key"
"""Where in the features bucket the deployment's key lies; only roles that hash may read it."""

_KEY_BYTES = 32
_HEX_DIGITS = 32
_DIGEST = re.compile(rf"hmac:[0-9a-f]{{{_HEX_DIGITS}}}")

Row = dict[str, Any]


def ensure_key(features: ObjectStore) -> bytes:
    """The deployment's key, made by the first who asks: of many at once, all get the same one."""
    try:
        return features.read(KEY)
    except NotFound:
        features.create(KEY, secrets.token_bytes(_KEY_BYTES))
        return features.read(KEY)


def key_for(features: ObjectStore, personal: Mapping[str, Privacy]) -> bytes:
    """The key where a column is to be hashed, made if need be; nothing where none is."""
    return ensure_key(features) if "hash" in personal.values() else b""


def digest(value: object, key: bytes) -> str:
    """``hmac:`` and 32 hex digits for a value; "" for a missing one."""
    text = category_text(value)
    if not text or _DIGEST.fullmatch(text):
        return text
    made = hmac.digest(key, text.encode(errors="surrogatepass"), "sha256")
    return f"hmac:{made.hex()[:_HEX_DIGITS]}"


def protect_row(row: Row, personal: Mapping[str, Privacy], key: bytes) -> Row:
    """The row of a request without its dropped columns, and with digests in its hashed ones.

    What is no single value stays, for the check of the request to refuse.
    """
    return {
        column: _hashed(value, key) if personal.get(column) == "hash" else value
        for column, value in row.items()
        if personal.get(column) != "drop"
    }


def _hashed(value: Any, key: bytes) -> Any:
    finite = not isinstance(value, float) or math.isfinite(value)
    return (
        (digest(value, key) or value) if isinstance(value, str | int | float) and finite else value
    )


class PersonalColumns:
    """Personal columns of requests, as each model's file says. The key is read once."""

    def __init__(
        self, features: ObjectStore, personal: Callable[[str], Mapping[str, Privacy]]
    ) -> None:
        """``personal`` gives what the file of a model of that name says."""
        self._features = features
        self._personal = personal
        self._key = b""

    def protect(self, model: str, rows: list[Row]) -> list[Row]:
        """The rows of a request as they may be looked up, scored and kept.

        Raises:
            NotConfigured: a column is to be hashed, and the deployment has no key yet.
        """
        personal = self._personal(model)
        if not personal:
            return rows
        key = self._held_key() if "hash" in personal.values() else b""
        return [protect_row(row, personal, key) for row in rows]

    def _held_key(self) -> bytes:
        if not self._key:
            try:
                self._key = self._features.read(KEY)
            except NotFound:
                raise NotConfigured(
                    f"Personal columns are hashed with '{KEY}', which is not there; applying the "
                    "model file makes it, and a folder that is served needs a copy."
                ) from None
        return self._key
