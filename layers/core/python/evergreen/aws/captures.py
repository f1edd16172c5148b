"""Served predictions on their way to S3, through Firehose, one JSON document a line."""

import time
from collections.abc import Iterator
from typing import Any

import msgspec

from evergreen.contracts.capture import Capture
from evergreen.ports import CaptureStream

# Firehose takes 1,000 KiB in a record, and 500 records or 4 MiB in a call.
RECORD_BYTES = 1_000 * 1024
CALL_BYTES = 4 * 1024 * 1024
CALL_RECORDS = 500
_PAUSES = (0.05, 0.2, 0.8)


class FirehoseCaptures(CaptureStream):
    """One delivery stream."""

    def __init__(self, client: Any, stream: str) -> None:
        self._client = client
        self._stream = stream

    def put(self, capture: Capture) -> None:
        """See :meth:`CaptureStream.put`; what does not fit in one record becomes several.

        Raises:
            ConnectionError: the stream kept refusing records.
        """
        for call in _calls(_records(capture)):
            self._send(call)

    def _send(self, records: list[bytes]) -> None:
        for pause in (*_PAUSES, None):
            answer = self._client.put_record_batch(
                DeliveryStreamName=self._stream, Records=[{"Data": record} for record in records]
            )
            if not answer["FailedPutCount"]:
                return
            sent = zip(records, answer["RequestResponses"], strict=True)
            records = [record for record, response in sent if "ErrorCode" in response]
            if pause is not None:
                time.sleep(pause)
        raise ConnectionError(f"The capture stream '{self._stream}' did not take the predictions.")


def _records(capture: Capture) -> Iterator[bytes]:
    line = msgspec.json.encode(capture) + b"\n"
    half = len(capture.rows) // 2
    if len(line) <= RECORD_BYTES or not half:
        yield line
        return
    for rows in (capture.rows[:half], capture.rows[half:]):
        yield from _records(msgspec.structs.replace(capture, rows=rows))


def _calls(records: Iterator[bytes]) -> Iterator[list[bytes]]:
    call: list[bytes] = []
    for record in records:
        if len(call) == CALL_RECORDS or sum(map(len, call)) + len(record) > CALL_BYTES:
            yield call
            call = []
        call.append(record)
    yield call
