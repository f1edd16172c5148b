"""Say in one sentence what is wrong with a document that a person wrote."""

import difflib
import re
from typing import Any

from msgspec import inspect

# JSON's whole numbers end here; the comparison is also false for what is not a number.
_LARGEST = 2**63 - 1


def problem(document: dict[Any, Any], struct: type) -> str | None:
    """The first thing in a decoded ``document`` that does not fit ``struct``, or None.

    The sentence names the key with its path, what stands there, and what may stand there.
    """
    return _in_mapping(document, inspect.type_info(struct), "")


def _in_mapping(values: dict[Any, Any], kind: Any, where: str) -> str | None:
    fields = {field.name: field for field in kind.fields}
    for key in values:
        if key not in fields:
            return _unknown(str(key), list(fields), where)
    for name, field in fields.items():
        if field.required and name not in values:
            return f"lacks '{where}{name}'; it must be {_expected(field.type)}."
    found = (_in_value(value, fields[key].type, f"{where}{key}") for key, value in values.items())
    return next(filter(None, found), None)


def _unknown(key: str, known: list[str], where: str) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known keys are {', '.join(known)}."
    return f"has an unknown key '{where}{key}'; {hint}"


def _in_value(value: Any, kind: Any, path: str) -> str | None:
    if isinstance(kind, inspect.UnionType) and value is not None:
        nested = [k for k in kind.types if _nests(value, k)]
        kind = nested[0] if nested else kind
    if isinstance(value, dict) and isinstance(kind, inspect.StructType):
        return _in_mapping(value, kind, f"{path}.")
    if isinstance(value, dict) and isinstance(kind, inspect.DictType):
        return _in_elements(value.items(), kind, path)
    if isinstance(value, list) and isinstance(kind, inspect.VarTupleType):
        found = (_in_value(v, kind.item_type, f"{path}[{n}]") for n, v in enumerate(value))
        return next(filter(None, found), None)
    if _fits(value, kind):
        return None
    return f"has {_shown(value)} at '{path}'; it must be {_expected(kind)}."


def _nests(value: Any, kind: Any) -> bool:
    """Whether a value's own parts are to be looked at under this option of a union."""
    of_list = isinstance(value, list) and isinstance(kind, inspect.VarTupleType)
    return of_list or isinstance(kind, inspect.StructType)


def _in_elements(items: Any, kind: inspect.DictType, path: str) -> str | None:
    for key, value in items:
        if not isinstance(key, str):
            return f"has the key {_shown(key)} at '{path}'; keys must be text: put it in quotes."
        if wrong := _in_value(value, kind.value_type, f"{path}.{key}"):
            return wrong
    return None


def _fits(value: Any, kind: Any) -> bool:
    match kind:
        case inspect.UnionType():
            return any(_fits(value, option) for option in kind.types)
        case inspect.LiteralType():
            return value in kind.values
        case inspect.NoneType() | inspect.BoolType():
            return value is None if isinstance(kind, inspect.NoneType) else isinstance(value, bool)
        case inspect.StrType():
            return isinstance(value, str) and bool(re.search(kind.pattern or "", value))
        case inspect.IntType() | inspect.FloatType():
            numbers = (int,) if isinstance(kind, inspect.IntType) else (int, float)
            is_number = isinstance(value, numbers) and not isinstance(value, bool)
            return is_number and _within(value, kind)
    return False


def _within(value: float, kind: Any) -> bool:
    return (
        -_LARGEST <= value <= _LARGEST
        and (kind.gt is None or value > kind.gt)
        and (kind.ge is None or value >= kind.ge)
        and (kind.lt is None or value < kind.lt)
        and (kind.le is None or value <= kind.le)
    )


def _expected(kind: Any) -> str:
    words = "text"
    match kind:
        case inspect.StrType(pattern=str()):  # no text but a Duration has a pattern.
            words = "a span of time such as 90s, 30min, 6h or 28d"
        case inspect.UnionType():
            options = [o for o in kind.types if not isinstance(o, inspect.NoneType)]
            words = " or ".join(_expected(option) for option in options)
        case inspect.BoolType():
            words = "true or false"
        case inspect.LiteralType():
            words = " or ".join(f"'{value}'" for value in kind.values)
        case inspect.StructType():
            words = f"a mapping of {', '.join(field.name for field in kind.fields)}"
        case inspect.DictType():
            words = f"a mapping of column names to {_expected(kind.value_type)}"
        case inspect.VarTupleType():
            words = f"a list of {_expected(kind.item_type)}"
        case inspect.IntType():
            words = f"a whole number{_bounds(kind)}"
        case inspect.FloatType():
            words = f"a number{_bounds(kind)}"
    return words


def _bounds(kind: Any) -> str:
    words = {"gt": "above", "ge": "of at least", "lt": "below", "le": "of at most"}
    limits = [
        f"{word} {getattr(kind, bound):g}"
        for bound, word in words.items()
        if getattr(kind, bound) is not None
    ]
    return f" {' and '.join(limits)}" if limits else ""


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return f"'{value[:60]}'"
    return str(value)[:60]
