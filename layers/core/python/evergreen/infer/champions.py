"""Which version serves each model now, as the registry says it, and no older than allowed.

What the registry said is kept for the model's own ``serving.refresh_seconds``. After that one
request asks again while others, meeting it, are answered from what is known. A registry that does
not answer, or a new champion that does not open, leaves what served before in place.
"""

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from msgspec import Struct

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import CHAMPION, Alias, Version
from evergreen.errors import EvergreenError, NotFound
from evergreen.infer.graphs import Graphs, Served
from evergreen.infer.once import Once
from evergreen.ports import Registry
from evergreen.telemetry import logger

STALE_SECONDS_AT_MOST = 900.0
"""While the registry fails, what it last said is served for a quarter of an hour, and not longer:
somebody may have rolled back meanwhile."""

RETRY_SECONDS = 5.0
"""How often a registry that fails is asked again; a model's longer refresh time holds here too."""

UNKNOWN_SECONDS = 1.0
"""For this long a name that is not there is not looked for again."""

UNKNOWN_AT_MOST = 1000
VERSIONS_AT_MOST = 1000
_PARALLEL = 16
_NAME = re.compile(r"[a-z0-9-]{1,63}")

Key = tuple[str, int | None]
Given = TypeVar("Given")
Found = TypeVar("Found")


class RegistryUnavailable(EvergreenError):
    """The registry does not say which version serves, and what it said before is too old."""

    status = 503
    title = "Registry unavailable"


class Seen(Struct, frozen=True):
    """What the registry said ``at`` (monotonic seconds), good ``until``."""

    file: ModelFile
    alias: Alias | None
    champion: Version | None
    at: float
    until: float


class Champions:
    """Reads models, aliases and versions through a cache."""

    def __init__(self, registry: Registry, graphs: Graphs, monotonic: Callable[[], float]) -> None:
        """``monotonic`` gives seconds that never go back."""
        self._registry = registry
        self._graphs = graphs
        self._monotonic = monotonic
        self._once = Once()
        self._seen: dict[str, Seen] = {}
        self._answering: dict[str, Version] = {}
        self._versions: dict[Key, Version] = {}
        self._unknown: dict[Key, tuple[float, NotFound]] = {}

    def names(self) -> list[str]:
        """All models, in the order of their names."""
        return self._registry.models()

    def file(self, model: str) -> ModelFile:
        """The model's file.

        Raises:
            NotFound: there is no such model.
        """
        return self.look(model).file

    def version(self, model: str) -> Version | None:
        """The champion, or None where none was promoted yet.

        Raises:
            NotFound: there is no such model.
        """
        return self.look(model).champion

    def champion(self, model: str) -> Version:
        """The champion.

        Raises:
            NotFound: there is no such model, or it has no champion yet.
        """
        version = self.look(model).champion
        if version is None:
            raise NotFound(f"Model '{model}' has no champion yet; train and promote a version.")
        return version

    def served(self, model: str) -> Served:
        """The champion with its graph open; where that fails, the one that answered before.

        Raises:
            NotFound: there is no such model, or it has no champion yet.
            ArtifactChanged: graph or signature are not what was registered.
            GraphUnreadable: the graph cannot be opened.
        """
        version = self.champion(model)
        before = self._answering.get(model)
        try:
            served = self._graphs.served(version)
        except Exception:
            if before is None or before.number == version.number:
                raise
            return self._graphs.served(before)
        if before is not version:
            self._answering[model] = version
        return served

    def load(self, model: str, number: int) -> Served:
        """Any registered version with its graph open.

        Raises:
            NotFound: there is no such model or version.
            ArtifactChanged: graph or signature are not what was registered.
            GraphUnreadable: the graph cannot be opened.
        """
        return self._graphs.served(self.registered(model, number))

    def registered(self, model: str, number: int) -> Version:
        """Any registered version. It never changes, so it is read once.

        Raises:
            NotFound: there is no such model or version.
        """
        file = self.look(model).file
        key = (file.name, number)
        found = self._versions.get(key)
        if found is None:
            found = self._ask(key, lambda: self._registry.version(file.name, number))
            if len(self._versions) >= VERSIONS_AT_MOST:
                self._versions.clear()
            self._versions[key] = found
        return found

    def numbers(self, model: str) -> list[int]:
        """The numbers of all versions, oldest first.

        Raises:
            NotFound: there is no such model.
        """
        return [v.number for v in self._registry.versions(self.look(model).file.name)]

    def look_at(self, models: Iterable[str]) -> dict[str, Seen]:
        """What is known of several models, asked for at once; unknown ones are left out."""

        def seen(model: str) -> Seen | None:
            try:
                return self.look(model)
            except NotFound:
                return None

        return {found.file.name: found for found in together(seen, models) if found}

    def ready(self) -> None:
        """Ask the registry anything.

        Raises:
            RegistryUnavailable: it does not answer.
        """
        try:
            self._registry.alias("-", CHAMPION)  # no model is called so
        except Exception as error:
            raise RegistryUnavailable("The registry does not answer.") from error

    def look(self, model: str) -> Seen:
        """What the registry says of a model, at most its refresh time ago.

        Raises:
            NotFound: there is no such model.
            RegistryUnavailable: the registry has not answered for too long.
        """
        seen = self._seen.get(model)
        if seen is not None:
            if self._monotonic() < seen.until or self._once.busy(model):
                return seen
            return self._once.run(model, lambda: self._again(model))
        if not _NAME.fullmatch(model):
            raise NotFound(
                f"There is no model '{model[:63]}'; a name is 1 to 63 lower-case letters, digits "
                "and hyphens."
            )
        return self._once.run(model, lambda: self._first(model))

    def _first(self, model: str) -> Seen:
        found = self._ask((model, None), lambda: self._read(model, None))
        self._seen[model] = found
        return found

    def _again(self, model: str) -> Seen:
        before = self._seen[model]
        if self._monotonic() < before.until:  # another thread has just asked
            return before
        try:
            found = self._read(model, before)
        except NotFound:
            self._seen.pop(model)
            raise
        except Exception as error:
            found = self._older(before, error)
        self._seen[model] = found
        return found

    def _older(self, before: Seen, error: Exception) -> Seen:
        now = self._monotonic()
        model = before.file.name
        if now - before.at > STALE_SECONDS_AT_MOST:
            raise RegistryUnavailable(
                f"The registry has not said for {now - before.at:,.0f} seconds which version of "
                f"'{model}' serves; send the request again later."
            ) from error
        logger().exception("The registry does not answer; what it last said holds.", model=model)
        wait = max(before.file.serving.refresh_seconds, RETRY_SECONDS)
        return Seen(before.file, before.alias, before.champion, before.at, now + wait)

    def _read(self, model: str, before: Seen | None) -> Seen:
        at = self._monotonic()
        file = self._registry.model(model).file
        alias = self._registry.alias(model, CHAMPION)
        champion = before.champion if before and alias else None
        if alias and (champion is None or champion.number != alias.version):
            champion = self._registry.version(model, alias.version)
        return Seen(file, alias, champion, at, at + file.serving.refresh_seconds)

    def _ask(self, key: Key, read: Callable[[], Found]) -> Found:
        """Ask for what may not be there, and remember for a moment that it is not."""
        until, missing = self._unknown.get(key, (0.0, None))
        if missing is not None and self._monotonic() < until:
            raise missing.with_traceback(None)
        try:
            return read()
        except NotFound as error:
            if len(self._unknown) >= UNKNOWN_AT_MOST:
                self._unknown.clear()
            self._unknown[key] = (self._monotonic() + UNKNOWN_SECONDS, error)
            raise


def together(read: Callable[[Given], Found], each: Iterable[Given]) -> list[Found]:
    """``read`` of each; waiting is what takes its time, so they wait at once."""
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return list(pool.map(read, each))
