"""A model of 25 columns, what it learned from and what it then served, some columns moved.

Reference and window are written once, as captures of the model's bucket (gzip, a request a line,
as the stream leaves them) and as Parquet for the peers.
"""

import gzip
from typing import Any

import msgspec
import numpy as np
from evergreen.contracts.capture import Capture, CapturedRow
from evergreen.contracts.columns import Categories
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import Artifact, Lineage, Version, VersionDraft
from evergreen.contracts.signature import Signature
from evergreen.digest import sha256
from evergreen.features.describe import Input, column
from evergreen.frame import Frame
from evergreen.monitor.baseline import Baseline
from evergreen.ports import ObjectStore
from evergreen.profiles import profile
from numpy.typing import NDArray

ROWS = 100_000
NUMBERS, CATEGORIES = 20, 5
MOVED = ("n03", "n11", "c2")
"""By 0.3 standard deviations, by a doubled spread, and by a tenth of the rows."""
MODEL = "measured"
SINCE, UNTIL = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"
_OBJECTS = 20
_LABELS = ("red", "green", "blue", "white", "black", "grey")
Columns = dict[str, NDArray[Any]]


def columns(seed: int, *, moved: bool, rows: int = ROWS) -> Columns:
    """Numbers with a few decimals, as services send them (normal, skewed, counts), and labels."""
    random = np.random.default_rng(seed)
    found: Columns = {}
    for n in range(NUMBERS):
        values = (
            random.normal(n, 1, rows),
            random.lognormal(0, 0.5, rows),
            random.poisson(4, rows).astype(np.float64),
            random.uniform(0, 100, rows),
        )[n % 4]
        found[f"n{n:02}"] = np.round(values, 4)
    shares = np.array([0.3, 0.25, 0.2, 0.15, 0.06, 0.04])
    for n in range(CATEGORIES):
        own = shares + np.array([-0.1, 0, 0, 0, 0.06, 0.04]) * (moved and f"c{n}" in MOVED)
        found[f"c{n}"] = np.array(_LABELS)[random.choice(len(_LABELS), rows, p=own)]
    if moved:
        found["n03"] = np.round(found["n03"] + 0.3 * found["n03"].std(), 4)
        found["n11"] = np.round((found["n11"] - 50) * 1.4 + 50, 4)
    return found


def model_file() -> ModelFile:
    """Of a binary model of these columns."""
    kinds = {
        name: "number" if name[0] == "n" else "category" for name in columns(0, moved=False, rows=2)
    }
    return parse(
        {
            "name": MODEL,
            "problem": "binary",
            "target": {"column": "y", "positive": "yes"},
            "features": kinds,
        }
    )


def baseline(learned: Columns) -> Baseline:
    """What the reference rows leave beside a version."""
    file = model_file()
    coded = {
        name: values.astype(np.float32) if values.dtype.kind == "f" else _coded(values)
        for name, values in learned.items()
    }
    rows = len(learned["n00"])
    target = np.random.default_rng(1).integers(0, 2, rows).astype(np.int8)
    frame = Frame(coded, target, np.zeros(rows, dtype=np.int64))
    inputs = tuple(column(file, Input(name, "request"), values) for name, values in coded.items())
    signature = Signature(inputs, (), "y", ("no", "yes"))
    found = profile(file, inputs, signature.classes, frame)
    bodies = {"profile": msgspec.json.encode(found), "signature": msgspec.json.encode(signature)}
    return Baseline(version(bodies), found, signature, None)


def version(bodies: dict[str, bytes]) -> Version:
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


def capture(store: ObjectStore, served: Columns, day: str = "2026-01-09") -> None:
    """Write the rows as captures, a request a row."""
    names = list(served)
    lists = [served[name].tolist() for name in names]
    scores = np.random.default_rng(2).random(len(lists[0])).round(6).tolist()
    lines = [
        msgspec.json.encode(
            Capture(
                MODEL,
                1,
                f"{day}T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}.000Z",
                (CapturedRow(f"{day}-{i:032x}", dict(zip(names, row, strict=True)), score),),
                milliseconds=1.25,
            )
        )
        for i, (row, score) in enumerate(zip(zip(*lists, strict=True), scores, strict=True))
    ]
    each = -(-len(lines) // _OBJECTS)
    for n in range(_OBJECTS):
        body = gzip.compress(b"\n".join(lines[n * each : (n + 1) * each]) + b"\n", 6)
        store.write(f"captures/{MODEL}/dt={day}/part-{n:04}.gz", body)


def _coded(values: NDArray[np.str_]) -> Categories:
    found, codes = np.unique(values, return_inverse=True)
    return Categories(codes.astype(np.int32), tuple(found.tolist()))
