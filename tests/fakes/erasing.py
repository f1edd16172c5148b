"""Erasing from the small world of :mod:`tests.fakes.erasure`, and looking what is left."""

import io
from typing import Any

import pyarrow.parquet as pq
from evergreen import erasure
from evergreen.contracts.erasure import Certificate
from evergreen.view_builds import read_manifest

from tests.fakes.erasure import VIEW, Places

STATIONS = ["KJFK", "KLGA", "KEWR", "KJFK"]
LEFT = ("raw/", "datasets/")
ME = "arn:aws:iam::123456789012:user/ann"


def asked(places: Places, *texts: str) -> erasure.Entity:
    world = places.world
    return erasure.entity(texts, world.models(), world.view_files(), places.key)


def erase(places: Places, *texts: str) -> Certificate:
    return erasure.erase(places.world, asked(places, *texts), ME, places.clock)


def filled(*, hashed: bool = False) -> Places:
    places = Places(hashed=hashed)
    places.everything(STATIONS)
    return places


def is_of(row: dict[str, Any], texts: set[str]) -> bool:
    values = row.get("values") or row
    return bool(texts & {values.get("station"), values.get("origin")})


def build_rows(places: Places) -> list[dict[str, object]]:
    """Rows of the view's newest build."""
    manifest = read_manifest(places.features, places.views.view(VIEW))
    assert manifest is not None
    found = []
    for part in manifest.partitions:
        found += pq.read_table(io.BytesIO(places.features.read(part.key))).to_pylist()
    assert manifest.rows == len(found) == sum(part.rows for part in manifest.partitions)
    return found
