"""Signed calls of the prediction API."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from evergreen.errors import EvergreenError

Send = Callable[[str, str, bytes | None], tuple[int, bytes]]
"""Method, path below the stage and body in; status and body out."""

_ERRORS_SHOWN = 5
_WORTH_A_RETRY = frozenset({429, 502, 503, 504})
_PAUSES = (0.2, 0.8, 2.0)


class Refused(EvergreenError):
    """The API answered with a problem."""

    title = "Refused by the API"

    def __init__(self, status: int, body: bytes) -> None:
        """Read the problem details; API Gateway's own refusals carry a ``message`` instead."""
        self.status = status
        self.problem = _object(body)
        super().__init__(_sentence(status, self.problem))


class Api:
    """The routes' documents, whichever way they are sent."""

    def __init__(self, send: Send, sleep: Callable[[float], None] = time.sleep) -> None:
        """``send`` makes one call; what is throttled or withheld is sent again, three times."""
        self._send = send
        self._sleep = sleep

    def call(self, method: str, path: str, document: object = None) -> Any:
        """The answer's document.

        Raises:
            Refused: the API answered with a problem.
        """
        body = None if document is None else msgspec.json.encode(document)
        for pause in (*_PAUSES, None):
            status, answer = self._send(method, path, body)
            if pause is None or status not in _WORTH_A_RETRY:
                break
            self._sleep(pause)
        if status >= 400:
            raise Refused(status, answer)
        return msgspec.json.decode(answer)


class SignedHttp:
    """Sends with AWS Signature Version 4 for ``execute-api``."""

    def __init__(self, url: str, session: Any, certificate: str | None = None) -> None:
        """``session`` is a boto3 session; ``url`` ends with the API's stage."""
        from botocore.httpsession import URLLib3Session

        self._url = url.rstrip("/")
        self._session = session
        # API Gateway answers within 29 s.
        self._http = URLLib3Session(verify=certificate or True, timeout=35)

    def __call__(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """Send one request."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import NoCredentialsError

        headers = {"Content-Type": "application/json"} if body is not None else {}
        request = AWSRequest(method, self._url + path, headers=headers, data=body)
        credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        SigV4Auth(
            credentials.get_frozen_credentials(), "execute-api", self._session.region_name
        ).add_auth(request)
        answer = self._http.send(request.prepare())
        return int(answer.status_code), bytes(answer.content)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        found = None
    return found if isinstance(found, dict) else {}


def _sentence(status: int, problem: dict[str, Any]) -> str:
    detail = problem.get("detail") or problem.get("message") or problem.get("Message")
    errors = problem.get("errors") or []
    more = [f"row {e['row']}, '{e['column']}': {e['detail']}" for e in errors[1:_ERRORS_SHOWN]]
    return "\n  ".join([f"{detail or 'The API gave no reason.'} (HTTP {status})", *more])
