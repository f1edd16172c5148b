"""What a function finds in its environment; read once, on first use, never at import."""

import os

from msgspec import Struct

from evergreen.errors import NotConfigured


class Settings(Struct, frozen=True):
    """Names of the deployed resources; a function is given only those that it uses."""

    features_bucket: str = ""
    artifacts_bucket: str = ""
    registry_table: str = ""
    online_table: str = ""
    workflow_arn: str = ""
    event_bus: str = ""
    capture_stream: str = ""
    memory_mebibytes: int | None = None
    """What Lambda gives the function; None outside of it."""

    @staticmethod
    def from_environment() -> "Settings":
        """Read ``EVERGREEN_FEATURES_BUCKET`` and so on; one that is not set stays empty."""
        names = (f for f in Settings.__struct_fields__ if f != "memory_mebibytes")
        found = {name: os.environ.get(_variable(name), "") for name in names}
        memory = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        return Settings(**found, memory_mebibytes=int(memory) if memory else None)

    def need(self, name: str) -> str:
        """The setting of that name.

        Raises:
            NotConfigured: names the environment variable that has to be set.
        """
        value = str(getattr(self, name))
        if not value:
            raise NotConfigured(
                f"{_variable(name)} is not set; it names the deployed {name.replace('_', ' ')}."
            )
        return value


def _variable(name: str) -> str:
    return f"EVERGREEN_{name.upper()}"
