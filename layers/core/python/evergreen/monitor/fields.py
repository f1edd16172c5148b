"""What a check decodes of a capture: structs made for one model's own columns.

A dict for each row takes three times as long and as much memory.
"""

import math
from typing import Any

import msgspec

from evergreen.contracts.capture import Role


def decoders(numbers: tuple[str, ...], others: tuple[str, ...]) -> tuple[Any, ...]:
    """Decoders of a capture's line, one for numbers that are numbers, one for whatever was sent.

    A line has ``version``, ``at``, ``role``, ``redacted`` and ``rows``; a row has ``id``, its
    answer as :class:`evergreen.contracts.capture.CapturedRow`, and ``values``, a struct of the
    numbers and then the others, NaN and None where the row lacks one.
    """
    typed: list[Any] = [*(float | None for _ in numbers), *(_TEXT for _ in others)]
    names = (*numbers, *others)
    absent = [*(math.nan for _ in numbers), *(None for _ in others)]
    return tuple(_decoder(names, types, absent) for types in (typed, [Any] * len(typed)))


_TEXT = str | int | float | bool | None


def _decoder(names: tuple[str, ...], types: list[Any], absent: list[float | None]) -> Any:
    fields = [
        (f"c{place}", kind, otherwise)
        for place, (kind, otherwise) in enumerate(zip(types, absent, strict=True))
    ]
    renamed = {f"c{place}": name for place, name in enumerate(names)}
    values = msgspec.defstruct("Values", fields, rename=renamed, gc=False)
    alone = float | None
    answers = [("probability", alone, None), ("value", alone, None)]
    several = ("probabilities", list[float] | None, None)
    row: Any = msgspec.defstruct(
        "Row", [("id", str), ("values", values), *answers, several], gc=False
    )
    told = [("role", Role, "champion"), ("redacted", tuple[str, ...], ())]
    line = msgspec.defstruct(
        "Line", [("version", int), ("at", str), ("rows", list[row]), *told], gc=False
    )
    return msgspec.json.Decoder(line)
