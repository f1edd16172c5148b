"""Importing a module makes no client, reads no environment, opens no connection."""

import json
import subprocess
import sys

from tests.architecture.imports import PACKAGE, modules

# Every module is imported twice. The first time brings in the libraries, which may do as they
# like; the second time only evergreen's own lines run, and whatever they touch refuses.
_PROBE = """
import importlib, json, os, socket, sys
import boto3

names = json.loads(sys.argv[1])
for name in names:
    importlib.import_module(name)
for name in [name for name in sys.modules if name.partition(".")[0] == "evergreen"]:
    del sys.modules[name]

class Refused(Exception):
    pass

class Refusing:
    def __init__(self, what):
        self.__dict__["what"] = what
    def _refuse(self, *args, **kwargs):
        raise Refused(self.__dict__["what"])
    __getattr__ = __getitem__ = __contains__ = __iter__ = __len__ = __call__ = _refuse

def environment(*args, **kwargs):
    # A library may look for the user's language when a command is declared; evergreen may not.
    frame = sys._getframe(1)
    while frame.f_globals["__name__"] in ("__main__", "os", "collections.abc"):
        frame = frame.f_back
    if frame.f_globals["__name__"].partition(".")[0] == "evergreen":
        raise Refused("reads the environment")

class Environment(dict):
    get = __getitem__ = __contains__ = keys = items = values = __iter__ = __len__ = copy = (
        lambda self, *args: environment()
    )

os.environ = Environment()
os.getenv = environment
boto3.client = boto3.resource = Refusing("makes a client")
boto3.session.Session = boto3.Session = Refusing("makes a session")
socket.socket = Refusing("opens a connection")
found = {}
for name in names:
    try:
        importlib.import_module(name)
    except Refused as refused:
        found[name] = str(refused)
print(json.dumps(found))
"""


def probe(names: list[str], folder: str) -> dict[str, str]:
    """What importing each module does beyond defining things."""
    answer = subprocess.run(
        [sys.executable, "-c", _PROBE, json.dumps(names)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": folder, "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
    )
    assert answer.returncode == 0, answer.stderr
    found: dict[str, str] = json.loads(answer.stdout.splitlines()[-1])
    return found


def test_importing_any_module_touches_nothing() -> None:
    assert probe(sorted(modules()), str(PACKAGE.parent)) == {}


def test_the_probe_sees_a_module_that_touches_something(tmp_path) -> None:  # type: ignore[no-untyped-def]
    package = tmp_path / "evergreen"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "quiet.py").write_text("import os, boto3\ndef f(): return os.environ['A']\n")
    (package / "reads.py").write_text("import os\nA = os.environ.get('A')\n")
    (package / "asks.py").write_text("import os\nA = os.getenv('A')\n")
    (package / "makes.py").write_text(
        "import boto3\nC = boto3.client('s3', region_name='us-east-1')\n"
    )
    names = ["evergreen.quiet", "evergreen.reads", "evergreen.asks", "evergreen.makes"]
    assert probe(names, str(tmp_path)) == {
        "evergreen.reads": "reads the environment",
        "evergreen.asks": "reads the environment",
        "evergreen.makes": "makes a client",
    }
