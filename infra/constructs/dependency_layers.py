"""The dependency layers of one stack."""

from typing import Self

from aws_cdk import Stack
from aws_cdk.aws_lambda import Architecture, Code, LayerVersion, Runtime, RuntimeFamily
from constructs import Construct

from infra.settings import Settings


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
            self._versions[name] = LayerVersion(
                self,
                name.capitalize(),
                code=Code.from_asset(str(self._settings.layer(name))),
                compatible_architectures=[
                    Architecture.ARM_64
                    if self._settings.architecture == "arm64"
                    else Architecture.X86_64
                ],
                compatible_runtimes=[Runtime(self._settings.runtime, RuntimeFamily.PYTHON)],
                description=f"Evergreen's dependencies: {name}.",
            )
        return self._versions[name]
