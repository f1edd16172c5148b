"""What a function finds in its environment; read once, on first use, never at import."""

import os

from msgspec import Struct


class Settings(Struct, frozen=True):
    """Names of the deployed resources."""

    features_bucket: str
    artifacts_bucket: str
    registry_table: str
    workflow_arn: str
    event_bus: str
    capture_stream: str

    @staticmethod
    def from_environment() -> "Settings":
        """Read ``EVERGREEN_*``; a function is given only those that it uses."""
        return Settings(
            *(os.environ.get(f"EVERGREEN_{f.upper()}", "") for f in Settings.__struct_fields__)
        )
