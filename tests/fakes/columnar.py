"""A small world for the columnar stages: a model, tables for it, a registered champion."""

import io
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from evergreen.contracts import keys
from evergreen.contracts.capture import Capture, CapturedRow, Feedback, Outcome
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import (
    CHAMPION,
    Alias,
    Artifact,
    AuditEvent,
    Lineage,
    VersionDraft,
)
from evergreen.contracts.stages import FeaturesInput, IngestInput, IngestOutput, RunInput
from evergreen.digest import sha256
from evergreen.features import features
from evergreen.ingest import ingest

from tests.fakes.memory import FixedClock, MemoryRegistry, MemoryStore
from tests.fakes.views import MemoryViews

MODEL = "crash"
AT = "2026-01-01T00:00:00.000Z"


def model_file(**changes: Any) -> ModelFile:
    """A model of a number, a category, a time, a group and a protected column."""
    stated = {
        "name": MODEL,
        "problem": "binary",
        "target": {"column": "dead", "positive": "yes"},
        "time": {"column": "year", "unit": "year"},
        "group": "car",
        "features": {"age": "number", "belt": "category"},
        "protected": ["sex"],
        "exclude": {"severity": "tells the outcome"},
        "monitor": {"psi_at_least": 0.2, "rows_at_least": 100},
        "retrain": {"outcomes_at_least": 50, "cool_down_minutes": 60},
    }
    return parse({key: value for key, value in (stated | changes).items() if value is not None})


def table(rows: int = 600, seed: int = 0, first_year: int = 1997) -> pd.DataFrame:
    """A table that fits :func:`model_file`: three years, cars of one to three people."""
    random = np.random.default_rng(seed)
    age = random.integers(16, 90, rows)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "year": np.sort(random.integers(first_year, first_year + 3, rows)),
            "car": [f"c{i // 3}" for i in range(rows)],
            "age": age,
            "belt": random.choice(["belted", "none"], rows),
            "sex": random.choice(["f", "m"], rows),
            "severity": random.integers(0, 5, rows),
            "dead": np.where(random.random(rows) < age / 150, "yes", "no"),
        }
    )


def csv(frame: pd.DataFrame) -> bytes:
    """The table as CSV."""
    return frame.to_csv(index=False).encode()


def jsonl(frame: pd.DataFrame) -> bytes:
    """The table as JSON Lines."""
    return frame.to_json(orient="records", lines=True).encode()


def parquet(frame: pd.DataFrame) -> bytes:
    """The table as Parquet."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


class World:
    """Buckets and a registry that knows one model."""

    def __init__(self, **changes: Any) -> None:
        self.features = MemoryStore()
        self.artifacts = MemoryStore()
        self.registry = MemoryRegistry()
        self.views = MemoryViews()
        self.clock = FixedClock()
        self.model = model_file(**changes)
        self.registry.apply(self.model, "somebody", AT)

    def ingest(self, *bodies: bytes, suffix: str = "csv", until: str = "") -> IngestOutput:
        """Store the bodies below raw/ and ingest them."""
        sources = tuple(f"raw/{i}.{suffix}" for i in range(len(bodies)))
        for key, body in zip(sources, bodies, strict=True):
            self.features.write(key, body)
        run = RunInput(run_id="r1", model=MODEL, sources=sources, labelled_until=until)
        return ingest(
            IngestInput(run),
            features=self.features,
            registry=self.registry,
            views=self.views,
            clock=self.clock,
        )

    def split(self, dataset: str) -> str:
        """Make the feature set of a dataset."""
        run = RunInput(run_id="r1", model=MODEL, sources=())
        given = FeaturesInput(run, dataset)
        return features(
            given, store=self.features, registry=self.registry, views=self.views
        ).feature_set

    def frame(self, dataset: str) -> pd.DataFrame:
        """A dataset's table."""
        body = self.features.read(keys.dataset(dataset, "data.parquet"))
        return pd.read_parquet(io.BytesIO(body))

    def document(self, key: str, kind: type) -> Any:
        """A JSON document of the features bucket."""
        return msgspec.json.decode(self.features.read(key), type=kind)

    def promote(self, feature_set: str, metrics: dict[str, float] | None = None) -> Alias:
        """Register a version on the feature set and make it the champion."""
        parts = {
            name: self._artifact(keys.version(MODEL, "r1", name), body)
            for name, body in (
                ("signature", self.features.read(keys.feature_set(feature_set, "signature.json"))),
                ("profile", self.features.read(keys.feature_set(feature_set, "profile.json"))),
                ("graph", b"graph"),
                ("pipeline", b"pipeline"),
                ("card", b"card"),
            )
        }
        lineage = Lineage("r1", "manual", "d", feature_set, (), 1, {}, 600, "")
        draft = VersionDraft(
            model=MODEL,
            lineage=lineage,
            metrics=metrics or {"roc_auc": 0.8},
            threshold=0.5,
            **parts,
        )
        version = self.registry.register(draft, "somebody", AT)
        alias = Alias(MODEL, CHAMPION, version.number, None, 1, AT, "somebody")
        event = AuditEvent(MODEL, AT, "promoted", "somebody", "", version.number)
        self.registry.move_alias(alias, event, expected=None)
        return alias

    def serve(
        self, rows: pd.DataFrame, *, at: str, version: int = 1, outcomes: int | None = None
    ) -> None:
        """Capture the rows as predictions ``<at>/<i>``, and feed back the first ``outcomes``."""
        names = (*self.model.features, *self.model.context)
        sent = rows[[name for name in names if name in rows]].to_dict("records")
        captured = tuple(CapturedRow(f"{at}/{i}", row, 0.5) for i, row in enumerate(sent))
        capture = Capture(MODEL, version, at, captured)
        self.put("captures", at, capture)
        labels = rows["dead"].tolist()[:outcomes]
        if labels:
            said = tuple(Outcome(f"{at}/{i}", label) for i, label in enumerate(labels))
            self.put("feedback", at, Feedback(MODEL, at, said))

    def put(self, kind: str, at: str, *lines: Any) -> str:
        """Store lines the way serving does."""
        body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        key = f"{kind}/{MODEL}/dt={at[:10]}/{at}-{sha256(body)[:8]}"
        self.features.write(key, body)
        return key

    def _artifact(self, key: str, body: bytes) -> Artifact:
        self.artifacts.write(key, body)
        return Artifact(key, sha256(body), len(body))
