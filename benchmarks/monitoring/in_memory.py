"""Columns in memory as a window that was served, without captures."""

from typing import Any

import msgspec
import numpy as np
from evergreen.contracts.columns import Categories
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import CategoryProfile
from evergreen.contracts.registry import Artifact, Lineage, Version, VersionDraft
from evergreen.contracts.signature import Signature
from evergreen.digest import sha256
from evergreen.distribution import places
from evergreen.features.describe import Input, column
from evergreen.frame import Frame
from evergreen.monitor.arrays import Arrays, instants
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.binning import Binning
from evergreen.monitor.digests import Digest
from evergreen.monitor.served import Served
from evergreen.monitor.window import served_of
from evergreen.profiles import profile
from numpy.typing import NDArray

MODEL = "measured"
SINCE, UNTIL = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"
Columns = dict[str, NDArray[Any]]


def model_file(columns: Columns) -> ModelFile:
    """Of a binary model of these columns."""
    kinds = {
        name: "category" if values.dtype.kind == "U" else "number"
        for name, values in columns.items()
    }
    target = {"column": "evergreen target", "positive": "yes"}
    return parse({"name": MODEL, "problem": "binary", "target": target, "features": kinds})


def baseline(file: ModelFile, learned: Columns) -> Baseline:
    """What the reference rows leave beside a version."""
    coded = {
        name: _coded(values) if values.dtype.kind == "U" else values.astype(np.float32)
        for name, values in learned.items()
    }
    rows = len(next(iter(learned.values())))
    frame = Frame(coded, np.arange(rows, dtype=np.int8) % 2, np.zeros(rows, dtype=np.int64))
    inputs = tuple(column(file, Input(name, "request"), values) for name, values in coded.items())
    signature = Signature(inputs, (), file.target.column, ("no", "yes"))
    found = profile(file, inputs, signature.classes, frame)
    bodies = {"profile": msgspec.json.encode(found), "signature": msgspec.json.encode(signature)}
    return Baseline(_version(bodies), found, signature, None)


def served(learned: Baseline, now: Columns) -> Served:
    """The rows as the version would have been asked for them, one a second."""
    profiles = learned.profile.columns
    known = [name for name, each in profiles.items() if isinstance(each, CategoryProfile)]
    numbers = tuple(name for name in profiles if name not in known)
    rows = len(next(iter(now.values())))
    at = instants([SINCE]) + np.arange(rows, dtype=np.int64) * 10**9
    piece: Arrays = {
        "ids": np.random.default_rng(0).integers(0, 2**64 - 1, rows, dtype=np.uint64),
        "served": at,
        "times": at,
        "answers": np.full((1, rows), 0.5),
        "numbers": np.array([now[name] for name in numbers], np.float32).reshape(-1, rows),
        "places": np.array([places(profiles[name], now[name]) for name in known]).reshape(-1, rows),
        "groups": np.zeros((0, rows), dtype=np.int32),
        "clusters": np.zeros((0, rows), dtype=np.uint8),
    }
    binned, sums = Binning(learned, numbers).binned(piece, ())
    nothing = np.zeros(0, dtype=np.int64)
    outcomes: Arrays = {"ids": nothing.astype(np.uint64), "at": nothing, "order": nothing}
    outcomes["truth"] = np.zeros(0)
    return served_of(learned, [Digest((), (), binned, sums, outcomes)], SINCE, UNTIL)


def _version(bodies: dict[str, bytes]) -> Version:
    """A version whose artifacts these are."""
    nothing = Artifact("nothing", sha256(b""), 0)
    artifacts = {
        name: Artifact(f"models/{name}.json", sha256(body), len(body))
        for name, body in bodies.items()
    }
    parts = dict.fromkeys(("graph", "pipeline", "card"), nothing) | artifacts
    lineage = Lineage("r1", "manual", "d", "f", (), 1, {}, 1, "")
    draft = VersionDraft(
        model=MODEL, lineage=lineage, metrics={"roc_auc": 0.8}, threshold=0.5, **parts
    )
    return Version(number=1, registered_at=SINCE, draft=draft)


def _coded(values: NDArray[np.str_]) -> Categories:
    found, codes = np.unique(values, return_inverse=True)
    return Categories(codes.astype(np.int32), tuple(found.tolist()))
