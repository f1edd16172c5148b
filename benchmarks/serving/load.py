"""A load generator: the same few lines for every server, so that what differs is the server.

Raw keep-alive HTTP/1.1 over asyncio: each connection sends one prepared request, waits for the
whole answer and sends again. It runs in a process of its own, bounded in count and time, and to
this machine alone.

    python load.py HOST PORT PATH CONNECTIONS REQUESTS SECONDS < request body
"""

import asyncio
import json
import sys
import time

_LOOPBACK = "127.0.0.1"


class Connection(asyncio.Protocol):
    """One connection that asks again as soon as it was answered."""

    def __init__(self, request: bytes, load: "Load") -> None:
        self._request, self._load = request, load
        self._buffer = bytearray()
        self._needed = -1
        self._begun = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._ask()

    def _ask(self) -> None:
        if not self._load.wants_more():
            self._transport.close()
            return
        self._buffer.clear()
        self._needed = -1
        self._begun = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Collect an answer; its end is known by its length, or by the last chunk."""
        self._buffer += data
        if self._needed < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            start = head.find(b"content-length:")
            self._needed = 0 if start < 0 else end + 4 + int(head[start + 15 :].split(b"\r\n")[0])
        whole = len(self._buffer) >= self._needed > 0
        if whole or (self._needed == 0 and self._buffer.endswith(b"0\r\n\r\n")):
            self._load.answered(time.perf_counter() - self._begun, bytes(self._buffer[9:12]))
            self._ask()

    def connection_lost(self, _error: Exception | None) -> None:
        """The server hung up, or there is nothing more to ask."""
        if not self.done.done():
            self.done.set_result(None)


class Load:
    """How much is asked, and what came of it."""

    def __init__(self, requests: int, seconds: float) -> None:
        self._left = requests
        self._until = time.perf_counter() + seconds
        self.taken: list[float] = []
        self.failed = 0
        self.refusal = ""

    def wants_more(self) -> bool:
        """Whether another request may be sent."""
        self._left -= 1
        return self._left >= 0 and time.perf_counter() < self._until

    def answered(self, seconds: float, status: bytes) -> None:
        """Count one answer."""
        self.taken.append(seconds)
        if status != b"200":
            self.failed += 1
            self.refusal = self.refusal or status.decode(errors="replace")


async def run(port: int, request: bytes, connections: int, requests: int, seconds: float) -> Load:
    """Ask until enough was answered or the time is up."""
    load = Load(requests, seconds)
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Connection(request, load), _LOOPBACK, port)
        for _ in range(connections)
    ]
    await asyncio.wait([connection.done for _, connection in opened], timeout=seconds + 10)
    return load


def prepared(port: int, path: str, body: bytes, headers: str = "") -> bytes:
    """The request as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {_LOOPBACK}:{port}\r\nContent-Type: application/json\r\n"
        f"{headers}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def main() -> None:
    """Print ``{"requests", "failed", "refusal", "per_second", "p50", "p99"}``, times in seconds."""
    port, path, connections, requests, seconds = sys.argv[1:6]
    headers = sys.argv[6] if len(sys.argv) > 6 else ""
    request = prepared(int(port), path, sys.stdin.buffer.read(), headers)
    begun = time.perf_counter()
    load = asyncio.run(run(int(port), request, int(connections), int(requests), float(seconds)))
    whole = time.perf_counter() - begun
    taken = sorted(load.taken)
    json.dump(
        {
            "requests": len(taken),
            "failed": load.failed,
            "refusal": load.refusal,
            "per_second": len(taken) / whole,
            "p50": taken[len(taken) // 2],
            "p99": taken[int(len(taken) * 0.99)],
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
