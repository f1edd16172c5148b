"""What the AWS adapters put on the bus and into the capture stream."""

import json
import time
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from evergreen.aws.bus import EventBridgeBus
from evergreen.aws.captures import CALL_BYTES, RECORD_BYTES, FirehoseCaptures
from evergreen.contracts.capture import Capture, CapturedRow
from evergreen.contracts.decision import RetrainDecision

DECISION = RetrainDecision("d1", "crash", 1, "speed drifted", "2026-01-01T00:00:00.000Z")


def test_a_decision_reaches_whoever_listens_for_it(client: Any) -> None:
    events, queues, name = client("events"), client("sqs"), f"bus-{uuid4().hex}"
    events.create_event_bus(Name=name)
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    answer = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = {"source": ["evergreen.monitor"], "detail-type": ["Retrain Decided"]}
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": answer["Attributes"]["QueueArn"]}
    events.put_targets(Rule=name, EventBusName=name, Targets=[target])
    EventBridgeBus(events, name).publish(DECISION)
    received = queues.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
    details = [json.loads(message["Body"])["detail"] for message in received]
    assert [msgspec.convert(detail, RetrainDecision) for detail in details] == [DECISION]


def test_a_bus_that_does_not_take_the_event_is_an_error() -> None:
    class Refusing:
        def put_events(self, **_: Any) -> Any:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorMessage": "no such bus"}]}

    with pytest.raises(ConnectionError, match="'decisions' did not take the event: no such bus"):
        EventBridgeBus(Refusing(), "decisions").publish(DECISION)


def capture(rows: int, width: int = 3) -> Capture:
    """A capture of ``rows`` rows, each with a text of ``width`` letters."""
    made = (CapturedRow(str(n), {"belt": "é" * width, "speed": None}, n / 3) for n in range(rows))
    return Capture("crash", 1, "2026-01-01T00:00:00.000Z", tuple(made))


def test_captured_rows_arrive_in_the_bucket_as_lines_of_json(client: Any) -> None:
    s3, firehose, name = client("s3"), client("firehose"), f"captures-{uuid4().hex}"
    s3.create_bucket(Bucket=name)
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::000000000000:role/none",
            "BucketARN": f"arn:aws:s3:::{name}",
            "Prefix": "captures/",
            "BufferingHints": {"IntervalInSeconds": 1, "SizeInMBs": 1},
        },
    )
    stream = FirehoseCaptures(firehose, name)
    stream.put(capture(2))
    stream.put(capture(3))
    arrived = [msgspec.json.decode(line, type=Capture) for line in _delivered(s3, name, lines=2)]
    assert sorted(arrived, key=lambda one: len(one.rows)) == [capture(2), capture(3)]


def _delivered(s3: Any, bucket: str, lines: int) -> list[bytes]:
    """All lines in the bucket, as soon as there are so many of them."""
    found: list[bytes] = []
    for _ in range(300):
        keys = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
        bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in sorted(keys)]
        found = b"".join(bodies).splitlines()
        if len(found) >= lines:
            break
        time.sleep(0.1)
    return found


class Stream:
    """A Firehose client that refuses the records at some positions of its first answers."""

    def __init__(self, *refusals: set[int]) -> None:
        self.refusals = list(refusals)
        self.calls: list[list[bytes]] = []
        self.kept: list[bytes] = []

    def put_record_batch(self, DeliveryStreamName: str, Records: list[Any]) -> Any:  # noqa: N803 - boto3's names
        refused = self.refusals.pop(0) if self.refusals else set()
        data = [record["Data"] for record in Records]
        self.calls.append(data)
        self.kept += [record for n, record in enumerate(data) if n not in refused]
        responses = [{"ErrorCode": "Slow"} if n in refused else {} for n in range(len(data))]
        return {"FailedPutCount": len(refused), "RequestResponses": responses}


def test_a_capture_too_long_for_one_record_keeps_all_rows_in_order() -> None:
    stream, whole = Stream(), capture(3000, width=900)
    FirehoseCaptures(stream, "s").put(whole)
    assert all(len(record) <= RECORD_BYTES for record in stream.kept)
    assert all(sum(map(len, call)) <= CALL_BYTES for call in stream.calls)
    parts = [msgspec.json.decode(record, type=Capture) for record in stream.kept]
    assert len(parts) > 5
    assert sum((part.rows for part in parts), ()) == whole.rows


def test_only_the_records_that_were_refused_are_sent_again() -> None:
    stream = Stream({1, 2}, {0})
    whole = capture(3000, width=900)
    FirehoseCaptures(stream, "s").put(whole)
    rows = [row.id for r in stream.kept for row in msgspec.json.decode(r, type=Capture).rows]
    assert sorted(rows, key=int) == [row.id for row in whole.rows]


def test_a_stream_that_keeps_refusing_is_an_error() -> None:
    stream = Stream(*[{0}] * 10)
    with pytest.raises(ConnectionError, match="'s' did not take the predictions"):
        FirehoseCaptures(stream, "s").put(capture(1))
    assert stream.kept == []
