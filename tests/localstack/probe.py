"""A function that says as whom it runs. Deployed by test_enforcement."""

import os
from typing import Any


def handler(_event: dict[str, Any], _context: object) -> dict[str, str]:
    """The credentials of the function's role, by the names that boto3 gives them."""
    return {
        "aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "aws_session_token": os.environ["AWS_SESSION_TOKEN"],
    }
