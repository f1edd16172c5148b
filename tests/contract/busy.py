"""A table that has too much to do."""

from typing import Any


class Busy:
    """A client whose table answers two keys of a batch and leaves the others."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - boto3's name
        ((table, asked),) = RequestItems.items()
        now, later = asked["Keys"][:2], asked["Keys"][2:]
        answer = self._client.batch_get_item(RequestItems={table: asked | {"Keys": now}})
        if later:
            answer["UnprocessedKeys"] = {table: asked | {"Keys": later}}
        return answer
