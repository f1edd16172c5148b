"""Records that tests of the registry are about, complete and plausible."""

from typing import Any

from evergreen.contracts.model_file import ModelFile, Target
from evergreen.contracts.registry import (
    CHAMPION,
    Alias,
    Artifact,
    AuditEvent,
    Lineage,
    Run,
    VersionDraft,
)
from evergreen.ports import Registry
from msgspec.structs import replace

MODEL = "crash"
AT = "2026-01-01T00:00:00.000Z"


def model_file(**changes: object) -> ModelFile:
    """A small valid model file."""
    fields: dict[str, object] = {
        "name": MODEL,
        "problem": "binary",
        "target": Target("dead", 1),
        "features": {"speed": "number", "belt": "category"},
        "exclude": {"severity": "tells the outcome"},
        "protected": ("sex",),
    }
    return ModelFile(**(fields | changes))  # type: ignore[arg-type]


def draft(run_id: str, model: str = MODEL) -> VersionDraft:
    """A version before it has a number, with a float no decimal writes down exactly."""

    def artifact(name: str) -> Artifact:
        return Artifact(f"models/{model}/{run_id}/{name}", "0" * 64, 10)

    return VersionDraft(
        model=model,
        lineage=Lineage(
            run_id=run_id,
            trigger="manual",
            dataset="d1",
            feature_set="f1",
            sources=("raw/1997.csv", "raw/1998.csv"),
            model_file_revision=1,
            configuration={"depth": 3, "rate": 0.1 + 0.2, "weight": None, "balanced": True},
            rows=1000,
            newest="1999-01-01T00:00:00Z",
        ),
        graph=artifact("model.onnx"),
        pipeline=artifact("pipeline.skops"),
        signature=artifact("signature.json"),
        profile=artifact("profile.json"),
        card=artifact("card.html"),
        metrics={"roc_auc": 1 / 3, "brier": 1e-17},
        threshold=0.1 + 0.2,
    )


def register(registry: Registry, model: str, lineage: dict[str, Any]) -> None:
    """Four versions whose lineage is changed so."""
    for number in range(1, 5):
        made = draft(f"run-of-v{number}", model)
        learned = replace(made.lineage, **lineage)
        registry.register(replace(made, lineage=learned), "tester", AT)


def run(run_id: str, at: str = AT, model: str = MODEL) -> Run:
    """A run that has just started."""
    return Run(run_id=run_id, model=model, trigger="manual", sources=("raw/a.csv",), started_at=at)


def champion(version: int, before: Alias | None, at: str = AT, model: str = MODEL) -> Alias:
    """The champion alias at ``version``, moved from where ``before`` points."""
    return Alias(
        model=model,
        name=CHAMPION,
        version=version,
        previous=before.version if before else None,
        revision=before.revision + 1 if before else 1,
        moved_at=at,
        moved_by="ann",
    )


def promoted(version: int, at: str = AT, model: str = MODEL) -> AuditEvent:
    """The audit event of a promotion."""
    return AuditEvent(model, at, "promoted", "ann", "Better.", version)
