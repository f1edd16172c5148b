"""What had the entity and is left: raw files, datasets, feature sets and model versions."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from evergreen.captured import unpacked
from evergreen.contracts.erasure import Remaining
from evergreen.contracts.registry import CHAMPION
from evergreen.contracts.stages import VIEW
from evergreen.contracts.table import Clean
from evergreen.erasure import parquet
from evergreen.erasure.match import Entity, Match, any_mask
from evergreen.erasure.world import World
from evergreen.errors import NotFound
from evergreen.ports import ObjectStore


class Dataset(NamedTuple):
    """A dataset version that has rows of the entity; ``series`` are those of its forecast."""

    id: str
    owner: str
    rows: int
    sources: tuple[str, ...]
    series: frozenset[tuple[str, ...]]


class Lineage(NamedTuple):
    """``read`` are all raw files that datasets were made of."""

    datasets: list[Dataset]
    read: frozenset[str]


def datasets(world: World, erased: Entity) -> Lineage:
    """Every dataset version whose rows have the entity."""
    owners: dict[str, list[Match]] = {m.name: erased.of_model(m) for m in world.models()}
    owners |= {f"{VIEW}{v.name}": [erased.match(v.clean)] for v in world.view_files()}
    series = {m.name: m.forecast.series for m in world.models() if m.forecast}
    found: list[Dataset] = []
    read: set[str] = set()
    for key in list(world.features.keys("datasets/")):
        dataset, _, name = key.removeprefix("datasets/").partition("/")
        if name != "data.parquet":
            continue
        report = _json(world.features, f"datasets/{dataset}/report.json")
        owner = report.get("model", "")
        sources = tuple(source["key"] for source in report.get("sources", ()))
        read.update(sources)
        matches = owners.get(owner) or [erased.match(Clean())]
        columns = series.get(owner, ())
        rows = parquet.rows_of(world.features.read(key), matches, columns)
        if rows.num_rows:
            named = _series(rows, matches, columns)
            found.append(Dataset(dataset, owner, rows.num_rows, sources, named))
    return Lineage(found, frozenset(read))


def _series(
    rows: pa.Table, matches: list[Match], columns: tuple[str, ...]
) -> frozenset[tuple[str, ...]]:
    """The series that are the entity's as a whole: those that its own columns name."""
    naming = [match for match in matches if match.accepted.keys() <= set(columns)]
    its = rows.filter(pa.array(any_mask(naming, rows)))
    return frozenset(zip(*(its.column(c).to_pylist() for c in columns), strict=True))


def remaining(world: World, erased: Entity, lineage: Lineage) -> Iterator[Remaining]:
    """All that had the entity and is left, each with what to do about it."""
    had = {dataset.id: dataset for dataset in lineage.datasets}
    yield from _raw(world.features, erased, lineage)
    for dataset in had.values():
        detail = f"{dataset.rows} rows of it, for '{dataset.owner}'; delete the prefix when no "
        yield Remaining("dataset", dataset.id, detail + "version in use was made of it.")
    sets = dict(_feature_sets(world.features, had))
    for feature_set, of in sets.items():
        detail = f"Made of dataset {of}; delete the prefix together with it."
        yield Remaining("feature set", feature_set, detail)
    yield from _versions(world, had, sets)


def _versions(
    world: World, had: Mapping[str, Dataset], sets: Mapping[str, str]
) -> Iterator[Remaining]:
    for model in world.registry.models():
        alias = world.registry.alias(model, CHAMPION)
        for version in world.registry.versions(model):
            lineage = version.draft.lineage
            if lineage.dataset not in had and lineage.feature_set not in sets:
                continue
            serves = alias is not None and alias.version == version.number
            name = f"{model} version {version.number}"
            detail = f"Learned from dataset {lineage.dataset}; " + (
                "it serves: train from a source without the entity and promote what comes of it."
                if serves
                else "it does not serve; do not promote it again."
            )
            yield Remaining("model version", name, detail)


def _feature_sets(features: ObjectStore, had: Mapping[str, Dataset]) -> Iterator[tuple[str, str]]:
    for key in list(features.keys("feature-sets/")):
        if key.endswith("/manifest.json"):
            manifest = _json(features, key)
            if manifest.get("dataset") in had:
                yield key.split("/")[1], manifest["dataset"]


def _raw(features: ObjectStore, erased: Entity, lineage: Lineage) -> Iterator[Remaining]:
    had = {source: d.id for d in lineage.datasets for source in d.sources}
    for key in list(features.keys("raw/")):
        if key in had:
            detail = f"Dataset {had[key]}, which has it, was made of this file and perhaps others; "
        elif key not in lineage.read and _mentions(features.read(key), erased):
            detail = "No dataset was made of this file, and its text has the value; "
        else:
            continue
        yield Remaining("raw file", key, detail + "replace it by one without the entity.")


def _mentions(body: bytes, erased: Entity) -> bool:
    """Whether a raw file may have the entity: all its values stand there as words, or as values of
    the columns of a Parquet file."""
    if body[:4] == b"PAR1":
        return bool(parquet.rows_of(body, [erased.match(Clean())]).num_rows)
    try:
        text = unpacked(body)
    except (OSError, EOFError):
        return False
    return all(_has(text, value) for value in erased.values.values())


def _has(text: bytes, value: str) -> bool:
    spellings = {value, json.dumps(value)[1:-1]}
    encoded = (re.escape(one.encode(errors="surrogatepass")) for one in spellings)
    return re.search(rb"(?<![\w.-])(?:" + b"|".join(encoded) + rb")(?![\w-])", text) is not None


def _json(store: ObjectStore, key: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(store.read(key))
    except (NotFound, msgspec.DecodeError):
        return {}
    return found if isinstance(found, dict) else {}
