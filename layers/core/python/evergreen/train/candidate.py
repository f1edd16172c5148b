"""Fit what the search found best again, on all rows but the hold-out or, where that surely answers
the newest rows better, on another window of them.

The candidate is one trial's configuration or several that answer together, calibrated where that
helps: the fitted pipelines (skops, for people), one ONNX graph (what will serve), what its
predictions are explained with, and the pipelines' own answers to the hold-out, which tell whether
the graph answers the same. Everything is chosen by out-of-fold answers, nothing by the hold-out.
"""

import time

import msgspec
import numpy as np
from msgspec import Struct

from evergreen.contracts import keys
from evergreen.contracts.candidate import BlendReport, Member
from evergreen.contracts.run_report import Diagnostics
from evergreen.contracts.stages import Configuration, TrainInput, TrainOutput
from evergreen.errors import NotFound
from evergreen.estimators.blend import Blend, answers, blend_of, explain, to_skops
from evergreen.estimators.blend_graph import blend_graph
from evergreen.estimators.calibration import least_of
from evergreen.estimators.results import best_of, read_results
from evergreen.estimators.space import FAMILY, describe
from evergreen.frame import Frame, arrays_to_npz
from evergreen.metrics import Floats
from evergreen.ports import ObjectStore, Registry
from evergreen.profiles import profile
from evergreen.train.baselines import baselines
from evergreen.train.calibrate import choose_calibration
from evergreen.train.choose_window import ChosenWindow, choose_window
from evergreen.train.diagnostics import diagnose
from evergreen.train.ensemble import Chosen, choose_members, weighted
from evergreen.train.evidence import Evidence, evidence_by_validation, read_evidence
from evergreen.train.material import Material, read_material
from evergreen.train.members import Fit, fit_members, members
from evergreen.train.rehearsal import evidence_of, rehearsed
from evergreen.train.threshold import choose_threshold


class Plan(Struct, frozen=True, eq=False):
    """What is to be fitted: members by the evidence, on the rows of a window."""

    evidence: Evidence
    chosen: Chosen
    window: ChosenWindow


class Candidate(Struct, frozen=True, eq=False):
    """A blend, its graph, the rows it was fitted on, and how it came about."""

    blend: Blend
    graph: bytes
    rows: Frame
    report: BlendReport


def train(
    given: TrainInput, *, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> TrainOutput:
    """Write the run's candidate: graph, pipelines, reference, explanation, configuration, members,
    the report of how they were chosen, and diagnostics.

    Raises:
        NotFound: the run has no finished trial.
        InvalidTable: the rows lack a class, or hold one number only.
    """
    run_id = given.run.run_id
    results = read_results(artifacts, run_id)
    best = best_of(results)
    if best is None:
        raise NotFound(f"Run '{run_id}' has no finished trial to train from; tune it first.")
    material = read_material(given, features, registry)
    evidence = read_evidence(material, best, results, artifacts)
    planned = plan(material, evidence or evidence_by_validation(material, best))
    began = time.perf_counter()
    candidate = make(material, planned)
    told = _diagnostics(material, candidate, time.perf_counter() - began)
    parts = _parts(material, candidate) | {"diagnostics.json": msgspec.json.encode(told)}
    for name, body in parts.items():
        artifacts.write(keys.candidate(run_id, name), body)
    return TrainOutput(keys.candidate(run_id, ""), _summary(candidate))


def plan(material: Material, evidence: Evidence) -> Plan:
    """Choose members by the evidence, and a window by the heaviest one's configuration."""
    chosen = choose_members(evidence, material.file.metric, material.file.search.ensemble)
    heaviest = evidence.trials[next(iter(chosen.weights))]
    return Plan(evidence, chosen, choose_window(material, heaviest.configuration))


def make(material: Material, planned: Plan) -> Candidate:
    """Fit what was planned; choose calibration and threshold."""
    file, evidence = material.file, planned.evidence
    given = planned.window.learned
    fit = fit_members(material, evidence, planned.chosen.weights, given)
    held, told = _answered(material, planned, fit)
    mended, threshold = None, None
    if material.signature.classes:
        least = least_of(fit.fitted, len(material.signature.classes))
        mended = choose_calibration(held, told, file.problem, file.metric, least)
        told = mended.answers
    if file.problem == "binary":
        threshold = choose_threshold(held, told, file.decision.costs)
    calibration = mended.calibration if mended else None
    blend = blend_of(fit.fitted, tuple(fit.weights.values()), calibration)
    report = BlendReport(
        metric=file.metric,
        rows=len(held.target),
        members=members(evidence, fit.weights),
        ensemble=planned.chosen.report,
        dropped=fit.dropped,
        calibration=mended.report if mended else None,
        threshold=threshold,
        window=planned.window.report,
    )
    return Candidate(blend, blend_graph(blend, material.signature, fit.graphs), given.rows, report)


def _answered(material: Material, planned: Plan, fit: Fit) -> tuple[Evidence, Floats]:
    """What the members answer together to rows that their fits had not seen, for calibration and
    threshold: as the trials did or, under another window than all rows, as fits under it do."""
    evidence, window = planned.evidence, planned.window
    turns, kind = window.turns, window.learned.window.kind
    if turns is None or kind == "all" or not material.signature.classes:
        return evidence, weighted(fit.weights, list(evidence.answers))
    trials = tuple(evidence.trials[place] for place in fit.weights)
    found = [
        rehearsed(material, turns, trial.configuration, window.learned.window) for trial in trials
    ]
    each = [answered for answered in found if answered is not None]
    if len(each) < len(found):
        return evidence, weighted(fit.weights, list(evidence.answers))
    weights = dict(enumerate(fit.weights.values()))
    return evidence_of(material, turns, trials, each), weighted(weights, each)


def _parts(material: Material, candidate: Candidate) -> dict[str, bytes]:
    signature, blend, report = material.signature, candidate.blend, candidate.report
    at = {"threshold": np.array([report.threshold.threshold])} if report.threshold else {}
    return {
        "model.onnx": candidate.graph,
        "pipeline.skops": to_skops(blend),
        "reference.npz": arrays_to_npz(answers=answers(blend, signature, material.test), **at),
        "baselines.npz": arrays_to_npz(
            **baselines(material.file, signature, material.manifest, material.rows, material.test)
        ),
        "explanation.json": msgspec.json.encode(explain(blend, signature, candidate.rows)),
        "configuration.json": msgspec.json.encode(_configuration(report.members)),
        "members.json": msgspec.json.encode(report.members),
        "blend.json": msgspec.json.encode(report),
        **_profile(material, candidate),
    }


def _profile(material: Material, candidate: Candidate) -> dict[str, bytes]:
    """Of the rows it was fitted on, where those are not all: what is served is held against what
    was learned, and the older rows were not."""
    if len(candidate.rows) == len(material.rows):
        return {}
    signature = material.signature
    made = profile(material.file, signature.inputs, signature.classes, candidate.rows)
    return {"profile.json": msgspec.json.format(msgspec.json.encode(made), indent=2)}


def _diagnostics(material: Material, candidate: Candidate, seconds: float) -> Diagnostics:
    return diagnose(
        material,
        lambda rows: answers(candidate.blend, material.signature, rows),
        candidate.report.members[0].configuration,
        seconds,
    )


def _configuration(members: tuple[Member, ...]) -> Configuration:
    """Of one member its own; of several a line for each."""
    if len(members) == 1:
        return members[0].configuration
    each = {f"trial {m.trial}": f"{m.weight:.2g} x {describe(m.configuration)}" for m in members}
    return {FAMILY: "ensemble", **each}


def _summary(candidate: Candidate) -> str:
    report = candidate.report
    mended = ", calibrated" if report.calibration and report.calibration.taken else ""
    size = len(candidate.graph) / 2**20
    return (
        f"{_who(report.members)} on {_rows(candidate)}{mended}, graph {size:.2f} MiB"
        f"{_left_out(report)}"
    )


def _rows(candidate: Candidate) -> str:
    count, window = f"{len(candidate.rows):,}", candidate.report.window
    if window is None or window.window.kind == "all":
        return f"{count} rows"
    if window.window.kind == "weighted":
        return f"{count} rows, half weight before {window.since[:10]}"
    return f"the newest {count} rows (since {window.since[:10]})"


def _who(members: tuple[Member, ...]) -> str:
    if len(members) == 1:
        return f"{describe(members[0].configuration)} (trial {members[0].trial})"
    parts = " + ".join(f"{m.configuration[FAMILY]} {m.weight:.2g}" for m in members)
    return f"{parts} (trials {', '.join(str(m.trial) for m in members)})"


def _left_out(report: BlendReport) -> str:
    if not report.dropped:
        return ""
    trials = ", ".join(map(str, report.dropped))
    return f"; without trial {trials}, with which it would have been larger than allowed"
