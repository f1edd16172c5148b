"""A run that evaluate is done with, as register finds it."""

import msgspec
from evergreen.contracts import keys
from evergreen.contracts.candidate import (
    BlendReport,
    CalibrationReport,
    EnsembleReport,
    Member,
    ThresholdReport,
)
from evergreen.contracts.expectation import Expectation, Knots
from evergreen.contracts.explanation import SampledExplanation
from evergreen.contracts.feature_set import Manifest, SplitReport
from evergreen.contracts.profile import CategoryProfile, NumberProfile, Profile
from evergreen.contracts.stages import RegisterInput, RunInput
from evergreen.contracts.verdict import Contest, Gate, GroupRate, Verdict
from evergreen.ports import ObjectStore

from tests.fakes.registered import MODEL

PARITY = Gate("parity", True, "Graph and pipeline differ by at most 1e-06.")
SETTINGS = {"estimator": "forest", "depth": 3, "rate": 0.1, "weight": None}
BLEND = BlendReport(
    "roc_auc",
    3000,
    (Member(4, 1.0, SETTINGS),),
    EnsembleReport(5, 0.88, 0.881, 0.6, taken=False),
    calibration=CalibrationReport(
        "sigmoid",
        0.8,
        (0.0, 0.1),
        0.2,
        0.19,
        0.97,
        taken=True,
        reliability_before=(),
        reliability_after=(),
    ),
    threshold=ThresholdReport(0.25, "as many as are positive"),
)
EXPECTED = Expectation(
    metric="roc_auc",
    value=0.8894,
    low=0.87,
    high=0.91,
    rows=1200,
    naive=0.5,
    answers=NumberProfile((0.1,), (600, 600), 0),
    outcomes=CategoryProfile({"0": 1140, "1": 60}, 0),
    calibration=(Knots((0.0, 1.0), (0.0, 1.0)),),
    threshold=0.25,
)
METRIC = Gate("metric", True, "roc_auc 0.889 is at least 0.8.")


def verdict(*gates: Gate, contest: Contest | None = None) -> Verdict:
    """A verdict with these gates, or with two that were passed."""
    return Verdict(
        metric="roc_auc",
        value=0.8894,
        interval=(0.87, 0.91),
        metrics={"roc_auc": 0.8894, "brier": 0.04},
        threshold=0.25,
        rows=1200,
        positives=60,
        newest="1999-12-31T00:00:00Z",
        oldest="1999-01-01T00:00:00Z",
        groups=(GroupRate("sex", "f<m", 600, 30, 0.5),),
        contest=contest,
        gates=gates or (PARITY, METRIC),
    )


def evaluated(
    run_id: str,
    artifacts: ObjectStore,
    features: ObjectStore,
    judged: Verdict | None = None,
    blend: BlendReport = BLEND,
) -> RegisterInput:
    """Lay down all that a run left, and give the input of ``register``."""
    profile = Profile(
        3000,
        CategoryProfile({"0": 2850, "1": 150}, 0),
        {"speed": NumberProfile((1.0,), (1, 2), 0)},
        "1998-12-31",
    )
    features.write(
        keys.feature_set("f1", "signature.json"),
        b'{"inputs": [{"name": "speed", "type": "number"},'
        b' {"name": "year.month", "type": "number", "origin": "calendar"}]}',
    )
    test = SplitReport("test", 1200, {"0": 1140, "1": 60}, None, "", "")
    split = Manifest("f1", "d1", 4200, "By a fixed hash of the row.", (test,))
    features.write(keys.feature_set("f1", "manifest.json"), msgspec.json.encode(split))
    features.write(keys.feature_set("f1", "profile.json"), msgspec.json.encode(profile))
    artifacts.write(keys.candidate(run_id, "model.onnx"), f"graph of {run_id}".encode())
    artifacts.write(keys.candidate(run_id, "pipeline.skops"), f"pipeline of {run_id}".encode())
    explained = msgspec.json.encode(SampledExplanation(((1.0,), (None,))))
    artifacts.write(keys.candidate(run_id, "explanation.json"), explained)
    artifacts.write(keys.candidate(run_id, "configuration.json"), msgspec.json.encode(SETTINGS))
    artifacts.write(keys.candidate(run_id, "blend.json"), msgspec.json.encode(blend))
    artifacts.write(keys.expectation(run_id), msgspec.json.encode(EXPECTED))
    artifacts.write(keys.run(run_id, "verdict.json"), msgspec.json.encode(judged or verdict()))
    run = RunInput(run_id=run_id, model=MODEL, sources=("raw/1997.csv", "raw/1998.csv"))
    return RegisterInput(run, "d1", "f1")
