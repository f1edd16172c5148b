"""The image of containers: the layers that functions have, and their handlers."""

import os
import shutil
from pathlib import Path

from aws_cdk import Stage
from aws_cdk.aws_ecr_assets import DockerImageAsset, Platform
from constructs import Construct

from infra.settings import ROOT, Settings
from layers import own
from layers.functions import CORE, IMAGE

STAGES = ("tune", "train")
"""Whose handlers containers call."""

_LAYERS = (CORE, "learning", IMAGE)
_DOCKERFILE = ROOT / "layers" / "container" / "Dockerfile"


def container_image(scope: Construct, settings: Settings) -> DockerImageAsset:
    """The image; the machine that deploys builds it."""
    arm = settings.architecture == "arm64"
    return DockerImageAsset(
        scope,
        "Image",
        directory=str(_context(scope, settings)),
        platform=Platform.LINUX_ARM64 if arm else Platform.LINUX_AMD64,
        exclude=["**/__pycache__/handler.*", "**/__pycache__/container.*"],
    )


def _context(scope: Construct, settings: Settings) -> Path:
    """The folder that the image is built from."""
    folder = Path(Stage.of(scope).outdir) / "image"  # type: ignore[union-attr]
    shutil.rmtree(folder, ignore_errors=True)
    for layer in _LAYERS:
        source = settings.layer(layer) / "python"
        shutil.copytree(source, folder / "python", copy_function=_link, dirs_exist_ok=True)
    if settings.own:
        own.unpack(settings.own, folder / "python")
    for stage in STAGES:
        handlers = settings.functions / stage
        shutil.copytree(handlers, folder / "functions" / stage, ignore=own.NOT_CODE)
    shutil.copyfile(settings.functions / "container.py", folder / "functions" / "container.py")
    shutil.copyfile(_DOCKERFILE, folder / "Dockerfile")
    return folder


def _link(source: str, target: str) -> None:
    """A quarter of a gigabyte, which need not lie on the disk twice."""
    if Path(target).exists():  # a package that two layers hold, in one version
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
