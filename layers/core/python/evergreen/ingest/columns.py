"""Columns gathered piece by piece, and what type they turn out to be."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.table import FeatureType
from evergreen.ingest import values

WORDS = frozenset(
    {"?", "??", "-", "--", ".", "unknown", "unk", "missing", "not available", "not known",
     "undefined", "n.a.", "#n/a", "#n/a n/a", "(null)", "nil", "na", "n/a", "nan", "null",
     "-999", "-9999"}
)  # fmt: skip
"""Lower-case text that often says there is no value, beside the words that always do."""

WORDS_AT_MOST = 0.05
"""Share of words among a column of numbers that no file states; with more it is a category."""

DISTINCT_WORDS_AT_MOST = 20

CODES = pa.dictionary(pa.int32(), pa.string())


class Wrong(Struct, frozen=True, eq=False):
    """Cells that hold no number: their rows, ascending, and their texts."""

    rows: NDArray[np.int64]
    texts: pa.Array


class Gathered(Struct, frozen=True, eq=False):
    """A whole column.

    ``values`` are float64 with NaN where missing, or a dictionary array of int32 to text with ""
    where missing. ``words`` counts rows by the word that said there is no value, ``blanks`` rows
    with blanks around their text.
    """

    type: FeatureType
    values: NDArray[np.float64] | pa.DictionaryArray
    wrong: Wrong
    words: Counter[str]
    blanks: int


class _Evidence(Struct, frozen=True):
    """Of a piece of a column that no file states: rows that hold a word where the others hold a
    number, rows that hold anything, and some of the words."""

    wrong: int
    there: int
    words: frozenset[str]

    @property
    def mostly_numbers(self) -> bool:
        few = len(self.words) <= DISTINCT_WORDS_AT_MOST
        return few and self.wrong <= WORDS_AT_MOST * self.there


class Column:
    """A column while its sources are read."""

    def __init__(self, stated: FeatureType | None, words: frozenset[str]) -> None:
        """``stated`` is its type, where a file says so; ``words`` mean that there is no number."""
        self._stated = stated
        self._words = words
        self._pieces: list[values.Numbers | values.Texts] = []
        self._seen = _Evidence(0, 0, frozenset())
        self.rows = 0

    def add(self, cells: pa.Array) -> None:
        """The next rows."""
        self.rows += len(cells)
        if self._stated:
            read = values.numbers(cells, self._words) if self._stated == "number" else None
            self._pieces.append(read or values.texts(cells))
        else:
            self._pieces.append(self._look(cells))

    def lack(self, rows: int) -> None:
        """The next rows, which do not have the column."""
        if rows:
            self.add(pa.nulls(rows, pa.string()))

    @property
    def type(self) -> FeatureType:
        """As stated, else as all of its rows show."""
        return self._stated or ("number" if self._seen.mostly_numbers else "category")

    @property
    def unsure(self) -> bool:
        """Whether it has to be read again as a category: for a while it looked like numbers."""
        numbers = [piece for piece in self._pieces if isinstance(piece, values.Numbers)]
        return self.type == "category" and any(
            len(piece.wrong) or piece.words or _evidence(piece).there for piece in numbers
        )

    def gathered(self) -> Gathered:
        """All of it; the pieces are given up."""
        words: Counter[str] = Counter()
        for piece in self._pieces:
            words += piece.words
        blanks = sum(piece.blanks for piece in self._pieces if isinstance(piece, values.Texts))
        if self.type == "category":
            return Gathered("category", self._codes(), none_wrong(), words, blanks)
        found, wrong = self._numbers()
        return Gathered("number", found, wrong, words, blanks)

    def _look(self, cells: pa.Array) -> values.Numbers | values.Texts:
        found: values.Numbers | values.Texts
        if self._pieces and isinstance(self._pieces[-1], values.Texts):
            texts = values.texts(cells)
            found, seen = texts, self._evidence_of_texts(texts)
        else:
            read = values.numbers(cells, self._words)
            seen = _evidence(read)
            found = read if seen.mostly_numbers else values.texts(cells)
        words = frozenset(sorted(self._seen.words | seen.words)[: DISTINCT_WORDS_AT_MOST + 1])
        self._seen = _Evidence(self._seen.wrong + seen.wrong, self._seen.there + seen.there, words)
        return found

    def _evidence_of_texts(self, piece: values.Texts) -> _Evidence:
        known = values.numbers(piece.codes.dictionary, self._words)
        rows = np.bincount(piece.codes.indices.to_numpy(), minlength=len(known.values))
        wrong = int(rows[known.wrong[~_for_none(known.texts)]].sum())
        there = wrong + int(rows[~np.isnan(known.values)].sum())
        return _Evidence(wrong, there, _some(known.texts))

    def _codes(self) -> pa.DictionaryArray:
        pieces = [p.codes if isinstance(p, values.Texts) else _none(p) for p in self._pieces]
        self._pieces = []
        if not pieces:
            return pa.array([], CODES)
        return pa.chunked_array(pieces, CODES).unify_dictionaries().combine_chunks()

    def _numbers(self) -> tuple[NDArray[np.float64], Wrong]:
        found = [self._as_numbers(piece) for piece in self._pieces]
        self._pieces = []
        starts = np.cumsum([0, *(len(piece.values) for piece in found)])
        wrong = [piece.wrong + start for piece, start in zip(found, starts, strict=False)]
        whole = np.concatenate([np.zeros(0), *(piece.values for piece in found)])
        texts = pa.chunked_array([piece.texts for piece in found], pa.string()).combine_chunks()
        return whole, Wrong(np.concatenate([none_wrong().rows, *wrong]), texts)

    def _as_numbers(self, piece: values.Numbers | values.Texts) -> values.Numbers:
        if isinstance(piece, values.Numbers):
            return piece
        return values.numbers(piece.codes.dictionary_decode(), self._words)


def none_wrong() -> Wrong:
    """Of a column without such cells."""
    return Wrong(np.zeros(0, np.int64), pa.array([], pa.string()))


def _evidence(piece: values.Numbers) -> _Evidence:
    there = int(np.count_nonzero(~np.isnan(piece.values)))
    if not len(piece.wrong):
        return _Evidence(0, there, frozenset())
    wrong = int(np.count_nonzero(~_for_none(piece.texts)))
    return _Evidence(wrong, there + wrong, _some(piece.texts))


def _for_none(texts: pa.Array) -> NDArray[np.bool_]:
    """Which words often say that there is no value: they speak neither for nor against numbers."""
    trimmed = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
    found: NDArray[np.bool_] = pc.is_in(trimmed, pa.array(sorted(WORDS))).to_numpy(False)
    return found


def _some(texts: pa.Array) -> frozenset[str]:
    """As many distinct texts as decide."""
    return frozenset(pc.unique(texts)[: DISTINCT_WORDS_AT_MOST + 1].to_pylist())


def _none(piece: values.Numbers) -> pa.DictionaryArray:
    return values.texts(pa.nulls(len(piece.values), pa.string())).codes
