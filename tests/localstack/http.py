"""Raw requests to the deployed API, signed as whom a test likes."""

import ssl
import urllib.error
import urllib.request
from typing import Any, NamedTuple

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localstack.cloud import Cloud


class Answer(NamedTuple):
    """What came back; ``document`` is the body read as JSON."""

    status: int
    headers: dict[str, str]
    document: Any


class Caller:
    """Somebody with an access key and its secret, or nobody."""

    def __init__(self, url: str, cloud: Cloud, key: tuple[str, str] | None) -> None:
        """``url`` ends with the API's stage; without a ``key`` requests are not signed."""
        self._url = url
        self._region = cloud.region
        self._key = key
        trust = ssl.create_default_context(cafile=cloud.certificate or None)
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
        self._opener = urllib.request.build_opener(*handlers)

    def __call__(self, method: str, path: str, body: object = None) -> Answer:
        """Send one request; a ``body`` of bytes goes as it is, any other as JSON."""
        data = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"}
        signed = AWSRequest(method, self._url + path, headers=headers, data=data)
        if self._key:
            SigV4Auth(Credentials(*self._key), "execute-api", self._region).add_auth(signed)
        request = urllib.request.Request(  # noqa: S310 - the cloud's own address
            signed.url, data, dict(signed.headers), method=method
        )
        try:
            with self._opener.open(request, timeout=60) as answer:
                return _answer(answer.status, answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return _answer(refused.code, refused)


def _answer(status: int, answer: Any) -> Answer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(status, headers, msgspec.json.decode(answer.read()))
