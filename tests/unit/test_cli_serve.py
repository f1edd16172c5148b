"""What a person relies on who serves models from a machine of their own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from evergreen.cli.folder import FolderRegistry, FolderStore
from evergreen.errors import Conflict, NotFound

from tests.fakes.cloud import read, sentence, served, terminal
from tests.fakes.serving import MODEL, ROW


@pytest.fixture
def cloud():
    return served()


@pytest.fixture
def evergreen(cloud):
    return terminal(cloud)


@pytest.fixture
def folder(evergreen, tmp_path):
    """A folder with the model in it."""
    assert evergreen("export", MODEL, tmp_path / "models").exit_code == 0
    return tmp_path / "models"


class Server:
    """``evergreen serve`` in a process of its own."""

    def __init__(self, folder, records) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        main = "from evergreen.cli.main import main; main()"
        command = [sys.executable, "-c", main, "serve", "--folder", folder]
        self.process = subprocess.Popen(
            [*map(str, command), "--port", str(self.port), "--records", str(records)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self._await()

    def _await(self) -> None:
        for _ in range(300):
            try:
                return socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def call(self, method, path, body=None, connection=None):
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
        connection.request(method, path, sent, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())


@pytest.fixture
def server(folder, tmp_path):
    started = Server(folder, tmp_path / "records")
    yield started
    started.process.send_signal(signal.SIGTERM)
    assert started.process.wait(timeout=30) == 0, "the server did not stop when told"


def test_a_served_folder_answers_as_the_cloud_does_and_keeps_what_it_answered(
    server, cloud, tmp_path
):
    status, _, found = server.call("POST", f"/models/{MODEL}/predict", {"instances": [ROW]})

    expected = cloud.world.predict(ROW)["document"]
    assert status == 200
    assert found["version"] == expected["version"]
    assert found["predictions"][0]["probability"] == expected["predictions"][0]["probability"]
    (line,) = (tmp_path / "records/captures.jsonl").read_text().splitlines()
    assert json.loads(line)["rows"][0]["id"] == found["predictions"][0]["id"]
    assert json.loads(line)["rows"][0]["values"] == ROW


def test_one_connection_asks_often_and_errors_are_problem_details(server):
    kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    assert server.call("GET", "/health", connection=kept)[0] == 200

    status, headers, problem = server.call("GET", "/models/nobody?x=1", connection=kept)
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")
    assert "nobody" in problem["detail"]
    assert server.call("POST", f"/models/{MODEL}/predict", b"\xff\xfe", connection=kept)[0] == 400
    too_long = b" " * (1024 * 1024 + 1)
    assert server.call("POST", f"/models/{MODEL}/predict", too_long)[0] == 413


def test_an_outcome_reported_to_a_served_folder_is_kept(server, tmp_path):
    document = {"outcomes": [{"id": "x-0", "outcome": "dead"}]}

    assert server.call("POST", f"/models/{MODEL}/feedback", document)[0] == 202
    (kept,) = FolderStore(tmp_path / "records").keys(f"feedback/{MODEL}/")
    assert json.loads(FolderStore(tmp_path / "records").read(kept))["outcomes"][0]["id"] == "x-0"


def test_exporting_again_promotes_in_the_folder(evergreen, cloud, folder):
    cloud.world.serve()

    assert read(evergreen("export", MODEL, folder, "--json"))["models"] == {MODEL: 2}
    registry = FolderRegistry(folder)
    assert registry.alias(MODEL, "champion").version == 2
    assert registry.version(MODEL, 2) == cloud.registry.version(MODEL, 2)
    with pytest.raises(NotFound, match="has no version 1"):
        registry.version(MODEL, 1)


def test_an_exported_registry_cannot_be_written_to(folder, cloud):
    with pytest.raises(Conflict, match="can only be read"):
        FolderRegistry(folder).apply(cloud.registry.model(MODEL).file, "me", "now")


def test_what_cannot_be_served_is_one_sentence(evergreen, folder, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "no model to serve" in sentence(evergreen("serve", "--folder", tmp_path / "empty"))
    assert "There is no model 'nobody'" in sentence(evergreen("export", "nobody", tmp_path))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert "choose another with --port" in sentence(
            evergreen("serve", "--folder", folder, "--port", port)
        )
