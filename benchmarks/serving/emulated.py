"""A cloud of the benchmark's own on loopback: the deployed stacks, models in the registry."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from evergreen.cli.cloud import Cloud
from evergreen.cli.local import LocalCloud
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import CHAMPION, Alias, AuditEvent
from evergreen.ports import ObjectStore, Registry
from msgspec import Struct

from benchmarks.serving import trained
from localstack import cloud as laptop


class Made(Struct, frozen=True):
    """A model to register: its file and the parts of its only version."""

    file: ModelFile
    parts: dict[str, bytes]


@contextmanager
def cloud() -> Iterator[tuple[Cloud, dict[str, str]]]:
    """A deployed cloud and the environment that finds it; ended on leaving."""
    state = trained.BUILD / "cloud" / "cloud.json"
    started = laptop.start(laptop.free_port(), state=state, tied=True)
    try:
        outputs = laptop.deploy(started)
        environment = {
            "AWS_ENDPOINT_URL": started.endpoint,
            "AWS_ACCESS_KEY_ID": started.access_key,
            "AWS_SECRET_ACCESS_KEY": started.secret_key,
            "AWS_REGION": started.region,
            "AWS_DEFAULT_REGION": started.region,
            "EVERGREEN_FEATURES_BUCKET": outputs["FeaturesBucket"],
            "EVERGREEN_ARTIFACTS_BUCKET": outputs["ArtifactsBucket"],
            "EVERGREEN_REGISTRY_TABLE": outputs["RegistryTable"],
            "EVERGREEN_CAPTURE_STREAM": outputs["CaptureStream"],
        }
        yield _client(started), environment
    finally:
        laptop.stop(state)


def _client(started: laptop.Cloud) -> Cloud:
    import boto3

    local = LocalCloud(started.endpoint)
    session = boto3.session.Session(
        region_name=local.region,
        aws_access_key_id=local.access_key,
        aws_secret_access_key=local.secret_key,
    )
    return Cloud("the benchmark's cloud", session, endpoint=local.endpoint)


def register(registry: Registry, artifacts: ObjectStore, models: Iterable[Made]) -> None:
    """Register each model, its only version the champion."""
    with ThreadPoolExecutor(4) as pool:
        for done in pool.map(lambda made: _register(registry, artifacts, made), models):
            del done


def _register(registry: Registry, artifacts: ObjectStore, made: Made) -> None:
    name = made.file.name
    registry.apply(made.file, "benchmark", trained.AT)
    draft = trained.drafted(name, f"{name}-run", made.parts, artifacts)
    version = registry.register(draft, "benchmark", trained.AT)
    alias = Alias(name, CHAMPION, version.number, None, 1, trained.AT, "benchmark")
    event = AuditEvent(name, trained.AT, "promoted", "benchmark", "benchmark", version.number)
    registry.move_alias(alias, event, expected=None)


def trained_models() -> Iterator[Made]:
    """The models of the other figures, read back from their folder."""
    from evergreen.cli.folder import FolderRegistry, FolderStore

    registry, store = (
        FolderRegistry(trained.BUILD / "models"),
        FolderStore(trained.BUILD / "models"),
    )
    for name in registry.models():
        draft = registry.version(name, 1).draft
        parts = {
            part: store.read(getattr(draft, part).key) for part in ("graph", "signature", "profile")
        }
        yield Made(registry.model(name).file, parts)


def function_folder() -> Path:
    """The function as it lies on Lambda: handler and package in one folder, with bytecode."""
    import compileall
    import shutil

    folder = trained.BUILD / "function"
    shutil.rmtree(folder, ignore_errors=True)
    package = Path("layers/core/python/evergreen")
    ignored = shutil.ignore_patterns("__pycache__", "cli")
    shutil.copytree(trained.ROOT / package, folder / "evergreen", ignore=ignored)
    shutil.copy(trained.ROOT / "functions" / "infer" / "handler.py", folder)
    compileall.compile_dir(folder, quiet=1)
    return folder


def surroundings(environment: dict[str, str]) -> dict[str, str]:
    """The variables of a function's process."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "AWS_", "EVERGREEN"))
    }
    return kept | environment
