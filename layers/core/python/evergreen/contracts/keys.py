"""Where objects lie. One function per kind of key, so that stages agree without importing."""


def dataset(dataset_id: str, name: str) -> str:
    """A part of a dataset version, in the features bucket: data.parquet, report.json, ..."""
    return f"datasets/{dataset_id}/{name}"


def newest_dataset(kind: str, name: str) -> str:
    """The id of a table's newest dataset version that was not refused, in the features bucket."""
    return f"datasets/newest/{kind}-{name}"


def feature_set(feature_set_id: str, name: str) -> str:
    """A part of a feature set, in the features bucket: train.npz, signature.json, ..."""
    return f"feature-sets/{feature_set_id}/{name}"


def view(name: str, part: str) -> str:
    """A part of a feature view, in the features bucket; see :mod:`evergreen.contracts.views`."""
    return f"feature-views/{name}/{part}"


def batch(batch_id: str, name: str) -> str:
    """A part of a scored table, in the features bucket: part-00000.parquet, manifest.json, ..."""
    return f"batches/{batch_id}/{name}"


def run(run_id: str, name: str) -> str:
    """A part of a run, in the artifacts bucket."""
    return f"runs/{run_id}/{name}"


def run_report(run_id: str, kind: str) -> str:
    """What is told of a run, in the artifacts bucket; ``kind`` is json or html."""
    return run(run_id, f"report.{kind}")


def trial(run_id: str, number: int) -> str:
    """The result of a trial, in the artifacts bucket."""
    return run(run_id, f"trials/{number:04d}.json")


def search(run_id: str) -> str:
    """What a run's search was begun with, in the artifacts bucket."""
    return run(run_id, "search.json")


def trials_of_round(run_id: str, number: int) -> str:
    """The JSON list of a round's trials, in the artifacts bucket; rounds count from 1."""
    return run(run_id, f"rounds/{number:04d}.json")


def predictions(run_id: str, number: int) -> str:
    """What a trial at full fidelity answered to rows it was not fitted on, in the artifacts
    bucket: ``rows`` (int64, places in train followed by validation), ``folds`` (int8) and
    ``answers`` (float64), of shape (m,), of several classes (m, k)."""
    return run(run_id, f"predictions/{number:04d}.npz")


def candidate(run_id: str, name: str) -> str:
    """A part of a candidate, in the artifacts bucket: model.onnx, pipeline.skops, ..."""
    return run(run_id, f"candidate/{name}")


def drift_report(model: str, checked_at: str, kind: str) -> str:
    """A drift report, in the artifacts bucket; ``kind`` is json or html."""
    return f"reports/{model}/drift/{checked_at.replace(':', '')}.{kind}"


def checks(model: str) -> str:
    """What is remembered of a model's checks from one to the next, in the artifacts bucket."""
    return f"reports/{model}/checks.json"


def day_digest(model: str, version: int, day: str) -> str:
    """What a version served on a day of arrival (``2026-01-31``), counted in its baseline's bins,
    in the features bucket."""
    return f"{day_digests(model)}v{version}/dt={day}.npz"


def day_digests(model: str) -> str:
    """Where in the features bucket the digests of a model's days lie."""
    return f"digests/{model}/"


def decision(model: str, at: str, decision_id: str) -> str:
    """The record of a decision, in the artifacts bucket."""
    return f"reports/{model}/decisions/{at.replace(':', '')}-{decision_id}.json"


def alert(model: str, about: str) -> str:
    """What says that people were told of something, in the artifacts bucket."""
    return f"reports/{model}/alerts/{about}.json"


def sweep(sweep_id: str, name: str) -> str:
    """A part of a scheduled look at all models, in the artifacts bucket: begun.json, known.json,
    batches.json, findings/0001.json, contests/<model>.json."""
    return f"sweeps/{sweep_id}/{name}"


def fleet_page(kind: str) -> str:
    """All models as the last sweep found them, in the artifacts bucket; html or json."""
    return f"reports/fleet.{kind}"


def expectation(run_id: str) -> str:
    """What the run's candidate is expected to do, in the artifacts bucket."""
    return run(run_id, "expectation.json")


def last_check(model: str) -> str:
    """What the last drift check of a model saw and said, in the artifacts bucket."""
    return f"reports/{model}/last-check.json"


def version(model: str, run_id: str, name: str) -> str:
    """A part of a registered version, in the artifacts bucket. The run is its identity."""
    return f"models/{model}/{run_id}/{name}"


def erasure(certificate: str, kind: str) -> str:
    """The certificate of an erasure, in the artifacts bucket; ``kind`` is json or html."""
    return f"reports/erasures/{certificate}.{kind}"


def erased(name: str, token: str = "") -> str:
    """What says that an entity of a view was erased, or the prefix of all, in the features
    bucket."""
    return view(name, f"erased/{token}")
