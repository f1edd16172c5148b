"""The laptop cloud starts once, listens on loopback alone, and leaves nothing behind."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from localstack.cloud import Cloud, CloudError, free_port, running, start, stop
from localstack.endpoint import ROOT


@pytest.fixture
def state(tmp_path):
    path = tmp_path / "cloud.json"
    yield path
    stop(path)


def test_a_second_start_finds_the_first_and_stop_leaves_nothing(state):
    port = free_port()
    first = start(port, state=state, tied=True)
    assert first.client("s3").list_buckets()["Buckets"] == []
    assert start(port, state=state) == first == running(state)
    assert stop(state)
    assert running(state) is None
    assert _nobody_listens(port)
    assert not Path(first.files).exists()
    assert not stop(state)


def test_a_port_that_another_program_has_is_named_and_left_alone(state):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CloudError, match=f"Port {port} is taken by another program"):
            start(port, state=state)
    assert not state.exists()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's list of sockets")
def test_it_listens_on_one_port_of_loopback_and_no_other(state):
    cloud = start(free_port(), state=state, tied=True)
    assert _listening(cloud.pid) == {("127.0.0.1", cloud.port)}


def test_a_tied_cloud_ends_with_the_process_that_started_it(state):
    port = free_port()
    code = (
        "import sys, time; from pathlib import Path; from localstack.cloud import start;"
        f"start({port}, state=Path(sys.argv[1]), tied=True); print('up', flush=True);"
        "time.sleep(600)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(state)], cwd=ROOT, stdout=subprocess.PIPE
    )
    with starter:
        assert starter.stdout.readline() == b"up\n"
        assert running(state)
        starter.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while not _nobody_listens(port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _nobody_listens(port)


def test_under_enforcement_it_speaks_tls_to_a_deployer_and_refuses_strangers(state):
    from botocore.exceptions import ClientError

    cloud = start(free_port(), auth=True, state=state, tied=True)
    who = cloud.client("sts").get_caller_identity()["Arn"]
    assert who.endswith(":user/deployer")
    assert cloud.environment()["AWS_CA_BUNDLE"] == cloud.certificate
    cloud.client("iam").create_user(UserName="stranger")
    key = cloud.client("iam").create_access_key(UserName="stranger")["AccessKey"]
    stranger = Cloud(
        endpoint=cloud.endpoint,
        port=cloud.port,
        pid=cloud.pid,
        certificate=cloud.certificate,
        access_key=key["AccessKeyId"],
        secret_key=key["SecretAccessKey"],
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        stranger.client("s3").list_buckets()


def test_nothing_of_the_users_own_account_reaches_the_emulator(state, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "precious")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    cloud = start(free_port(), state=state, tied=True)
    environment = Path(f"/proc/{cloud.pid}/environ")
    if not environment.exists():
        pytest.skip("reads Linux's record of a process's environment")
    assert b"precious" not in environment.read_bytes()
    assert b"127.0.0.1:1\0" not in environment.read_bytes()


def _nobody_listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _listening(pid):
    sockets = {_target(path) for path in Path(f"/proc/{pid}/fd").iterdir()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                host, port = fields[1].split(":")
                address = socket.inet_ntoa(bytes.fromhex(host)[::-1]) if table == "tcp" else host
                found.add((address, int(port, 16)))
    return found


def _target(path):
    try:
        return str(path.readlink())
    except OSError:  # closed meanwhile
        return ""
