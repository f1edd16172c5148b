"""Answer predictions from this machine: the inference function behind an HTTP server.

One worker process with one thread, because a request is almost all Python, which runs one thread
at a time: four threads answered a third less at sixteen connections (measured).
"""

import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from evergreen.cli.client import Client
from evergreen.cli.cloud import Cloud
from evergreen.cli.command import errors_as_sentences, on_cloud
from evergreen.cli.folder import FileCaptures, FolderRegistry, FolderStore
from evergreen.cli.folder import export as write_folder
from evergreen.cli.show import Show
from evergreen.cli.wsgi import Application, application
from evergreen.errors import Conflict, NotConfigured, NotFound
from evergreen.ports import ObjectStore, OnlineStore, Registry, SystemClock

if TYPE_CHECKING:
    from evergreen.infer import Inference

_THREADS = 1


class Source(Struct, frozen=True):
    """Where models come from and where captures go; it crosses into the worker process."""

    records: Path
    folder: Path | None = None
    aws: bool = False
    prefix: str = "evergreen"

    def adapters(self) -> tuple[Registry, ObjectStore]:
        """The registry and the artifacts."""
        if self.folder:
            return FolderRegistry(self.folder), FolderStore(self.folder)
        cloud = Cloud.find(aws=self.aws, prefix=self.prefix)
        return cloud.registry, cloud.artifacts

    def online(self) -> OnlineStore | None:
        """The cloud's online store; a folder has none."""
        if self.folder:
            return None
        return Cloud.find(aws=self.aws, prefix=self.prefix).online


@click.command()
@click.argument("models", metavar="MODEL...", nargs=-1, required=True)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@on_cloud
def export(client: Client, show: Show, models: tuple[str, ...], folder: Path) -> None:
    """Copy the champions of each MODEL to FOLDER, for `evergreen serve --folder`."""
    cloud = client.cloud
    made = [write_folder(cloud.registry, cloud.artifacts, name, folder) for name in models]
    document = {"folder": str(folder), "models": {v.draft.model: v.number for v in made}}
    show.result(document, f"{len(made)} model(s) in {folder}; evergreen serve --folder {folder}")


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Serve what `evergreen export` wrote there, without any cloud.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 in a container.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option(
    "--records",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("records"),
    show_default=True,
    help="Folder that captures.jsonl and feedback are kept in.",
)
@click.option("--aws", is_flag=True, help="Use AWS even where a local cloud runs.")
@click.option("--prefix", default="evergreen", show_default=True, hidden=True)
def serve(folder: Path | None, host: str, port: int, records: Path, aws: bool, prefix: str) -> None:
    """Answer predictions on this machine, from the cloud's champions or from a folder.

    Anybody who reaches the port may ask: there is no authorization here.
    """
    source = Source(records.absolute(), folder.absolute() if folder else None, aws, prefix)
    with errors_as_sentences():
        server = _server()
        names = source.adapters()[0].models()
        if not names:
            raise NotFound("There is no model to serve; train one, or export one to the folder.")
        _check_free(host, port)
        click.echo(f"Serving {_few(names)} at http://{host}:{port}/models; Ctrl-C ends it.")
        click.echo(f"Predictions are kept in {source.records / 'captures.jsonl'}.", err=True)
    server(host, port, partial(load, source))


def load(source: Source) -> Application:
    """The application; called once, in the worker process."""
    return application(inference(source).answer)


def inference(source: Source) -> "Inference":
    """The inference function on this machine's adapters."""
    from evergreen.infer import Inference

    registry, artifacts = source.adapters()
    return Inference(
        registry=registry,
        artifacts=artifacts,
        features=FolderStore(source.records),
        captures=FileCaptures(source.records / "captures.jsonl"),
        clock=SystemClock(),
        online=source.online(),
    )


def _server() -> Any:
    try:
        from granian.constants import Interfaces
        from granian.log import LogLevels
        from granian.server import Server
    except ImportError:
        raise NotConfigured(
            "Serving needs the HTTP server; pip install 'evergreen-ml[serve]'."
        ) from None

    def run(host: str, port: int, loader: Any) -> None:
        Server(
            "evergreen",
            host,
            port,
            interface=Interfaces.WSGI,
            blocking_threads=_THREADS,
            websockets=False,
            log_level=LogLevels.warning,
        ).serve(target_loader=loader, wrap_loader=False)

    return run


def _check_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Conflict(
                f"Port {port} of {host} cannot be used: {error.strerror}; choose another with "
                "--port."
            ) from None


def _few(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{len(names):,} models"
