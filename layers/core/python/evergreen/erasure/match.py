"""Whether a row is of the entity, however its columns are named and its values spelled."""

import difflib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.table import Clean
from evergreen.contracts.view_file import ViewFile
from evergreen.errors import InvalidRequest, NotFound
from evergreen.privacy import cleaner, digest, hasher


class Match(NamedTuple):
    """Accepted canonical texts by column; a row must have one of them in each."""

    accepted: dict[str, frozenset[str]]

    def row(self, values: Mapping[str, Any]) -> bool:
        """Whether a row is of the entity."""
        return all(
            category_text(values.get(name)) in texts for name, texts in self.accepted.items()
        )

    def mask(self, rows: pa.Table) -> NDArray[np.bool_]:
        """Which rows are, shape (n,); none where a column is not there."""
        of_it = np.full(rows.num_rows, self.accepted.keys() <= set(rows.schema.names))
        for name, texts in self.accepted.items() if of_it.any() else ():
            of_it &= _is_in(rows.column(name), texts)
        return of_it


def any_mask(matches: Iterable[Match], rows: pa.Table) -> NDArray[np.bool_]:
    """Which rows are the entity's by one of the matches, shape (n,)."""
    of_it = np.zeros(rows.num_rows, np.bool_)
    for match in matches:
        of_it |= match.mask(rows)
    return of_it


def _is_in(column: pa.ChunkedArray, texts: frozenset[str]) -> NDArray[np.bool_]:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    encoded = pc.dictionary_encode(column.combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    known = pa.array(
        [category_text(v) in texts for v in encoded.dictionary.to_pylist()], pa.bool_()
    )
    found: NDArray[np.bool_] = (
        pc.take(known, encoded.indices).fill_null(False).to_numpy(zero_copy_only=False)
    )
    return found


class Entity(NamedTuple):
    """Canonical values by column, as a person gives them, and the deployment's key (b"" without
    one: then nothing was ever hashed)."""

    values: dict[str, str]
    key: bytes

    def match(self, clean: Clean, names: Mapping[str, str] | None = None) -> Match:
        """What finds it in tables of these cleaning rules, also where its values are hashed.

        Args:
            names: for a column of the entity the table's, where names differ.
        """
        renamed = {column: (names or {}).get(column, column) for column in self.values}
        return Match({name: self._texts(clean, column, name) for column, name in renamed.items()})

    def _texts(self, clean: Clean, column: str, name: str) -> frozenset[str]:
        # Without rules too: what was stored before a rule was stated was not cleaned by it.
        values = [self.values[column], cleaner(clean, name)(self.values[column])]
        hashed = [digest(value, self.key) for value in values] if self.key else []
        return frozenset(filter(None, [*values, *hashed]))

    def of_model(self, file: ModelFile) -> list[Match]:
        """What finds it in a model's tables and captures: by its own column names, and by those
        that hold an entity of the views it joins."""
        matches = [self.match(file.clean)]
        for use in file.views.values():
            if use.on.keys() >= self.values.keys():
                matches.append(self.match(file.clean, use.on))
        return matches

    def token(self, clean: Clean, key: bytes) -> str:
        """Names it in a feature view and in a certificate: a keyed digest of its digests."""
        values = {c: hasher(clean, c, key)(value) for c, value in self.values.items()}
        return token(values, key)


def token(digests: Mapping[str, str], key: bytes) -> str:
    """32 hex digits for an entity whose values are digests already; by itself it finds no row."""
    text = json.dumps(["erased", *sorted(digests.items())], ensure_ascii=False)
    return hmac.digest(key, text.encode(errors="surrogatepass"), "sha256").hex()[:32]


def entity(
    given: Sequence[str], models: Sequence[ModelFile], views: Sequence[ViewFile], key: bytes
) -> Entity:
    """The entity that ``column=value`` texts name.

    Raises:
        InvalidRequest: a text has another form, or a column stands twice.
        NotFound: no model and no view has such a column; names those that could be meant.
    """
    known = {column for file in models for column in _columns(file)}
    known |= {c for view in views for c in (*view.entity, *view.columns, *view.personal)}
    values: dict[str, str] = {}
    for text in given:
        column, equals, value = text.partition("=")
        column, value = column.strip(), category_text(value)
        if not (column and equals and value):
            raise InvalidRequest(f"'{text}' names no entity; give it as column=value.")
        if column in values:
            raise InvalidRequest(f"The column '{column}' is given twice; give it once.")
        if column not in known:
            raise NotFound(_unknown(column, sorted(known)))
        values[column] = value
    return Entity(values, key)


def _columns(file: ModelFile) -> set[str]:
    used = {*file.columns, *file.personal} - {file.target.column}
    return used | {column for use in file.views.values() for column in use.on}


def _unknown(column: str, known: list[str]) -> str:
    close = difflib.get_close_matches(column, known, n=3)
    if close:
        return f"No model and no view has a column '{column}'; did you mean {' or '.join(close)}?"
    shown = ", ".join(known) if known else "none yet"
    return f"No model and no view has a column '{column}'; their columns are {shown}."
