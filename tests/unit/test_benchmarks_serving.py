"""What a reader of the serving benchmarks' figures relies on."""

import asyncio
import math
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.figures import higher, lower
from benchmarks.serving import load, prices

USE = prices.Use(
    milliseconds=10,
    memory_gib=2,
    read_units=0.5,
    gets=0.1,
    firehose_bytes=5 * 1024,
    stored_bytes=2**30,
    table_bytes=0,
)


def test_a_fleet_that_nobody_asks_costs_what_it_stores_and_nothing_else():
    idle = prices.month(0, USE)
    assert idle["s3"] == idle["in all"] == prices.PRICES["s3 GB-month"]


def test_a_months_bill_is_the_sum_of_its_services_at_their_published_prices():
    bill = prices.month(1e6, USE)
    assert bill["lambda"] == pytest.approx(1e6 * 0.01 * 2 * 0.0000133334 + 0.20)
    assert bill["api gateway"] == pytest.approx(3.50)
    assert bill["firehose"] == pytest.approx(5e6 * 1024 / 2**30 * 0.029)
    assert math.fsum(v for name, v in bill.items() if name != "in all") == bill["in all"]


def test_a_ratio_above_one_says_that_ours_is_ahead():
    assert lower("a time", 1.0, 3.0, "peer", unit="ms").ratio == 3.0
    assert higher("a rate", 6.0, 3.0, "peer", unit="rows/s").ratio == 2.0


@pytest.mark.parametrize("chunked", [False, True])
def test_the_load_generator_asks_as_often_as_told_and_counts_what_failed(chunked):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(500 if len(asked) % 5 == 0 else 200)
            if chunked:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"5\r\n01234\r\n0\r\n\r\n")
            else:
                self.send_header("Content-Length", "5")
                self.end_headers()
                self.wfile.write(b"01234")

        def log_message(self, *_given):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        port = server.server_address[1]
        request = load.prepared(port, "/x", b'{"a":1}')
        found = asyncio.run(load.run(port, request, 3, 20, 30.0))
    finally:
        server.shutdown()
        server.server_close()
    assert asked == [b'{"a":1}'] * 20
    assert (len(found.taken), found.failed) == (20, 4)
