"""One DynamoDB table as the registry uses it: consistent reads, conditional writes.

Conditions are DynamoDB's own, with ``#name`` for an attribute and ``:name`` for a value given as a
keyword; every name is passed as a placeholder, because many (status, until) are reserved words.
"""

import random
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from evergreen.aws.items import Item, attribute, decode, encode, key

Plain = dict[str, Any]
Write = dict[str, Any]

ABSENT = "attribute_not_exists(#pk)"

BATCH = 100
"""Keys that one request may ask for."""

_ATTEMPTS = 8
_READ_ATTEMPTS = 10
_CONTENDED = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_random = random.SystemRandom()


class Lost(Exception):
    """A condition did not hold; nothing was written. ``found`` is the item that was there."""

    def __init__(self, found: Plain | None = None) -> None:
        self.found = found
        super().__init__("a condition did not hold")


def pauses(attempts: int) -> Iterator[int]:
    """Count to ``attempts``, waiting longer each time, at random so that rivals part ways."""
    for attempt in range(attempts):
        if attempt:
            time.sleep(_random.uniform(0, min(0.02 * 2**attempt, 1.0)))
        yield attempt


def read_batch(client: Any, table: str, keys: list[Item]) -> Iterator[Item]:
    """The items of at most :data:`BATCH` keys that there are, read consistently; keys that the
    table did not get to are asked for again.

    Raises:
        ConnectionError: it has too much to do, each time.
    """
    for _ in pauses(_READ_ATTEMPTS):
        request = {table: {"Keys": keys, "ConsistentRead": True}}
        answer = client.batch_get_item(RequestItems=request)
        yield from answer["Responses"].get(table, ())
        keys = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        if not keys:
            return
    raise ConnectionError(f"The table '{table}' is too busy to answer.")


class Table:
    """A table, through a low-level boto3 DynamoDB client."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, pk: str, sk: str) -> Plain | None:
        """The item, or None."""
        answer = self._client.get_item(
            TableName=self._name, Key=encode(key(pk, sk)), ConsistentRead=True
        )
        return decode(answer["Item"]) if "Item" in answer else None

    def query(self, pk: str, begins: str = "", *, backward: bool = False) -> list[Plain]:
        """All items of a partition whose sort key begins so, in its order."""
        condition, values = "#pk = :pk", {"pk": pk}
        if begins:
            condition, values = condition + " AND begins_with(#sk, :sk)", {"pk": pk, "sk": begins}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression=condition,
            ConsistentRead=True,
            ScanIndexForward=not backward,
            **_placeholders(condition, values),
        )
        return [decode(item) for page in pages for item in page["Items"]]

    def get_all(self, keys: list[dict[str, str]]) -> list[Plain]:
        """The items of these keys that there are, in the order of the keys."""
        found: dict[tuple[str, str], Plain] = {}
        for start in range(0, len(keys), BATCH):
            asked = [encode(k) for k in keys[start : start + BATCH]]
            for item in read_batch(self._client, self._name, asked):
                plain = decode(item)
                found[plain["pk"], plain["sk"]] = plain
        wanted = ((k["pk"], k["sk"]) for k in keys)
        return [found[k] for k in wanted if k in found]

    def put(self, item: Mapping[str, object], condition: str = "", **values: object) -> None:
        """Write one item.

        Raises:
            Lost: the condition did not hold.
        """
        self._conditional(self._client.put_item, self.putting(item, condition, **values)["Put"])

    def update(self, pk: str, sk: str, change: str, condition: str, **values: object) -> None:
        """Change one item.

        Raises:
            Lost: the condition did not hold.
        """
        write = self.updating(pk, sk, change, condition, **values)["Update"]
        self._conditional(self._client.update_item, write)

    def putting(self, item: Mapping[str, object], condition: str = "", **values: object) -> Write:
        """The write of one item, for :meth:`transact`."""
        write: Write = {"TableName": self._name, "Item": encode(item)}
        if condition:
            write |= {"ConditionExpression": condition} | _placeholders(condition, values)
        return {"Put": write}

    def updating(self, pk: str, sk: str, change: str, condition: str, **values: object) -> Write:
        """The change of one item, for :meth:`transact`."""
        return {
            "Update": {
                "TableName": self._name,
                "Key": encode(key(pk, sk)),
                "UpdateExpression": change,
                "ConditionExpression": condition,
                **_placeholders(f"{change} {condition}", values),
            }
        }

    def transact(self, *writes: Write) -> None:
        """All writes or none; waits while another transaction holds one of the items.

        Raises:
            Lost: a condition did not hold.
        """
        for attempt in pauses(_ATTEMPTS):
            try:
                self._client.transact_write_items(TransactItems=list(writes))
            except ClientError as error:
                reasons = error.response.get("CancellationReasons", ())
                codes = {reason.get("Code") for reason in reasons}
                if "ConditionalCheckFailed" in codes:
                    raise Lost from None
                if not codes & _CONTENDED or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return

    def _conditional(self, call: Any, write: Write) -> None:
        try:
            call(**write, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise Lost(decode(error.response.get("Item", {})) or None) from None


def _placeholders(expression: str, values: Mapping[str, object]) -> Plain:
    names = {f"#{name}": name for name in re.findall(r"#(\w+)", expression)}
    typed = {f":{name}": attribute(value) for name, value in values.items()}
    given: Plain = {"ExpressionAttributeNames": names}
    return given | {"ExpressionAttributeValues": typed} if typed else given
