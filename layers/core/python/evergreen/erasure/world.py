"""Where an erasure looks."""

from typing import NamedTuple

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.view_file import ViewFile
from evergreen.object_versions import VersionedStore
from evergreen.ports import OnlineStore, Registry, Views


class World(NamedTuple):
    """One deployment."""

    features: VersionedStore
    artifacts: VersionedStore
    registry: Registry
    views: Views
    online: OnlineStore

    def models(self) -> list[ModelFile]:
        """The files of all models."""
        return [self.registry.model(name).file for name in self.registry.models()]

    def view_files(self) -> list[ViewFile]:
        """The files of all feature views."""
        return [self.views.view(name).file for name in self.views.names()]
