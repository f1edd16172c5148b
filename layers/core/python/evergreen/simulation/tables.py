"""Tables of this machine brought to the bucket that a simulation works on."""

from pathlib import Path

from evergreen.contracts.stages import VIEW, BuildInput, IngestInput, RunInput
from evergreen.contracts.view_file import ViewFile
from evergreen.errors import InvalidTable
from evergreen.features import build
from evergreen.ingest import ingest
from evergreen.ports import ObjectStore
from evergreen.privacy import key_for
from evergreen.simulation.world import World


def put(store: ObjectStore, owner: str, paths: tuple[Path, ...]) -> tuple[str, ...]:
    """Copy files to where ingest reads them; gives their keys, in their order.

    Raises:
        InvalidTable: a file cannot be read.
    """
    found = copied(owner, paths)
    for key, path in found.items():
        try:
            store.write(key, path.read_bytes())
        except OSError as error:
            raise InvalidTable(f"{path} cannot be read: {error.strerror}.") from None
    return tuple(found)


def copied(owner: str, paths: tuple[Path, ...]) -> dict[str, Path]:
    """The key that each file is copied to, in their order."""
    return {f"raw/{owner}/{number:03}-{path.name}": path for number, path in enumerate(paths)}


def build_views(world: World, views: tuple[tuple[ViewFile, Path], ...]) -> None:
    """Build each view of its whole table; what was not known yet at a row's time is not joined to
    it all the same.

    Raises:
        InvalidTable: a table cannot become the view.
    """
    for file, path in views:
        world.views.apply(file, "simulation", world.at)
        key_for(world.features, file.personal)
        owner = VIEW + file.name
        sources = put(world.features, owner, (path,))
        run = RunInput(run_id=f"view-{file.name}", model=owner, sources=sources)
        made = ingest(
            IngestInput(run),
            features=world.features,
            registry=world.registry,
            views=world.views,
            clock=world.clock,
        )
        given = BuildInput(run, made.dataset)
        build(given, store=world.features, views=world.views, clock=world.clock)
