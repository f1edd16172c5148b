"""Ways to keep a capture, each as a call that returns when the answer may go out."""

import queue
import threading
from collections.abc import Callable
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
from evergreen.aws.captures import FirehoseCaptures
from evergreen.contracts.capture import Capture

Way = Callable[[Capture], None]
NAME = "captures"


def ways(client: Callable[[str], Any]) -> dict[str, Way]:
    """All of them, on an emulator that holds nothing yet."""
    client("s3").create_bucket(Bucket=NAME)
    return {
        "Firehose, before the answer": _firehose(client),
        "S3 object, before the answer": _s3(client("s3")),
        "SQS message, before the answer": _sqs(client("sqs")),
        "to an extension, which sends later": _extension(),
        "from memory, after the answer": _memory(),
    }


def _firehose(client: Callable[[str], Any]) -> Way:
    firehose = client("firehose")
    firehose.create_delivery_stream(
        DeliveryStreamName=NAME,
        ExtendedS3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::000000000000:role/none",
            "BucketARN": f"arn:aws:s3:::{NAME}",
            "Prefix": "captures/",
        },
    )
    return FirehoseCaptures(firehose, NAME).put


def _s3(s3: Any) -> Way:
    def put(capture: Capture) -> None:
        s3.put_object(Bucket=NAME, Key=f"direct/{capture.rows[0].id}", Body=_line(capture))

    return put


def _sqs(sqs: Any) -> Way:
    url = sqs.create_queue(QueueName=NAME)["QueueUrl"]

    def put(capture: Capture) -> None:
        sqs.send_message(QueueUrl=url, MessageBody=_line(capture).decode())

    return put


def _extension() -> Way:
    """An extension is a process beside the function that listens on loopback; this one forgets."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connection = HTTPConnection("127.0.0.1", server.server_port)

    def put(capture: Capture) -> None:
        connection.request("POST", "/", _line(capture))
        connection.getresponse().read()

    return put


def _memory() -> Way:
    waiting: queue.SimpleQueue[Capture] = queue.SimpleQueue()
    return waiting.put


def _line(capture: Capture) -> bytes:
    return msgspec.json.encode(capture) + b"\n"
