"""What a feature view's build says of itself; see :mod:`evergreen.contracts.views`."""

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.views import View, ViewManifest
from evergreen.ports import ObjectStore


def read_manifest(features: ObjectStore, view: View) -> ViewManifest | None:
    """The manifest of the view's newest build; None before the first."""
    if not view.build:
        return None
    body = features.read(_key(view.file.name, view.build))
    return msgspec.json.decode(body, type=ViewManifest)


def write_manifest(features: ObjectStore, made: ViewManifest) -> None:
    """Store a build's manifest; the build counts once it is committed."""
    body = msgspec.json.format(msgspec.json.encode(made), indent=2)
    features.write(_key(made.view, made.build), body, "application/json")


def _key(view: str, build: str) -> str:
    return keys.view(view, f"builds/{build}/manifest.json")
