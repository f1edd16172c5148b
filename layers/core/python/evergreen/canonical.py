"""One spelling for one value, wherever it comes from.

A category reads the same whether it arrives as CSV text, as a Parquet number or in a JSON
request: ``0``, ``0.0``, ``"0"`` and ``" 0 "`` are all the category ``"0"``. ``ingest``,
``infer`` and ``monitor`` apply the same function, so a model never meets a second spelling.
"""

import re

MISSING_WORDS = frozenset({"", "NA", "N/A", "NaN", "nan", "NULL", "null"})
"""Text that says there is no value. ``None`` and ``none`` are not among them: "none" is a value."""

_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))\.0*")
_BOOLEANS = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"}


def category_text(value: object) -> str:
    """A category's canonical text, "" for a missing one.

    Blanks around the text go; a whole number loses its decimals (``1.0`` is ``"1"``, but the code
    ``"01"`` stays); truth values are ``"true"`` and ``"false"``; ``None``, NaN and
    :data:`MISSING_WORDS` are missing. Applying it twice changes nothing more.
    """
    if value is None:
        return ""
    text = str(value).replace("\0", "").strip()  # numpy's text arrays cannot hold a trailing NUL
    if text in MISSING_WORDS:
        return ""
    whole = _WHOLE.fullmatch(text)
    if whole:
        return "0" if whole[1] == "-0" else whole[1]
    return _BOOLEANS.get(text, text)
