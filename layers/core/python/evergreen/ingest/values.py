"""Raw cells become numbers, or canonical text by its code."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.canonical import MISSING_WORDS, category_text

NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"

_FLOAT32 = float(np.finfo(np.float32).max)
_SPECIAL = ("True", "TRUE", "False", "FALSE", *sorted(MISSING_WORDS))
# What category_text may change: anything but text between two plain characters, or 1.0, or a NUL.
_UNUSUAL = r"^[^!-~]|[^!-~]$|\.0*$|\x00"


class Numbers(Struct, frozen=True, eq=False):
    """A piece of a column of numbers.

    Attributes:
        values: float64, NaN where missing or wrong, shape (n,).
        wrong: rows that hold neither a number nor a word for a missing one, ascending.
        texts: what stands there, as long as ``wrong``.
        words: rows by word that said there is none, the empty one apart.
    """

    values: NDArray[np.float64]
    wrong: NDArray[np.int64]
    texts: pa.Array
    words: Counter[str]


class Texts(Struct, frozen=True, eq=False):
    """A piece of a column of categories.

    Attributes:
        codes: dictionary array of int32 to canonical text, "" where missing, shape (n,).
        words: as in :class:`Numbers`.
        blanks: rows whose text had blanks around it.
    """

    codes: pa.DictionaryArray
    words: Counter[str]
    blanks: int


def numbers(cells: pa.Array, words: frozenset[str]) -> Numbers:
    """Read numbers that fit 32-bit floating point; ``words`` say that there is none."""
    if _is_numeric(cells.type):
        values = _floats(pc.cast(cells, pa.float64(), safe=False))
        wrong = np.flatnonzero(np.abs(values) > _FLOAT32)
        values[wrong] = np.nan
        return Numbers(values, wrong, _text(cells.take(pa.array(wrong))), Counter())
    texts = _text(cells)
    try:
        blank = pc.equal(texts, "")
        blanks = pc.sum(blank).as_py() or 0
        there = pc.if_else(blank, None, texts) if blanks else texts  # a copy of all its text
        values = _floats(pc.cast(there, pa.float64()))
    except pa.ArrowInvalid:
        return _any_numbers(texts, words)
    sound = np.abs(values) <= _FLOAT32
    if np.count_nonzero(sound | _mask(blank)) < len(values):
        return _any_numbers(texts, words)
    return Numbers(values, np.zeros(0, np.int64), pa.array([], pa.string()), Counter())


def _any_numbers(texts: pa.Array, words: frozenset[str]) -> Numbers:
    trimmed = pc.utf8_trim_whitespace(texts)
    sound = pc.match_substring_regex(trimmed, NUMBER)
    values = _floats(pc.cast(pc.if_else(sound, trimmed, None), pa.float64()))
    missing = pc.is_in(trimmed, pa.array(sorted(words | MISSING_WORDS)))
    missing = pc.and_(missing, pc.invert(sound))
    empty = _mask(missing) | (np.abs(values) <= _FLOAT32)
    wrong = np.flatnonzero(~empty)
    values[wrong] = np.nan
    said = trimmed.filter(pc.and_(missing, pc.not_equal(trimmed, "")))
    return Numbers(values, wrong, texts.take(pa.array(wrong)), _counted(said))


def texts(cells: pa.Array) -> Texts:
    """Read categories: each distinct text becomes its canonical one, once."""
    coded = _text_codes(cells)
    known = coded.dictionary
    unusual = pc.or_(pc.match_substring_regex(known, _UNUSUAL), pc.is_in(known, pa.array(_SPECIAL)))
    if not pc.any(unusual).as_py():
        return Texts(coded, Counter(), 0)
    places = np.flatnonzero(_mask(unusual))
    before = known.take(pa.array(places)).to_pylist()
    after = [category_text(text) for text in before]
    rows = np.bincount(coded.indices.to_numpy(), minlength=len(known))[places].tolist()
    words: Counter[str] = Counter()
    blanks = 0
    for raw, text, count in zip(before, after, rows, strict=True):
        words[raw.strip()] += 0 if text else count
        blanks += count if raw.strip() and raw != raw.strip() else 0
    del words[""]
    return Texts(_respelled(coded, places, after), +words, blanks)


def _respelled(
    coded: pa.DictionaryArray, places: NDArray[np.int64], after: list[str]
) -> pa.DictionaryArray:
    """The dictionary with other texts at some places, each text in it once."""
    mask = np.zeros(len(coded.dictionary), np.bool_)
    mask[places] = True
    known = pc.replace_with_mask(coded.dictionary, pa.array(mask), pa.array(after, pa.string()))
    return recoded(coded, known)


def recoded(coded: pa.DictionaryArray, known: pa.Array) -> pa.DictionaryArray:
    """The same rows with ``known`` in place of the dictionary, where texts may stand twice."""
    merged = known.dictionary_encode()
    codes = merged.indices.to_numpy()[coded.indices.to_numpy()]
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), merged.dictionary)


def _text_codes(cells: pa.Array) -> pa.DictionaryArray:
    coded = cells if pa.types.is_dictionary(cells.type) else _text(cells).dictionary_encode()
    if not pa.types.is_string(coded.dictionary.type) or coded.dictionary.null_count:
        coded = _text(cells).dictionary_encode()
    if coded.null_count or coded.indices.type != pa.int32():
        coded = _text(cells).dictionary_encode()
    return coded


def _text(cells: pa.Array) -> pa.Array:
    """Any cells as text, "" where there is none; numbers as Python writes them."""
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return _text(cells.dictionary_decode())
    if pa.types.is_string(kind):
        return cells.fill_null("") if cells.null_count else cells
    if pa.types.is_floating(kind):  # unlike Arrow's 1.2e+11
        written = (
            _floats(cells.cast(pa.float64())) if kind != pa.float32() else cells.to_numpy(False)
        )
        found = written.astype(np.str_)
        return pa.array(np.where(found == "nan", "", found), pa.string())
    try:
        return cells.cast(pa.string()).fill_null("")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array(["" if v is None else str(v) for v in cells.to_pylist()], pa.string())


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _floats(cells: pa.Array) -> NDArray[np.float64]:
    values: NDArray[np.float64] = cells.to_numpy(zero_copy_only=False)
    return values if values.flags.writeable else values.copy()


def _mask(cells: pa.Array) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = cells.to_numpy(zero_copy_only=False)
    return mask


def _counted(texts: pa.Array) -> Counter[str]:
    return Counter({each["values"]: each["counts"] for each in pc.value_counts(texts).to_pylist()})
