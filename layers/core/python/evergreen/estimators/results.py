"""The results of a run's trials, as ``tune`` leaves them and ``train`` finds them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.stages import TrialResult
from evergreen.ports import ObjectStore

_READS_AT_ONCE = 16


def read_results(artifacts: ObjectStore, run_id: str) -> list[TrialResult]:
    """All results of the run so far, by trial number."""
    found: list[TrialResult] = read_all(artifacts, keys.run(run_id, "trials/"), TrialResult)
    return found


def write_result(artifacts: ObjectStore, run_id: str, result: TrialResult) -> None:
    """Keep a trial's result."""
    artifacts.write(keys.trial(run_id, result.number), msgspec.json.encode(result))


def create_result(artifacts: ObjectStore, run_id: str, result: TrialResult) -> TrialResult:
    """Keep a trial's result unless it has one; gives what is kept."""
    key = keys.trial(run_id, result.number)
    if artifacts.create(key, msgspec.json.encode(result)):
        return result
    return msgspec.json.decode(artifacts.read(key), type=TrialResult)


def best_of(results: Sequence[TrialResult]) -> TrialResult | None:
    """The result of least loss among those of the highest rung that has any, the earliest of
    equals; None where every trial failed.

    Losses of different rungs were measured on different rows and do not compare.
    """
    finished = [result for result in results if result.loss is not None]
    return min(finished, key=lambda r: (-r.fidelity.rung, r.loss, r.number), default=None)


def read_all(artifacts: ObjectStore, prefix: str, kind: Any) -> list[Any]:
    """The JSON documents below a prefix, in the order of the numbers that they are named by."""
    found = sorted(artifacts.keys(prefix), key=lambda key: (len(key), key))
    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        bodies = pool.map(artifacts.read, found)
    return [msgspec.json.decode(body, type=kind) for body in bodies]
