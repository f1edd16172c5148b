"""A column's cleaning rule, the same for a table at ingest and for a request at serving.

The scalar and the vector forms agree, and cleaning twice changes nothing more. Numbers are compared
in 64 bits, as they are read and as JSON brings them.
"""

import math
from collections.abc import Callable

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.contracts.table import Clean, ColumnRule

_CASES: dict[str, Callable[[str], str]] = {
    "keep": lambda text: text,
    "lower": str.lower,
    "upper": str.upper,
}


def rule_of(clean: Clean, column: str) -> ColumnRule | None:
    """The rule of a column, the words that are missing in every column among its own.

    None where nothing is stated about it.
    """
    rule = clean.columns.get(column, ColumnRule())
    rule = replace(rule, missing=tuple(dict.fromkeys((*rule.missing, *clean.missing))))
    return None if rule == ColumnRule() else rule


def missing_words(rule: ColumnRule) -> frozenset[str]:
    """The canonical text of what the rule says is missing."""
    return frozenset(category_text(value) for value in rule.missing)


def missing_numbers(rule: ColumnRule) -> frozenset[float]:
    """The numbers among what the rule says is missing."""
    found = (_number(word) for word in missing_words(rule))
    return frozenset(number for number in found if not math.isnan(number))


def number_cleaner(rule: ColumnRule) -> Callable[[float], float]:
    """What cleans one number after the other; NaN is missing."""
    missing = missing_numbers(rule)
    least, most = _ends(rule)

    def clean(value: float) -> float:
        number = float(value)  # a whole number beyond 2**53 is compared as it is stored
        return number if least <= number <= most and number not in missing else math.nan

    return clean


def text_cleaner(rule: ColumnRule) -> Callable[[str], str]:
    """What cleans one category after the other; "" is missing.

    What a spelling leads to is the one to use, and is itself left as it is.
    """
    missing = missing_words(rule) | {""}
    cased = _CASES[rule.case]
    spelled = {
        category_text(cased(category_text(other))): category_text(one)
        for other, one in rule.spellings.items()
    }
    final = frozenset(spelled.values())

    def clean(value: str) -> str:
        text = category_text(value)
        if text in missing:
            return ""
        if text in final:
            return text
        text = category_text(cased(text))
        text = spelled.get(text, text)
        return "" if text in missing else text

    return clean


def clean_number(rule: ColumnRule, value: float) -> float:
    """A number after its rule; NaN is missing."""
    return number_cleaner(rule)(value)


def clean_text(rule: ColumnRule, text: str) -> str:
    """A category after its rule, in canonical text; "" is missing."""
    return text_cleaner(rule)(text)


def clean_numbers(rule: ColumnRule, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """:func:`clean_number` of each, float64 of the same shape."""
    least, most = _ends(rule)
    keep = (values >= least) & (values <= most)
    for number in missing_numbers(rule):
        keep &= values != number
    return values if keep.all() else np.where(keep, values, np.nan)


def clean_texts(rule: ColumnRule, texts: NDArray[np.str_]) -> NDArray[np.str_]:
    """:func:`clean_text` of each, text of the same shape."""
    known, place = np.unique(texts, return_inverse=True)
    clean = text_cleaner(rule)
    return np.array([clean(text) for text in known.tolist()], dtype=np.str_)[place]


def _ends(rule: ColumnRule) -> tuple[float, float]:
    least = -math.inf if rule.at_least is None else rule.at_least
    return least, math.inf if rule.at_most is None else rule.at_most


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan
