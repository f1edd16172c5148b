"""Columns about a person: forgotten, or known only by a keyed digest.

A digest is HMAC-SHA256 (RFC 2104) of a value's cleaned, canonical text under the deployment's key,
cut to 128 bits and marked. It does not depend on the column, so a person has one digest everywhere,
and the digest of a digest is itself, so what is hashed already stays as it is.
"""

import hmac
import math
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from evergreen.canonical import category_text
from evergreen.cleaning import rule_of, text_cleaner
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.table import Clean, Privacy
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


def cleaner(clean: Clean, column: str) -> Callable[[object], str]:
    """What makes canonical text of one column's values, by the column's rule where it has one."""
    rule = rule_of(clean, column)
    if rule is None:
        return category_text
    cleaned = text_cleaner(rule)
    return lambda value: cleaned(category_text(value))


def hasher(clean: Clean, column: str, key: bytes) -> Callable[[object], str]:
    """What makes digests of one column's values: cleaned first, so that one person's spellings
    are one digest."""
    cleaned = cleaner(clean, column)
    return lambda value: digest(cleaned(value), key)


def protect_row(row: Row, personal: Mapping[str, Privacy], key: bytes, clean: Clean) -> Row:
    """The row of a request without its dropped columns, and with digests in its hashed ones.

    What is no single value stays, for the check of the request to refuse.
    """
    return {
        column: _hashed(value, hasher(clean, column, key))
        if personal.get(column) == "hash"
        else value
        for column, value in row.items()
        if personal.get(column) != "drop"
    }


def _hashed(value: Any, make: Callable[[object], str]) -> Any:
    if not isinstance(value, str | int | float):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return value
    return make(value) or None


class PersonalColumns:
    """Personal columns of requests, as each model's file says. The key is read once."""

    def __init__(self, features: ObjectStore, file: Callable[[str], ModelFile]) -> None:
        """``file`` gives the file of a model of that name."""
        self._features = features
        self._file = file
        self._key = b""

    def protect(self, model: str, rows: list[Row]) -> list[Row]:
        """The rows of a request as they may be looked up, scored and kept.

        Raises:
            NotConfigured: a column is to be hashed, and the deployment has no key yet.
        """
        file = self._file(model)
        if not file.personal:
            return rows
        key = self._held_key() if "hash" in file.personal.values() else b""
        return [protect_row(row, file.personal, key, file.clean) for row in rows]

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
