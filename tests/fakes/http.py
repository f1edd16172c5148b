"""The inference function behind a small HTTP server on loopback, for clients of others' making."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, unquote, urlsplit

from evergreen.infer import Inference


@contextmanager
def served(inference: Inference) -> Iterator[str]:
    """Its address, ``127.0.0.1:port``, while the context is open."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(inference))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(inference: Inference) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 2**16  # headers and body in one packet, or each answer waits 40 ms for the other

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            found = inference.answer(
                {
                    "httpMethod": self.command,
                    "path": unquote(url.path),
                    "headers": dict(self.headers),
                    "queryStringParameters": dict(parse_qsl(url.query)) or None,
                    "body": body.decode("utf-8", "replace") or None,
                    "isBase64Encoded": False,
                }
            )
            sent = b"" if self.command == "HEAD" else found["body"].encode()
            self.send_response(found["statusCode"])
            for name, value in found["headers"].items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"):
        setattr(Handler, f"do_{method}", Handler.answer)
    return Handler
