"""A version as performance sees it: what it was held to, and what it served."""

import numpy as np
from evergreen.contracts.columns import categories
from evergreen.contracts.model_file import ModelFile, Target
from evergreen.contracts.policies import CapturePolicy, Monitor
from evergreen.contracts.profile import NumberProfile, Profile
from evergreen.contracts.registry import Artifact, Lineage, Version, VersionDraft
from evergreen.contracts.signature import Column, Signature
from evergreen.evaluate.expectation import expectation
from evergreen.frame import Frame
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.performance import expected_losses
from evergreen.monitor.served import Served

HOUR = 3600 * 10**9
CLASSES = {"binary": ("no", "yes"), "multiclass": ("low", "middle", "top"), "regression": ()}
_ARTIFACT = Artifact("a", "", 1)
_INPUTS = (
    Column("size", "number", nullable=True),
    Column("kind", "category", values=("hand", "auto")),
)


def model(problem="regression", metric="mae", worse_by=0.1, redact=()):
    """A model file of two columns."""
    return ModelFile(
        name="m",
        problem=problem,
        target=Target("y"),
        metric=metric,
        monitor=Monitor(worse_by=worse_by),
        capture=CapturePolicy(redact=redact),
    )


def signature(problem="regression"):
    """Of a number that may be missing, and a category."""
    return Signature(_INPUTS, (), "y", CLASSES[problem], problem)


def frame(truth, size=None, kind=None):
    """Rows an hour apart."""
    rows = len(truth)
    size = np.zeros(rows) if size is None else size
    kind = np.full(rows, "hand") if kind is None else kind
    columns = {"size": size.astype(np.float32), "kind": categories(kind)}
    return Frame(columns, truth, np.arange(rows) * HOUR)


def held(file, truth, answers, size=None, kind=None):
    """The baseline of a version with these answers on its hold-out."""
    made = signature(file.problem)
    expected = expectation(file, made, frame(truth, size, kind), answers, 0.5)
    profile = Profile(len(truth), NumberProfile((), (0,), 0), {}, "")
    return Baseline(version(file.metric, expected.value), profile, made, expected)


def version(metric, value):
    """A registered version that was measured so."""
    lineage = Lineage("r1", "", "d1", "f1", (), 1, {}, 100, "")
    draft = VersionDraft(
        model="m",
        lineage=lineage,
        graph=_ARTIFACT,
        pipeline=_ARTIFACT,
        signature=_ARTIFACT,
        profile=_ARTIFACT,
        card=_ARTIFACT,
        metrics={metric: value},
        threshold=0.5,
    )
    return Version(number=1, registered_at="2026-01-01T00:00:00.000Z", draft=draft)


def served(baseline, truth, answers, size=None, kind=None, judged=None, groups=None, clusters=None):
    """What the version served, an hour apart; all of it judged, or these places."""
    rows = len(answers)
    answered = answers if answers.ndim > 1 else answers[:, None]
    judged = np.arange(rows) if judged is None else judged
    losses = np.zeros(0, np.float32)
    if baseline.expectation and baseline.expectation.losses:
        columns = frame(np.zeros(rows), size, kind).columns
        losses = expected_losses(baseline.expectation.losses, columns, answered)
    groups = groups or {}
    values = {name: tuple(sorted(set(each.tolist()))) for name, each in groups.items()}
    return Served(
        since="",
        until="",
        ids=np.arange(rows).astype(np.uint64),
        served=np.arange(rows) * HOUR,
        times=np.arange(rows) * HOUR,
        answers=answered.astype(np.float64),
        losses=losses,
        clusters=np.zeros(0, np.uint8) if clusters is None else clusters,
        judged=judged,
        truth=truth[judged],
        counts={},
        column_rows={},
        sums={},
        seasons={},
        segments={},
        groups={
            name: np.searchsorted(values[name], each).astype(np.int32)
            for name, each in groups.items()
        },
        group_values=values,
        codes=np.zeros((0, 0), np.uint8),
    )
