"""The results of a run's trials, as ``tune`` leaves them and ``train`` finds them."""

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.stages import TrialResult
from evergreen.ports import ObjectStore


def read_results(artifacts: ObjectStore, run_id: str) -> list[TrialResult]:
    """All results of the run so far, by trial number."""
    found = artifacts.keys(keys.run(run_id, "trials/"))
    return [msgspec.json.decode(artifacts.read(key), type=TrialResult) for key in found]


def write_result(artifacts: ObjectStore, run_id: str, result: TrialResult) -> None:
    """Keep a trial's result."""
    artifacts.write(keys.trial(run_id, result.number), msgspec.json.encode(result))


def best_of(results: list[TrialResult]) -> TrialResult | None:
    """The result of least loss, the earliest of equals; None where every trial failed."""
    finished = [result for result in results if result.loss is not None]
    return min(finished, key=lambda r: (r.loss, r.number), default=None)
