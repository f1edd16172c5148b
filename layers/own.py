"""A team's own package, whose functions model files name as ``search.factory``: what of it goes
into a layer, and whether it fits."""

import shutil
import zipfile
from pathlib import Path

from layers.build import FUNCTION_SHARE, LIMIT

NOT_CODE = shutil.ignore_patterns("__pycache__", "*.pyc")
STAGES = ("tune", "train")
"""Who fits a pipeline, and so imports what makes it."""


class UnusablePackage(Exception):
    """It cannot become a layer; one sentence says why."""


def unpack(package: Path, into: Path) -> None:
    """Put the modules of a folder that is a package, or of a wheel, below ``into``.

    What the package requires is not installed: it stands on what the learning layer has.

    Raises:
        UnusablePackage: it is neither, or holds code for one kind of machine.
    """
    if package.suffix == ".whl" and package.is_file():
        if not package.stem.endswith("-any"):
            raise UnusablePackage(
                f"{package} holds code for one kind of machine; a wheel whose name ends in "
                "-any.whl runs on all."
            )
        with zipfile.ZipFile(package) as wheel:
            wheel.extractall(into)
    elif (package / "__init__.py").is_file():
        shutil.copytree(package, into / package.name, ignore=NOT_CODE, dirs_exist_ok=True)
    else:
        raise UnusablePackage(
            f"{package} is neither a folder with an __init__.py nor a wheel; -c package= takes one."
        )


def check_names(unpacked: Path, *layers: Path) -> None:
    """Hold the package's names against those that its functions import already.

    Raises:
        UnusablePackage: it would take the place of one of them.
    """
    taken = {"evergreen", "handler.py", *(each.name for layer in layers for each in _held(layer))}
    for one in _held(unpacked):
        if one.name in taken:
            raise UnusablePackage(
                f"The package holds '{one.stem}', which would take the place of what functions "
                "import by that name; give it a name of its own."
            )


def check_room(unpacked: Path, *layers: Path) -> None:
    """Hold the package with the layers beside it against Lambda's limit.

    Raises:
        UnusablePackage: the functions could not be created with it.
    """
    room = LIMIT - FUNCTION_SHARE - sum(map(_size, layers))
    size = _size(unpacked)
    if size > room:
        raise UnusablePackage(
            f"The package takes {size / 2**20:.1f} MiB, and Lambda leaves {room / 2**20:.1f} MiB "
            "beside the learning layer; leave out what no pipeline needs."
        )


def _held(folder: Path) -> list[Path]:
    """What lies in a folder, or in the one that a layer's modules lie in."""
    modules = folder / "python"
    return sorted((modules if modules.is_dir() else folder).iterdir())


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
