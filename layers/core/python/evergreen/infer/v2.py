"""The Open Inference Protocol, version 2, over HTTP and JSON.

Each column is a tensor of its own, of shape [n] or [n, 1]. Numbers come as FP64 or any other
numeric datatype, categories as BYTES, BOOL or whole numbers; ``null`` is a missing value, and so is
NaN, which is all that a client with arrays has. Tensors in binary form are an extension that is
not offered: API Gateway takes the body for text.
"""

import math
from typing import Any

import msgspec
from msgspec import Struct

from evergreen.contracts.model_file import Problem
from evergreen.contracts.signature import Column, Signature
from evergreen.errors import EvergreenError, InvalidRequest, NotFound
from evergreen.infer.answers import Answer
from evergreen.infer.forms import Rows, by_row, limited
from evergreen.infer.http import Request
from evergreen.infer.predict import Predictions
from evergreen.infer.rows import RejectedRows, RowProblem, kind_of, misfits

SERVER = {"name": "evergreen", "version": "2", "extensions": []}
PLATFORM = "onnxruntime_onnx"
OUTPUTS: dict[Problem, dict[str, str]] = {
    "binary": {"probability": "FP64", "label": "BYTES"},
    "multiclass": {"probabilities": "FP64", "label": "BYTES"},
    "regression": {"value": "FP64"},
    "forecast": {"value": "FP64"},
}
"""By problem, what a model gives: each of shape [n], but ``probabilities`` of [n, classes], row
after row, in the order of the signature's classes."""

_WHOLE = tuple(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
_KINDS: dict[str, tuple[type, ...]] = {
    "BOOL": (bool,),
    "BYTES": (str,),
    **dict.fromkeys(_WHOLE, (int,)),
    **dict.fromkeys(("FP16", "FP32", "FP64"), (int, float)),
}
DATATYPES = tuple(_KINDS)


class _Input(Struct, frozen=True):
    name: str
    shape: list[int]
    datatype: str
    data: list[Any]


class _Output(Struct, frozen=True):
    name: str


class Body(Struct, frozen=True):
    """An inference request, as far as it is read."""

    inputs: list[_Input]
    outputs: list[_Output] | None = None


def metadata(signature: Signature, model: str, numbers: list[int]) -> dict[str, Any]:
    """What a model takes and gives, and the ``numbers`` of its versions."""
    return {
        "name": model,
        "versions": [str(number) for number in numbers],
        "platform": PLATFORM,
        "inputs": [_tensor(column.name, datatype(column)) for column in signature.inputs],
        "outputs": [
            _tensor(name, kind, *([len(signature.classes)] if name == "probabilities" else []))
            for name, kind in OUTPUTS[signature.problem].items()
        ],
    }


def datatype(column: Column) -> str:
    """The datatype that a column is declared with."""
    return "BYTES" if column.type == "category" else "FP64"


def read(document: object, problem: Problem) -> Body:
    """The parts of a decoded body, sent to a model of that problem.

    Raises:
        InvalidRequest: it is no inference request, or asks for an output that there is not.
    """
    try:
        body = msgspec.convert(document, Body)
    except msgspec.ValidationError as error:
        where = str(error).replace("`$.", "'").replace("`", "'")
        raise InvalidRequest(
            f'The form is wrong: {where}; the body must be {{"inputs": [{{"name": column, '
            '"shape": [n], "datatype": "FP64", "data": [value, ...]}, ...]}.'
        ) from None
    if not body.inputs:
        raise InvalidRequest("'inputs' is empty; send a tensor for each column.")
    given = OUTPUTS[problem]
    unknown = [output.name[:100] for output in body.outputs or () if output.name not in given]
    if unknown:
        there = f"are {_either(given)}" if len(given) > 1 else f"is {next(iter(given))}"
        raise InvalidRequest(f"There is no output '{unknown[0]}'; there {there}.")
    return body


def rows_of(body: Body, signature: Signature) -> Rows:
    """The rows of an inference request.

    Raises:
        InvalidRequest: its tensors do not belong together.
        RequestTooLarge: there are too many rows.
        RejectedRows: values are not of their tensor's datatype.
    """
    tensors = body.inputs
    if wrong := _misshapen(tensors):
        raise InvalidRequest(" ".join(wrong[:20]))
    limited(tensors[0].shape[0])
    columns = {tensor.name: _values(tensor) for tensor in tensors}
    rows = by_row(columns)
    problems = {(p.row, p.column): p for tensor in tensors for p in _mistyped(tensor, columns)}
    if problems:
        others = {(p.row, p.column): p for p in misfits(signature, rows)}
        both = (others | problems).values()
        raise RejectedRows(sorted(both, key=lambda problem: problem.row))
    return rows


def response(body: Body, problem: Problem, request: str, found: Predictions) -> dict[str, Any]:
    """The answer to an inference request.

    Args:
        request: the request's id; the outcome of row n is reported under ``<request>-<n>``.
    """
    kinds = OUTPUTS[problem]
    names = [output.name for output in body.outputs or ()] or list(kinds)
    answer: dict[str, Any] = {
        "model_name": found.model,
        "model_version": str(found.version),
        "id": request,
        "outputs": [
            {"name": name, "datatype": kinds[name], **_column(name, found.predictions)}
            for name in dict.fromkeys(names)
        ],
    }
    if found.unseen:
        answer["parameters"] = {f"unseen.{name}": count for name, count in found.unseen.items()}
    return answer


def body_of(request: Request) -> Any:
    """The decoded body.

    Raises:
        InvalidRequest: it is no JSON.
    """
    try:
        return request.document()
    except InvalidRequest as error:
        raise InvalidRequest(
            f"{error.sentence} Binary tensors are not taken; send JSON (binary_data=False)."
        ) from None


def number_of(version: str) -> int:
    """The version's number in a path.

    Raises:
        NotFound: there can be no such version.
    """
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise NotFound(f"There is no version '{version[:20]}'; versions are numbered from 1.")
    return int(version)


def refusal(error: EvergreenError) -> dict[str, str]:
    """How the protocol wants an error said, beside its problem details."""
    return {"error": error.sentence}


def _tensor(name: str, kind: str, *width: int) -> dict[str, Any]:
    return {"name": name, "datatype": kind, "shape": [-1, *width]}


def _column(output: str, answers: list[Answer]) -> dict[str, Any]:
    each = [getattr(answer, output) for answer in answers]
    if output != "probabilities":
        return {"shape": [len(each)], "data": each}
    flat = [probability for row in each for probability in row.values()]
    return {"shape": [len(each), len(each[0])], "data": flat}


def _misshapen(tensors: list[_Input]) -> list[str]:
    wrong = []
    names = [tensor.name for tensor in tensors]
    for tensor in tensors:
        name = f"Tensor '{tensor.name[:100]}'"
        if tensor.datatype not in _KINDS:
            wrong.append(
                f"{name} has the datatype '{tensor.datatype[:20]}'; it may be {_either(DATATYPES)}."
            )
        if len(tensor.shape) not in (1, 2) or tensor.shape[1:] not in ([], [1]):
            wrong.append(f"{name} has the shape {tensor.shape[:5]}; it may be [n] or [n, 1].")
        elif tensor.shape[0] < 1 or tensor.shape[0] != len(tensor.data):
            wrong.append(f"{name} has the shape {tensor.shape} and {len(tensor.data):,} values.")
        elif tensor.shape[0] != (tensors[0].shape or [0])[0]:
            wrong.append(f"{name} has another number of rows than '{names[0][:100]}'.")
        if names.count(tensor.name) > 1:
            wrong.append(f"{name} comes more than once.")
    return wrong


def _values(tensor: _Input) -> list[Any]:
    """The tensor's values as JSON has them in rows: its own level of nesting and NaN go."""
    values = tensor.data
    if len(tensor.shape) == 2:
        values = [v[0] if isinstance(v, list) and len(v) == 1 else v for v in values]
    if tensor.datatype.startswith("FP"):
        return [None if isinstance(v, float) and math.isnan(v) else v for v in values]
    return values


def _mistyped(tensor: _Input, columns: dict[str, list[Any]]) -> list[RowProblem]:
    kinds = _KINDS[tensor.datatype]
    return [
        RowProblem(
            row,
            tensor.name[:100],
            f"The value is {kind_of(value)} in a tensor of datatype {tensor.datatype}.",
        )
        for row, value in enumerate(columns[tensor.name])
        if value is not None and type(value) not in kinds
    ]


def _either(words: Any) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}"
