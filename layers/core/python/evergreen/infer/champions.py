"""Which version serves each model now, and its verified graph in memory."""

from collections import OrderedDict
from collections.abc import Callable

import msgspec
from msgspec import Struct

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import CHAMPION, Alias, Artifact, Challenger, Version
from evergreen.contracts.signature import Signature
from evergreen.digest import sha256
from evergreen.errors import ArtifactChanged, NotFound
from evergreen.graph import Graph
from evergreen.ports import ObjectStore, Registry

GRAPHS_AT_MOST = 8
"""Loaded graphs kept per process; the gates allow 50 MiB each, and most take under one."""

NAME_CHARACTERS_AT_MOST = 63
"""What a model file allows; a longer name from a URL is not worth a look-up."""


class Served(Struct, frozen=True, eq=False):
    """A version ready to answer."""

    version: Version
    signature: Signature
    graph: Graph


class Trial(Struct, frozen=True):
    """A version on trial beside the champion."""

    challenger: Challenger
    version: Version


class _Seen(Struct, frozen=True):
    file: ModelFile
    champion: Version | None
    trial: Trial | None
    until: float


class Champions:
    """Reads aliases through a cache that is as old as the model file allows, never older."""

    def __init__(
        self, registry: Registry, artifacts: ObjectStore, monotonic: Callable[[], float]
    ) -> None:
        """``monotonic`` gives seconds that never go back."""
        self._registry = registry
        self._artifacts = artifacts
        self._monotonic = monotonic
        self._seen: dict[str, _Seen] = {}
        self._served: OrderedDict[tuple[str, int], Served] = OrderedDict()

    def names(self) -> list[str]:
        """All models."""
        return self._registry.models()

    def file(self, model: str) -> ModelFile:
        """The model's file.

        Raises:
            NotFound: there is no such model.
        """
        return self._look(model).file

    def version(self, model: str) -> Version | None:
        """The champion, or None where none was promoted yet.

        Raises:
            NotFound: there is no such model.
        """
        return self._look(model).champion

    def served(self, model: str) -> Served:
        """The champion with its graph loaded.

        Raises:
            NotFound: there is no such model, or it has no champion yet.
            ArtifactChanged: graph or signature are not what was registered.
        """
        version = self.version(model)
        if version is None:
            raise NotFound(f"Model '{model}' has no champion yet; train and promote a version.")
        return self.load(version)

    def trial(self, model: str) -> Trial | None:
        """The version on trial beside the champion, None where there is none.

        Raises:
            NotFound: there is no such model.
        """
        return self._look(model).trial

    def load(self, version: Version) -> Served:
        """A version with its graph loaded.

        Raises:
            ArtifactChanged: graph or signature are not what was registered.
        """
        key = (version.draft.model, version.number)
        if key not in self._served:
            self._served[key] = self._load(version)
            if len(self._served) > GRAPHS_AT_MOST:
                self._served.popitem(last=False)
        self._served.move_to_end(key)
        return self._served[key]

    def artifact(self, version: Version, name: str) -> bytes:
        """A version's artifact (``graph``, ``signature``, ...), checked against its SHA-256.

        Raises:
            ArtifactChanged: it is gone or has other bytes than were registered.
        """
        artifact: Artifact = getattr(version.draft, name)
        which = f"The {name} of version {version.number} of model '{version.draft.model}'"
        try:
            body = self._artifacts.read(artifact.key)
        except NotFound:
            raise ArtifactChanged(f"{which} is no longer stored; roll back or retrain.") from None
        if sha256(body) != artifact.sha256:
            raise ArtifactChanged(
                f"{which} is not what was registered; roll back or retrain, and find out who "
                "changed it."
            )
        return body

    def _look(self, model: str) -> _Seen:
        if len(model) > NAME_CHARACTERS_AT_MOST:
            raise NotFound(f"There is no model '{model[:NAME_CHARACTERS_AT_MOST]}...'.")
        seen = self._seen.get(model)
        if seen is None or self._monotonic() >= seen.until:
            seen = self._seen[model] = self._read(model, seen)
        return seen

    def _read(self, model: str, before: _Seen | None) -> _Seen:
        file = self._registry.model(model).file
        alias = self._registry.alias(model, CHAMPION)
        champion = before.champion if before and alias else None
        if alias and (champion is None or champion.number != alias.version):
            champion = self._registry.version(model, alias.version)
        trial = self._trial(alias, before.trial if before else None)
        return _Seen(file, champion, trial, self._monotonic() + file.serving.refresh_seconds)

    def _trial(self, alias: Alias | None, before: Trial | None) -> Trial | None:
        challenger = alias.challenger if alias else None
        if alias is None or challenger is None:
            return None
        if before and before.version.number == challenger.version:
            return Trial(challenger, before.version)
        return Trial(challenger, self._registry.version(alias.model, challenger.version))

    def _load(self, version: Version) -> Served:
        signature = msgspec.json.decode(self.artifact(version, "signature"), type=Signature)
        return Served(version, signature, Graph(self.artifact(version, "graph")))
