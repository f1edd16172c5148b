"""A small world with one served model, for what answers over HTTP and what calls it."""

import json
import shutil
import tempfile
import weakref
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from evergreen.contracts import keys
from evergreen.contracts.explanation import Explanation, SampledExplanation
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import CategoryProfile, NumberProfile, Profile
from evergreen.contracts.registry import (
    CHAMPION,
    Alias,
    Artifact,
    AuditEvent,
    Lineage,
    Version,
    VersionDraft,
)
from evergreen.contracts.signature import Column, Signature
from evergreen.digest import sha256
from evergreen.infer import Inference
from skl2onnx import to_onnx
from sklearn.ensemble import HistGradientBoostingClassifier

from tests.fakes.memory import (
    FixedClock,
    MemoryCaptures,
    MemoryOnlineStore,
    MemoryRegistry,
    MemoryStore,
)

MODEL = "crash"
AT = "2026-01-01T00:00:00.000Z"
ROW = {"age": 40, "speed": 55.5, "belt": "none", "role": "driver"}
SIGNATURE = Signature(
    inputs=(
        Column("age", "number"),
        Column("speed", "number", nullable=True),
        Column("belt", "category", values=("belted", "none")),
        Column("role", "category", nullable=True, values=("1", "driver", "pass")),
    ),
    context=("sex",),
    target="dead",
    classes=("alive", "dead"),
)
PROFILE = Profile(
    rows=100,
    target=CategoryProfile({"alive": 90, "dead": 10}, 0),
    columns={"age": NumberProfile((20.0, 35.0, 60.0), (25, 25, 25, 25), 0)},
    newest="",
)
BACKGROUND = SampledExplanation(
    (
        (20.0, 30.0, 0.0, 1.0),
        (35.0, None, 1.0, 2.0),
        (60.0, 80.0, -1.0, 0.0),
        (80.0, 55.0, 1.0, -1.0),
    )
)


def model_file(**changes: Any) -> ModelFile:
    """The model's file, valid, with ``changes`` to its keys."""
    document = {
        "name": MODEL,
        "problem": "binary",
        "target": {"column": "dead", "positive": "dead"},
        "features": {column.name: column.type for column in SIGNATURE.inputs},
        "protected": ["sex"],
        "serving": {"refresh_seconds": 10},
    }
    return parse(document | changes)


@cache
def graph(seed: int) -> bytes:
    """A real graph of the signature's four inputs; another seed, other probabilities."""
    random = np.random.default_rng(seed)
    rows = random.normal(40, 20, (300, 4)).astype(np.float32)
    rows[:, 2:] = random.integers(-1, 3, (300, 2))
    rows[::7, 1] = np.nan
    target = (rows[:, 0] + 30 * rows[:, 2] + random.normal(0, 20, 300) > 50).astype(int)
    fitted = HistGradientBoostingClassifier(max_iter=5, random_state=seed).fit(rows, target)
    options = {id(fitted): {"zipmap": False}}
    return bytes(to_onnx(fitted, rows[:1], options=options, target_opset=17).SerializeToString())


class Ticks:
    """A monotonic clock that is told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class World:
    """The inference function over fakes, with as many versions of one model as are asked for."""

    def __init__(
        self, file: ModelFile | None = None, registry: MemoryRegistry | None = None
    ) -> None:
        self.registry = registry or MemoryRegistry()
        self.artifacts, self.features = MemoryStore(), MemoryStore()
        self.captures, self.clock, self.ticks = MemoryCaptures(), FixedClock(), Ticks()
        self.online = MemoryOnlineStore()
        self.registry.apply(file or model_file(), "me", AT)
        self._folder = Path(tempfile.mkdtemp(prefix="evergreen-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self.inference = self.restarted()

    def restarted(self, memory_mebibytes: int | None = None) -> Inference:
        """Another process of the function, on the same disk."""
        return Inference(
            registry=self.registry,
            artifacts=self.artifacts,
            features=self.features,
            captures=self.captures,
            clock=self.clock,
            online=self.online,
            monotonic=self.ticks,
            memory_mebibytes=memory_mebibytes,
            folder=self._folder,
        )

    def register(
        self,
        threshold: float = 0.5,
        explanation: Explanation | None = BACKGROUND,
        *,
        model: str = MODEL,
        body: bytes = b"",
        signature: Signature = SIGNATURE,
        metrics: dict[str, float] | None = None,
    ) -> Version:
        """Register one more version, with a graph of its own unless there is a ``body``."""
        number = len(self.registry.versions(model)) + 1
        run_id = f"run-{number}"
        bodies = {
            "graph": body or graph(number),
            "pipeline": b"pipeline",
            "signature": msgspec.json.encode(signature),
            "profile": msgspec.json.encode(PROFILE),
            "card": b"<html>card</html>",
        }
        if explanation is not None:
            bodies["explanation"] = msgspec.json.encode(explanation)
        stored = {name: self._store(model, run_id, name, body) for name, body in bodies.items()}
        self.features.write("datasets/ds/report.html", b"<html>dataset</html>")
        self.artifacts.write(keys.run(run_id, "verdict.json"), b"{}")
        lineage = Lineage(run_id, "manual", "ds", "fs", ("raw/crash/a.csv",), 1, {}, 300, "")
        draft = VersionDraft(
            model=model,
            lineage=lineage,
            metrics=metrics or {"roc_auc": 0.9},
            threshold=threshold,
            **stored,
        )
        return self.registry.register(draft, "workflow", AT)

    def promote(self, number: int, *, model: str = MODEL) -> None:
        """Make a version the champion."""
        before = self.registry.alias(model, CHAMPION)
        moved = Alias(
            model,
            CHAMPION,
            number,
            before.version if before else None,
            before.revision + 1 if before else 1,
            AT,
            "me",
        )
        event = AuditEvent(model, AT, "promoted", "me", "because", number)
        self.registry.move_alias(moved, event, expected=before)

    def serve(
        self, threshold: float = 0.5, explanation: Explanation | None = BACKGROUND
    ) -> Version:
        """Register a version and make it the champion."""
        version = self.register(threshold, explanation)
        self.promote(version.number)
        return version

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        request: str = "req",
        query: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """One event through the function; text is sent as it is, anything else as JSON."""
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        event = {
            "httpMethod": method,
            "path": path,
            "queryStringParameters": query,
            "body": text,
            "isBase64Encoded": False,
            "requestContext": {"requestId": request},
        }
        answer = self.inference.answer(event)
        return answer | {"document": json.loads(answer["body"])}

    def predict(self, *rows: object, request: str = "req") -> dict[str, Any]:
        """A prediction request for ``rows``."""
        return self.call("POST", f"/models/{MODEL}/predict", {"instances": rows}, request)

    def explain(self, *rows: object, explain: str = "reasons") -> dict[str, Any]:
        """A prediction request for ``rows`` that asks for explanations."""
        query = {"explain": explain}
        return self.call("POST", f"/models/{MODEL}/predict", {"instances": rows}, query=query)

    def _store(self, model: str, run_id: str, name: str, body: bytes) -> Artifact:
        key = keys.version(model, run_id, f"{name}.html" if name == "card" else name)
        self.artifacts.write(key, body)
        return Artifact(key, sha256(body), len(body))
