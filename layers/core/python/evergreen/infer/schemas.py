"""JSON Schemas of what goes in and out, those of a model made from its signature."""

from typing import Any

from evergreen.canonical import MISSING_WORDS
from evergreen.completion import Found
from evergreen.contracts.inference import ROWS_AT_MOST
from evergreen.contracts.signature import Column, Signature
from evergreen.infer.rows import LARGEST, TEXT_CHARACTERS_AT_MOST
from evergreen.infer.v2 import DATATYPES, OUTPUTS

Schema = dict[str, Any]

_BLANK = r"[\u0000\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*"
_WORDS = "|".join(sorted(MISSING_WORDS - {""}))
_PRESENT = f"^(?!{_BLANK}(?:{_WORDS})?{_BLANK}$)"
"""Text that is not blank and no word for a missing value, as ``category_text`` reads it."""


def _object(required: Schema, optional: Schema | None = None, *, closed: bool = False) -> Schema:
    schema = {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
    }
    return schema | ({"additionalProperties": False} if closed else {})


def _list(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_ANY: Schema = {}
_ROWS = {"minItems": 1, "maxItems": ROWS_AT_MOST}
_ID: Schema = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}$"}
_PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_TRUE: Schema = {"const": True}
_CONTRIBUTION = _object(
    {
        "column": _TEXT,
        "value": {"type": ["string", "number", "null"]},
        "contribution": {"type": "number"},
    }
)
_EXPLANATION: Schema = {"$ref": "#/components/schemas/explanation"}

HEALTH = _object({"status": {"const": "ok"}})
ACCEPTED = _object({"accepted": _WHOLE})
V2_SERVER = _object({"name": _TEXT, "version": _TEXT, "extensions": _list(_TEXT)})
V2_LIVE = _object({"live": _TRUE})
V2_READY = _object({"ready": _TRUE})
V2_MODEL_READY = _object({"name": _TEXT, "ready": _TRUE})
_TENSOR = _object(
    {"name": _TEXT, "datatype": {"enum": list(DATATYPES)}, "shape": _list({"type": "integer"})}
)
V2_METADATA = _object(
    {
        "name": _TEXT,
        "versions": _list(_TEXT),
        "platform": _TEXT,
        "inputs": _list(_TENSOR),
        "outputs": _list(_TENSOR),
    }
)
SHARED = {
    "problem": _object(
        {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "request_id": _TEXT,
        },
        {
            "errors": _list(_object({"row": _WHOLE, "column": _TEXT, "detail": _TEXT})),
            "error": _TEXT,
        },
    ),
    "models": _object(
        {
            "models": _list(
                _object(
                    {
                        "name": _TEXT,
                        "version": {"type": ["integer", "null"]},
                        "metric": _object({"name": _TEXT, "value": {"type": ["number", "null"]}}),
                    }
                )
            )
        },
        {"next": _TEXT},
    ),
    "explanation": _object(
        {
            "base": {"type": "number"},
            "unit": {"enum": ["log-odds", "probability", "value"]},
            "method": {"enum": ["exact", "permutation"]},
            "contributions": _list(_CONTRIBUTION),
            "reasons": _list(_object({"code": _TEXT, "text": _TEXT})),
        }
    ),
    "inferred": _object(
        {
            "model_name": _TEXT,
            "model_version": _TEXT,
            "id": _TEXT,
            "outputs": _list(_TENSOR | {"required": [*_TENSOR["required"], "data"]}),
        }
    ),
}


def row(signature: Signature) -> Schema:
    """One row of ``instances``: all inputs but those that serving knows by itself, which may come
    as well, and context where it is at hand."""
    inputs = {column.name: _value(column) for column in signature.inputs}
    required, optional = _divided(signature, inputs)
    beside = {name: _context() for name in signature.context}
    return _object(required, optional | beside, closed=True)


def _divided(signature: Signature, columns: Schema) -> tuple[Schema, Schema]:
    """Columns that the caller gives, and those that may be left out."""
    given = {column.name for column in signature.inputs if column.origin == "request"}
    required = {name: schema for name, schema in columns.items() if name in given}
    return required, {name: schema for name, schema in columns.items() if name not in given}


def predict(name: str, signature: Signature) -> Schema:
    """The three forms of a prediction request. The columns of ``inputs`` have one length; those of
    ``dataframe_split`` may come in any order, and context among them."""
    rows = _list({"$ref": f"#/components/schemas/{name}.row"}, **_ROWS)
    columns = {column.name: _list(_value(column), **_ROWS) for column in signature.inputs}
    beside = {context: _list(_context(), **_ROWS) for context in signature.context}
    required, optional = _divided(signature, columns)
    forms = {
        "instances": rows,
        "inputs": _object(required, optional | beside, closed=True),
        "dataframe_split": _split(signature),
    }
    return {
        "oneOf": [
            _object({form: schema}, {"id": _id()}, closed=True) for form, schema in forms.items()
        ]
    }


def _split(signature: Signature) -> Schema:
    """All inputs in their order or, where some may be left out, any columns."""
    names = [column.name for column in signature.inputs]
    if all(column.origin == "request" for column in signature.inputs):
        line = [_value(column) for column in signature.inputs]
        head: Schema = {"const": names}
        data: Schema = {"prefixItems": line, "minItems": len(line), "maxItems": len(line)}
    else:
        head = _list({"enum": [*names, *signature.context]}, minItems=1) | {"uniqueItems": True}
        data = {"items": _context()}
    parts = {"columns": head, "data": _list({"type": "array"} | data, **_ROWS)}
    return _object(parts, {"index": _ANY}, closed=True)


def predictions(signature: Signature) -> Schema:
    """The answer to a prediction request. A version on trial may know other classes."""
    of_all = {"type": "object", "additionalProperties": _PROBABILITY}
    class_ = {"id": _TEXT, "label": _TEXT, "probability": _PROBABILITY, "probabilities": of_all}
    answers = {
        "binary": {"id": _TEXT, "probability": _PROBABILITY, "label": _TEXT},
        "multiclass": class_,
    }
    number = {"id": _TEXT, "value": {"type": "number"}}
    answer = _object(answers.get(signature.problem, number), {"explanation": _EXPLANATION})
    return _object(
        {
            "model": _TEXT,
            "version": {"type": "integer"},
            "predictions": _list(answer),
            "unseen": {"type": "object", "additionalProperties": _WHOLE},
        },
        {"features": _object(dict.fromkeys(Found.__struct_fields__, _WHOLE))},
    )


def feedback(signature: Signature) -> Schema:
    """Outcomes by prediction id; an outcome is one of the labels, or a number."""
    labels = [value for label in signature.classes for value in _spellings(label)]
    kind: Schema = {"enum": labels} if labels else {"type": "number"}
    outcome = _object({"id": _TEXT, "outcome": kind})
    return _object({"outcomes": _list(outcome, minItems=1)}, closed=True)


def infer(signature: Signature) -> Schema:
    """An inference request. Every input comes as one tensor; ``shape`` is [n] or [n, 1]."""
    names = [*(column.name for column in signature.inputs), *signature.context]
    tensor = _object(
        {
            "name": {"enum": names},
            "shape": _list(
                {"type": "integer", "minimum": 1, "maximum": ROWS_AT_MOST}, minItems=1, maxItems=2
            ),
            "datatype": {"enum": list(DATATYPES)},
            "data": _list(_ANY, **_ROWS),
        }
    )
    outputs = _list(_object({"name": {"enum": list(OUTPUTS[signature.problem])}}))
    fewest = sum(column.origin == "request" for column in signature.inputs)
    return _object(
        {"inputs": _list(tensor, minItems=max(1, fewest), maxItems=len(names))},
        {"id": _id(), "outputs": outputs | {"type": ["array", "null"]}},
    )


def datatype_of(value: str | float) -> str:
    """The datatype of an example's value."""
    return "BYTES" if isinstance(value, str) else "FP64"


def _value(column: Column) -> Schema:
    if column.type == "number":
        kind: Any = ["number", "null"] if column.nullable else "number"
        return {"type": kind, "minimum": -LARGEST, "maximum": LARGEST}
    kinds = ["string", "number", "boolean"]
    known = {"examples": list(column.values[:20])} if column.values else {}
    text = {"maxLength": TEXT_CHARACTERS_AT_MOST}
    if column.nullable:
        return {"type": [*kinds, "null"], **text, **known}
    return {"type": kinds, **text, "pattern": _PRESENT, **known}


def _context() -> Schema:
    return {
        "type": ["string", "number", "boolean", "null"],
        "maxLength": TEXT_CHARACTERS_AT_MOST,
    }


def _id() -> Schema:
    return {"anyOf": [_ID, {"type": "null"}]}


def _spellings(label: str) -> list[str | int | bool]:
    """A label as text and, where it is one, as a number or truth value."""
    others: dict[str, list[str | int | bool]] = {"true": [True], "false": [False]}
    if label in others:
        return [label, *others[label]]
    whole = label.removeprefix("-").isdigit() and str(int(label)) == label
    return [label, int(label)] if whole else [label]
