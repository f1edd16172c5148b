"""One structured logger for all functions."""

from functools import cache

from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """The logger, made on first use because it reads the environment."""
    return Logger(service="evergreen", utc=True)
