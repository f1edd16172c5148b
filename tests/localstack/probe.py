"""A function that tries calls and says how each was answered. Deployed by test_enforcement."""

from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """``{"calls": {name: [service, operation, parameters]}}`` to ``{name: error code or "ok"}``."""
    import boto3
    from botocore.config import Config

    session, config = boto3.session.Session(), Config(retries={"total_max_attempts": 1})
    clients = {call[0]: session.client(call[0], config=config) for call in event["calls"].values()}
    return {
        name: _outcome(getattr(clients[service], operation), parameters)
        for name, (service, operation, parameters) in event["calls"].items()
    }


def _outcome(call: Any, parameters: dict[str, Any]) -> str:
    from botocore.exceptions import ClientError

    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"
