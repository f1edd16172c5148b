"""The dependency layers of one stack."""

import shutil
from pathlib import Path
from typing import Self, cast

from aws_cdk import Stack, Stage
from aws_cdk.aws_lambda import Architecture, Code, LayerVersion, Runtime, RuntimeFamily
from constructs import Construct

from infra.settings import Settings
from layers import own


class DependencyLayers(Construct):
    """Layers that this stack's functions ask for, each made once.

    Each stack has its own versions: a version that one stack exports to another could never be
    replaced, because CloudFormation keeps an export as it is while somebody imports it.
    """

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "Layers")
        self._settings = settings
        self._versions: dict[str, LayerVersion] = {}

    @classmethod
    def of(cls, stack: Stack, settings: Settings) -> Self:
        """The layers of ``stack``."""
        found = stack.node.try_find_child("Layers")
        return found if isinstance(found, cls) else cls(stack, settings)

    def version(self, name: str) -> LayerVersion:
        """The layer of that name."""
        if name not in self._versions:
            what = f"Evergreen's dependencies: {name}."
            self._versions[name] = self._made(name, self._settings.layer(name), what)
        return self._versions[name]

    def own(self) -> LayerVersion:
        """The layer of the team's own package."""
        if "own" not in self._versions:
            folder = Path(Stage.of(self).outdir) / "own"  # type: ignore[union-attr]
            shutil.rmtree(folder, ignore_errors=True)
            own.unpack(cast("Path", self._settings.own), folder / "python")
            self._versions["own"] = self._made("own", folder, "A team's own package.")
        return self._versions["own"]

    def _made(self, name: str, folder: Path, what: str) -> LayerVersion:
        arm = self._settings.architecture == "arm64"
        return LayerVersion(
            self,
            name.capitalize(),
            code=Code.from_asset(str(folder)),
            compatible_architectures=[Architecture.ARM_64 if arm else Architecture.X86_64],
            compatible_runtimes=[Runtime(self._settings.runtime, RuntimeFamily.PYTHON)],
            description=what,
        )
