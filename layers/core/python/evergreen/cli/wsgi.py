"""The inference function as a WSGI application: HTTP in, API Gateway's event, HTTP out."""

import base64
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from evergreen.contracts.inference import BODY_BYTES_AT_MOST

Environ = dict[str, Any]
Handler = Callable[[dict[str, Any]], dict[str, Any]]
Start = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[Environ, Start], Iterable[bytes]]

_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def application(handler: Handler) -> Application:
    """``handler`` takes a REST proxy event and gives its answer."""

    def answer(environ: Environ, start: Start) -> Iterable[bytes]:
        given = handler(event(environ))
        text = given["body"]
        body = base64.b64decode(text) if given.get("isBase64Encoded") else text.encode()
        headers = [*given["headers"].items(), ("Content-Length", str(len(body)))]
        start(_STATUS[given["statusCode"]], headers)
        return [body]

    return answer


def event(environ: Environ) -> dict[str, Any]:
    """The event that API Gateway would make of a request.

    A body is read to one byte above the limit, at which the function refuses it.
    """
    body = environ["wsgi.input"].read(BODY_BYTES_AT_MOST + 1)
    text, encoded = _text(body)
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    return {
        "httpMethod": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
        "headers": _headers(environ),
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "body": text,
        "isBase64Encoded": encoded,
    }


def _text(body: bytes) -> tuple[str, bool]:
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


def _headers(environ: Environ) -> dict[str, str]:
    named = {
        name[5:].replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    return named | {"Content-Type": environ.get("CONTENT_TYPE", "")}
