"""API Gateway's REST proxy event in, its answer out, errors as RFC 9457 problem details."""

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from evergreen.contracts.inference import BODY_BYTES_AT_MOST
from evergreen.errors import EvergreenError, InvalidRequest, RequestTooLarge

Answer = dict[str, Any]

KEY = "x-evergreen-key"

Route = tuple[str, Callable[[], Answer]]
"""The method that a path takes, and what it does."""


class Request(Struct, frozen=True):
    """What the routes need of an event. ``parts`` are the path's segments below the stage; ``key``
    is the header :data:`KEY`, which decides who answers in a trial, "" without it."""

    id: str
    method: str
    parts: tuple[str, ...]
    body: bytes
    query: dict[str, str] = {}
    key: str = ""

    @staticmethod
    def from_event(event: Mapping[str, Any], number: str) -> "Request":
        """Read a proxy event; ``number`` is the request's id.

        Raises:
            InvalidRequest: the body says it is base64 and is not.
            RequestTooLarge: the body exceeds the limit.
        """
        path = str(event.get("path") or "/").encode(errors="replace").decode()
        return Request(
            number,
            str(event.get("httpMethod") or "").upper(),
            tuple(part for part in path.split("/") if part),
            _body(event),
            event.get("queryStringParameters") or {},
            _header(event, KEY),
        )

    def takes(self, *names: str) -> None:
        """Refuse a query that holds anything else, so that a misspelt one is not passed over.

        Raises:
            InvalidRequest: it does.
        """
        if others := sorted(self.query.keys() - set(names)):
            raise InvalidRequest(
                f"There is no query parameter '{others[0][:50]}'; there is {' and '.join(names)}."
            )

    def document(self) -> Any:
        """The decoded JSON body.

        Raises:
            InvalidRequest: the body is empty or no JSON.
        """
        if not self.body.strip():
            raise InvalidRequest("The body is empty; send a JSON object.")
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _decode_loosely(self.body)


def request_id(event: Mapping[str, Any]) -> str:
    """API Gateway's id of the request, or a new one outside of it."""
    context = event.get("requestContext") or {}
    return str(context.get("requestId") or uuid.uuid4())


def _header(event: Mapping[str, Any], name: str) -> str:
    headers = event.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    try:
        body = (
            base64.b64decode(text, validate=True)
            if event.get("isBase64Encoded")
            else text.encode("utf-8")
        )
    except (binascii.Error, ValueError):
        raise InvalidRequest("The body is neither UTF-8 text nor base64.") from None
    if len(body) > BODY_BYTES_AT_MOST:
        raise RequestTooLarge(
            f"The body has {len(body):,} bytes and may have {BODY_BYTES_AT_MOST:,}; "
            "send fewer rows per request."
        )
    return body


def _decode_loosely(body: bytes) -> Any:
    # Many clients write NaN and Infinity, which are no JSON. Reading them here lets the rows'
    # check name the row and column, where the strict parser knows only a byte offset.
    try:
        document = json.loads(body)
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # refuses lone surrogates
    except (ValueError, RecursionError) as error:
        reason = (
            "it is nested too deeply"
            if isinstance(error, RecursionError)
            else str(error).split(";")[0]
        )
        raise InvalidRequest(f"The body is no valid JSON: {reason.rstrip('.')}.") from None
    return document


def answer(status: int, document: object, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer in API Gateway's form."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "body": msgspec.json.encode(document).decode(),
        "isBase64Encoded": False,
    }


def problem(
    error: EvergreenError,
    request: str,
    /,
    *,
    errors: object = None,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> Answer:
    """An error as problem details.

    Args:
        request: the request's id, to be quoted to an operator.
        errors: what is wrong, one by one, where there may be several things.
        more: members that a protocol wants beside those of problem details.
    """
    document = {
        "type": f"urn:evergreen:problem:{error.title.lower().replace(' ', '-')}",
        "title": error.title,
        "status": error.status,
        "detail": error.sentence or HTTPStatus(error.status).phrase,
        "request_id": request,
        **more,
    }
    if errors is not None:
        document["errors"] = errors
    content_type = {"Content-Type": "application/problem+json"}
    return answer(error.status, document, {**content_type, **(headers or {})})
