"""What turned out: outcomes in, one object per distinct report.

The object is named by the outcomes alone, so a repeated request (a client's retry, a batch sent
twice) is stored once. Ids are not looked up: a capture may still be on its way to the bucket.
"""

import sys
from functools import partial

import msgspec
from msgspec import Struct

from evergreen.canonical import category_text
from evergreen.contracts.capture import Feedback, Outcome, feedback_prefix
from evergreen.contracts.signature import Signature
from evergreen.digest import content_id
from evergreen.errors import InvalidRequest
from evergreen.infer.rows import RejectedRows, RowProblem
from evergreen.ports import ObjectStore

_LABELS_SHOWN = 20
_LARGEST = sys.float_info.max


class _Body(Struct, frozen=True, forbid_unknown_fields=True):
    outcomes: tuple[Outcome, ...]


def outcomes(document: object) -> tuple[Outcome, ...]:
    """The outcomes of a request's decoded body.

    Raises:
        InvalidRequest: the body is not ``{"outcomes": [{"id", "outcome"}, ...]}``.
    """
    form = '{"outcomes": [{"id": text, "outcome": text, number or boolean}, ...]}'
    try:
        found = msgspec.convert(document, _Body).outcomes
    except msgspec.ValidationError as error:
        where = str(error).replace("`$.", "'").replace("`", "'")
        raise InvalidRequest(f"The form is wrong: {where}; the body must be {form}.") from None
    if not found:
        raise InvalidRequest(f"There are no outcomes; the body must be {form}.")
    return found


def check(signature: Signature, given: tuple[Outcome, ...]) -> None:
    """Refuse what nobody would learn from: retraining and drift checks pass over it.

    Raises:
        RejectedRows: names each outcome that is none of the model's labels or, where the model
            answers with a number, no finite number.
    """
    classes = signature.classes
    fits = partial(_is_label, classes) if classes else _is_finite
    problems = [
        RowProblem(number, "outcome", f"'{str(said.outcome)[:50]}' {_misfit(classes)}")
        for number, said in enumerate(given)
        if not fits(said.outcome)
    ]
    if problems:
        raise RejectedRows(problems)


def _misfit(classes: tuple[str, ...]) -> str:
    if not classes:
        return "is no finite number."
    if len(classes) == 2:
        return f"is neither '{classes[0]}' nor '{classes[1]}'."
    shown = ", ".join(f"'{label}'" for label in classes[:_LABELS_SHOWN])
    more = len(classes) - _LABELS_SHOWN
    return f"is none of the model's labels: {shown}{f' and {more} more' if more > 0 else ''}."


def _is_label(classes: tuple[str, ...], outcome: object) -> bool:
    return category_text(outcome) in classes


def _is_finite(outcome: object) -> bool:
    is_number = isinstance(outcome, int | float) and not isinstance(outcome, bool)
    # Compared as it came: an integer may be too large to become a float at all.
    return is_number and -_LARGEST <= outcome <= _LARGEST  # type: ignore[operator]


def keep(model: str, given: tuple[Outcome, ...], *, at: str, features: ObjectStore) -> int:
    """Store ``given`` under the day of ``at`` (ISO 8601); gives how many there were.

    Of several outcomes for one id the last is kept: they carry one time, so nothing else would tell
    later which is the newest.
    """
    last = tuple({outcome.id: outcome for outcome in given}.values())
    name = content_id(*last)
    body = msgspec.json.encode(Feedback(model, at, last)) + b"\n"
    features.write(f"{feedback_prefix(model)}dt={at[:10]}/{name}.json", body, "application/json")
    return len(given)
