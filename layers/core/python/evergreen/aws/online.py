"""The online store in DynamoDB: one item for each entity of a view.

=============  ==================================================================================
pk             ``<view>#<entity key>``; in place of a key above 1,000 bytes its SHA-256
event, known   nanoseconds since 1970; with ``revision`` and ``build`` what a newer row has more of
doc            the values as JSON, compressed where they are many
erased         no row that was known before this time (nanoseconds) may come here again
=============  ==================================================================================

Every write is one conditional update of one item, so however writers interleave, repeat or die, an
item ends as the newest row that was offered. Values are JSON and no DynamoDB numbers: those reach
from 1e-130 to 1e126, and a float64 may be anything from 5e-324 to 1.8e308.
"""

import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from botocore.exceptions import ClientError

from evergreen.aws.table import BATCH, read_batch
from evergreen.contracts.views import OnlineRow
from evergreen.digest import sha256
from evergreen.errors import Conflict, StoredRowUnreadable
from evergreen.moment import since_1970
from evergreen.ports import OnlineStore

Key = tuple[str, str]
Item = dict[str, Any]

_PARALLEL = 16
_KEY_BYTES = 1000
_PLAIN_BYTES = 1024

_NOT_ERASED = "(attribute_not_exists(#erased) OR #erased <= :known)"
_ABSENT = "attribute_not_exists(#event)"
_ORDER = ("revision", "event", "known", "build")
_ROW = (*_ORDER, "doc")
_SET = "SET " + ", ".join(f"#{name} = :{name}" for name in _ROW)
_AS_SEEN = " AND ".join(f"#{name} = :seen_{name}" for name in _ORDER)


def _newer() -> str:
    """That the row there, if there is one, has less of the order's first part that differs."""
    parts = []
    for place, name in enumerate(_ORDER):
        equal = [f"#{before} = :{before}" for before in _ORDER[:place]]
        parts.append(f"({' AND '.join([*equal, f'#{name} < :{name}'])})")
    return f"({' OR '.join([_ABSENT, *parts])})"


_NEWER = _newer()
_ALL = ", ".join(f"#{name}" for name in _ROW)

_Values = dict[str, float | str | list[float | None] | None]
_decoder = msgspec.json.Decoder(_Values)

Given = TypeVar("Given")
Found = TypeVar("Found")


class DynamoOnlineStore(OnlineStore):
    """One table, through a low-level boto3 DynamoDB client that may be used by several threads."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, keys: list[Key]) -> dict[Key, OnlineRow]:
        """See :meth:`OnlineStore.read`; consistent, up to 100 keys at once."""
        names = {_pk(key): key for key in keys}
        wanted = list(names)
        batches = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
        items = (item for found in _together(self._batch, batches) for item in found)
        rows = [_row(names[item["pk"]["S"]], item) for item in items if "doc" in item]
        return {(row.view, row.entity): row for row in rows}

    def write(self, rows: list[OnlineRow]) -> int:
        """See :meth:`OnlineStore.write`."""
        return sum(_together(self._offer, rows))

    def replace(self, row: OnlineRow, before: OnlineRow | None) -> None:
        """See :meth:`OnlineStore.replace`."""
        seen = {}
        if before is not None:
            seen = {f":seen_{name}": getattr(before, name) for name in _ORDER}
        condition = f"{_AS_SEEN if before else _ABSENT} AND {_NOT_ERASED}"
        if not self._update(row, condition, seen):
            raise Conflict(f"'{row.entity}' of '{row.view}' was changed meanwhile; try again.")

    def erase(self, view: str, entity: str, at: str) -> bool:
        """See :meth:`OnlineStore.erase`. The same erasure again changes nothing."""
        moment = since_1970(datetime.fromisoformat(at))
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": _pk((view, entity))}},
                UpdateExpression="SET #erased = :at REMOVE " + _ALL,
                ConditionExpression="attribute_not_exists(#erased) OR #erased < :at",
                ExpressionAttributeNames=_names("erased", *_ROW),
                ExpressionAttributeValues={":at": {"N": str(moment)}},
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            _must_be_lost(error)
            return False
        return "doc" in answer.get("Attributes", {})

    def _offer(self, row: OnlineRow) -> bool:
        return self._update(row, f"{_NEWER} AND {_NOT_ERASED}", {})

    def _update(self, row: OnlineRow, condition: str, more: dict[str, int]) -> bool:
        """Whether the condition held, so the row is there now."""
        numbers = {f":{name}": getattr(row, name) for name in _ORDER} | more
        values: Item = {name: {"N": str(number)} for name, number in numbers.items()}
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": _pk((row.view, row.entity))}},
                UpdateExpression=_SET,
                ConditionExpression=condition,
                ExpressionAttributeNames=_names("erased", *_ROW),
                ExpressionAttributeValues=values | {":doc": {"B": _packed(row)}},
            )
        except ClientError as error:
            _must_be_lost(error)
            return False
        return True

    def _batch(self, names: list[str]) -> list[Item]:
        return list(read_batch(self._client, self._table, [{"pk": {"S": name}} for name in names]))


def _pk(key: Key) -> str:
    view, entity = key
    text = entity.encode(errors="surrogatepass")
    # Half a surrogate pair may come with a request, and is no UTF-8.
    plain = len(text) <= _KEY_BYTES and text == entity.encode(errors="replace")
    return f"{view}#{entity if plain else sha256(text)}"


def _names(*names: str) -> dict[str, str]:
    return {f"#{name}": name for name in names}


def _packed(row: OnlineRow) -> bytes:
    """Plain JSON begins with a brace, zlib's data never does."""
    body = msgspec.json.encode(row.values)
    return body if len(body) <= _PLAIN_BYTES else zlib.compress(body)


def _row(key: Key, item: Item) -> OnlineRow:
    view, entity = key
    body = bytes(item["doc"]["B"])
    try:
        values = _decoder.decode(body if body[:1] == b"{" else zlib.decompress(body))
    except (zlib.error, msgspec.DecodeError):
        raise StoredRowUnreadable(
            f"The online store's row of {entity} of '{view}' cannot be read; "
            "write it anew by a build of the view, or of a forecast by a training run."
        ) from None
    order = {name: int(item[name]["N"]) for name in _ORDER}
    return OnlineRow(view, entity, values=values, **order)


def _must_be_lost(error: ClientError) -> None:
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error


def _together(call: Callable[[Given], Found], each: Iterable[Given]) -> list[Found]:
    """``call`` of each; waiting is what takes its time, so several wait at once."""
    given = list(each)
    if len(given) < 2:
        return [call(one) for one in given]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return list(pool.map(call, given))
