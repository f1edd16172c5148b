"""From a candidate and its verdict to a version: copies, lineage, card, number."""

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.candidate import BlendReport
from evergreen.contracts.explanation import Explanation
from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.profile import Profile
from evergreen.contracts.registry import Artifact, Lineage, Model, Version, VersionDraft
from evergreen.contracts.stages import Configuration, RegisterInput, RegisterOutput
from evergreen.contracts.verdict import Verdict
from evergreen.digest import sha256
from evergreen.errors import GateRefused, GraphMismatch, NotFound
from evergreen.figures import metric_text
from evergreen.ports import Clock, ObjectStore, Registry, iso
from evergreen.register.card import card
from evergreen.register.learned import Inputs, Learned
from evergreen.training_window import stated

ACTOR = "workflow"

_COPIED = {
    "model.onnx": "application/octet-stream",
    "pipeline.skops": "application/octet-stream",
    "explanation.json": "application/json",
    "signature.json": "application/json",
    "profile.json": "application/json",
    "expectation.json": "application/json",
}


def register(
    given: RegisterInput,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    clock: Clock,
) -> RegisterOutput:
    """Copy the run's candidate to the model, describe it on a card, and give it the next number.

    Executed again for the same run it finds the version and writes nothing.

    Raises:
        GateRefused: the candidate did not pass its gates.
        GraphMismatch: the graph was not found equal to the pipeline.
        NotFound: a part of the candidate or the feature set is not there.
    """
    run_id = given.run.run_id
    verdict = msgspec.json.decode(artifacts.read(keys.run(run_id, "verdict.json")), type=Verdict)
    _refuse_unproven(verdict, run_id)
    version = _registered(registry, given) or registry.register(
        _draft(given, verdict, features, artifacts, registry, iso(clock.now())),
        ACTOR,
        iso(clock.now()),
    )
    value = metric_text(verdict.metric, verdict.value)
    summary = f"version {version.number} registered, {verdict.metric} {value}"
    return RegisterOutput(version.number, summary)


def _refuse_unproven(verdict: Verdict, run_id: str) -> None:
    parity = [gate for gate in verdict.gates if gate.name == "parity"]
    if not parity:
        raise GraphMismatch(
            f"The graph of run '{run_id}' was never compared with its pipeline; evaluate it again."
        )
    for gate in parity:
        if not gate.passed:
            raise GraphMismatch(gate.sentence)
    if not verdict.passed:
        raise GateRefused(f"Run '{run_id}' becomes no version: {verdict.reason}")


def _registered(registry: Registry, given: RegisterInput) -> Version | None:
    versions = registry.versions(given.run.model)
    return next((v for v in versions if v.draft.lineage.run_id == given.run.run_id), None)


def _draft(
    given: RegisterInput,
    verdict: Verdict,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    at: str,
) -> VersionDraft:
    model, run_id = given.run.model, given.run.run_id
    bodies = _bodies(given, features, artifacts)
    applied = registry.model(model)
    configuration = artifacts.read(keys.candidate(run_id, "configuration.json"))
    report = msgspec.json.decode(
        artifacts.read(keys.candidate(run_id, "blend.json")), type=BlendReport
    )
    lineage = _lineage(given, applied, bodies["profile.json"], configuration, report)
    made = {name: _artifact(model, run_id, name, body) for name, body in bodies.items()}
    explained = msgspec.json.decode(bodies["explanation.json"], type=Explanation)
    split = msgspec.json.decode(
        features.read(keys.feature_set(given.feature_set, "manifest.json")), type=Manifest
    )
    described = card(
        applied.file,
        lineage,
        verdict,
        Learned(split, msgspec.json.decode(bodies["signature.json"], type=Inputs).inputs),
        explained,
        report,
        artifacts=tuple(made.values()),
        at=at,
    )
    made["card.html"] = _artifact(model, run_id, "card.html", described)
    for name, body in bodies.items():
        artifacts.write(made[name].key, body, _COPIED[name])
    artifacts.write(made["card.html"].key, described, "text/html; charset=utf-8")
    return VersionDraft(
        model=model,
        lineage=lineage,
        graph=made["model.onnx"],
        pipeline=made["pipeline.skops"],
        signature=made["signature.json"],
        profile=made["profile.json"],
        card=made["card.html"],
        metrics=verdict.metrics,
        threshold=verdict.threshold,
        explanation=made["explanation.json"],
        expectation=made["expectation.json"],
    )


def _bodies(
    given: RegisterInput, features: ObjectStore, artifacts: ObjectStore
) -> dict[str, bytes]:
    run_id, feature_set = given.run.run_id, given.feature_set
    return {
        "model.onnx": artifacts.read(keys.candidate(run_id, "model.onnx")),
        "pipeline.skops": artifacts.read(keys.candidate(run_id, "pipeline.skops")),
        "explanation.json": artifacts.read(keys.candidate(run_id, "explanation.json")),
        "signature.json": features.read(keys.feature_set(feature_set, "signature.json")),
        "profile.json": _profile(given, features, artifacts),
        "expectation.json": artifacts.read(keys.expectation(run_id)),
    }


def _profile(given: RegisterInput, features: ObjectStore, artifacts: ObjectStore) -> bytes:
    """Of the rows it was fitted on: the candidate's own where they are not the feature set's."""
    try:
        return artifacts.read(keys.candidate(given.run.run_id, "profile.json"))
    except NotFound:
        return features.read(keys.feature_set(given.feature_set, "profile.json"))


def _lineage(
    given: RegisterInput, applied: Model, profile: bytes, configuration: bytes, report: BlendReport
) -> Lineage:
    fitted = msgspec.json.decode(profile, type=Profile)
    return Lineage(
        run_id=given.run.run_id,
        trigger=given.run.trigger,
        dataset=given.dataset,
        feature_set=given.feature_set,
        sources=given.run.sources,
        model_file_revision=applied.revision,
        configuration=msgspec.json.decode(configuration, type=Configuration),
        rows=fitted.rows,
        newest=fitted.newest,
        labelled_until=given.run.labelled_until,
        outcomes=given.run.outcomes,
        members=tuple(member.configuration for member in report.members),
        window=stated(report.window) if report.window else "",
    )


def _artifact(model: str, run_id: str, name: str, body: bytes) -> Artifact:
    return Artifact(keys.version(model, run_id, name), sha256(body), len(body))
