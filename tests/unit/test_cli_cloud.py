"""Which cloud the command line works on, and how it calls the API there."""

import json
import socket
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from click.testing import CliRunner
from evergreen.cli.api import Api, Refused, SignedHttp
from evergreen.cli.cloud import Cloud
from evergreen.cli.local import CloudGone
from evergreen.cli.main import main
from evergreen.errors import EvergreenError


@pytest.fixture(autouse=True)
def no_account(monkeypatch, tmp_path):
    """Nothing of the developer's own AWS settings."""
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def describe(folder, endpoint):
    (folder / "build").mkdir()
    document = {"endpoint": endpoint, "port": 1, "pid": 1, "region": "eu-west-1", "account": "0"}
    (folder / "build" / "cloud.json").write_text(json.dumps(document))


def test_the_environments_endpoint_wins_over_a_local_cloud(tmp_path, monkeypatch, listening):
    describe(tmp_path, listening)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    assert Cloud.find(start=tmp_path).endpoint == "http://127.0.0.1:1"


def test_a_local_cloud_is_found_from_a_folder_below(tmp_path, listening):
    describe(tmp_path, listening)
    below = tmp_path / "examples" / "one"
    below.mkdir(parents=True)

    cloud = Cloud.find(start=below)

    assert cloud.endpoint == listening
    assert cloud.client("s3").meta.region_name == "eu-west-1"


def test_a_local_cloud_never_sees_the_users_own_credentials(tmp_path, monkeypatch, listening):
    describe(tmp_path, listening)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")

    credentials = Cloud.find(start=tmp_path)._session.get_credentials()

    assert credentials.access_key == "test"


def test_a_local_cloud_can_be_passed_over(tmp_path, listening):
    describe(tmp_path, listening)

    assert Cloud.find(aws=True, start=tmp_path).endpoint is None


def test_without_a_local_cloud_aws_is_used(tmp_path):
    assert Cloud.find(start=tmp_path).description == "AWS in us-east-1"


def test_a_local_cloud_that_died_is_an_error_and_not_a_reason_to_use_aws(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
    describe(tmp_path, endpoint)

    with pytest.raises(CloudGone, match="does not answer; start it"):
        Cloud.find(start=tmp_path)


def test_a_cloud_description_that_is_no_such_thing_is_one_sentence(tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "cloud.json").write_text("{")

    with pytest.raises(CloudGone, match="describes no cloud"):
        Cloud.find(start=tmp_path)


def test_nothing_at_the_endpoint_is_one_sentence_and_exit_code_1(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    result = CliRunner().invoke(main, ["models"])

    assert result.exit_code == 1
    assert "The cloud cannot be reached" in result.stderr
    assert "Traceback" not in result.output


def test_aws_without_credentials_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(main, ["models"])

    assert result.exit_code == 1
    assert "There are no AWS credentials" in result.stderr


class _Recorder(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, Message, bytes]]
    answers: list[tuple[int, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.seen.append((self.command, self.path, self.headers, body))
        status, answer = self.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments) -> None:
        pass


@pytest.fixture
def server():
    recorder = type("Recorder", (_Recorder,), {"seen": [], "answers": []})
    with HTTPServer(("127.0.0.1", 0), recorder) as http:
        thread = Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}", recorder
        http.shutdown()
        thread.join()


def test_a_call_carries_a_signature_of_its_body_for_the_api(server):
    url, recorder = server
    recorder.answers.append((200, b'{"a": 1}'))
    session = boto3.session.Session("key", "secret", region_name="eu-west-1")

    found = Api(SignedHttp(f"{url}/restapis/x/v1/_user_request_", session)).call(
        "POST", "/models/crash/predict", {"instances": [{"belt": "é"}]}
    )

    assert found == {"a": 1}
    ((method, path, headers, body),) = recorder.seen
    assert path == "/restapis/x/v1/_user_request_/models/crash/predict"
    assert "/eu-west-1/execute-api/aws4_request" in headers["Authorization"]
    again = AWSRequest(method, url + path, data=body)
    again.headers["Content-Type"] = headers["Content-Type"]
    again.context["timestamp"] = headers["X-Amz-Date"]
    again.headers["X-Amz-Date"] = headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials("key", "secret"), "execute-api", "eu-west-1")
    canonical = signer.canonical_request(again)
    expected = signer.signature(signer.string_to_sign(again, canonical), again)
    assert headers["Authorization"].endswith(f"Signature={expected}")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_is_throttled_or_withheld_is_sent_again(status):
    answers = [(status, b"{}"), (status, b"{}"), (200, b'{"ok": true}')]

    api = Api(lambda *_: answers.pop(0), sleep=lambda _: None)

    assert api.call("POST", "/x", {}) == {"ok": True}


def test_what_stays_withheld_is_told_after_four_calls():
    sent = []

    def send(*given):
        sent.append(given)
        return 503, b'{"detail": "Withheld."}'

    with pytest.raises(Refused, match=r"Withheld. \(HTTP 503\)"):
        Api(send, sleep=lambda _: None).call("POST", "/x", {})
    assert len(sent) == 4


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"message": "Missing Authentication Token"}', "Missing Authentication Token"),
        (b"<html>", "The API gave no reason."),
        (b"[]", "The API gave no reason."),
    ],
)
def test_a_refusal_that_is_no_problem_document_is_still_a_sentence(body, expected):
    sent = []

    with pytest.raises(EvergreenError) as refusal:
        Api(lambda *given: sent.append(given) or (403, body)).call("GET", "/x")

    assert refusal.value.sentence == f"{expected} (HTTP 403)"
    assert len(sent) == 1
