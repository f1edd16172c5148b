"""Dollars and state transitions of a tuned model, and what a warm-started retrain saves.

A run searches as the model file's defaults say, in this process; its seconds are billed as a Lambda
function's. The second run of a model has another division of the same table, as a retrain has rows
that differ.
"""

import time

from evergreen.contracts.stages import TrialResult
from evergreen.estimators.results import read_results
from msgspec import Struct

from benchmarks.figures import Figure, alone, lower
from benchmarks.tuning import curve, prices, tables, world
from benchmarks.tuning.cells import BUILD

_TABLES = ("loans", "ames")
_SEARCH = {"trials": 20, "parallel": 4, "seed": 0}
_SAGEMAKER = "SageMaker AMT, the same seconds on ml.m5.large"


class Tuned(Struct, frozen=True):
    """One run: its bill, its trials and what it came to."""

    bill: prices.Bill
    results: list[TrialResult]
    loss: float


def figures() -> list[Figure]:
    """Of two tables; the curve by the trials of the second."""
    found: list[Figure] = []
    for table in _TABLES:
        first, second = runs(table)
        found += _of_a_run(table, first) + _of_a_retrain(table, first, second)
    return found + _curve([r.seconds for r in first.results if r.loss is not None])


def runs(table: str) -> tuple[Tuned, Tuned]:
    """A run, and a second on other rows that begins where the first ended."""
    places = [tables.divided(table, seed, BUILD / "data") for seed in (0, 1)]
    made = world.laid(places[0], **_SEARCH)
    world.lay(made, places[1])
    first, second = (_tuned(made, place.name, f"r{n}") for n, place in enumerate(places, 1))
    return first, second


def _tuned(made: world.World, feature_set: str, run_id: str) -> Tuned:
    begun = time.perf_counter()
    ended = world.search_and_train(made, feature_set, run_id, prices.FUNCTION)
    seconds = time.perf_counter() - begun
    results = read_results(made.artifacts, run_id)
    rounds = len(list(made.artifacts.keys(f"runs/{run_id}/rounds/")))
    beside = seconds - sum(each.seconds for each in results)
    return Tuned(prices.bill(results, rounds, beside), results, ended.best_loss or float("nan"))


def _of_a_run(table: str, run: Tuned) -> list[Figure]:
    asked = f"{table}, {len(run.results)} trials and promotions"
    theirs = prices.sagemaker(run.results)
    return [
        alone(f"a tuned model of {asked}", run.bill.whole, unit="$"),
        lower(f"trials of {asked}", run.bill.trials, theirs, _SAGEMAKER, unit="$"),
        alone(f"state transitions of {asked}", run.bill.states, unit=""),
        alone(f"their price, {table}", run.bill.orchestration, unit="$"),
    ]


def _of_a_retrain(table: str, first: Tuned, second: Tuned) -> list[Figure]:
    what = f"a warm-started retrain, {table}"
    return [
        lower(f"{what}: trials", len(second.results), len(first.results), "first run", unit=""),
        lower(f"{what}", second.bill.whole, first.bill.whole, "first run", unit="$"),
        lower(f"{what}: loss in validation", second.loss, first.loss, "first run", unit=""),
    ]


def _curve(measured: list[float]) -> list[Figure]:
    alone_seconds = curve.seconds(measured, 1)
    return [
        lower(
            f"computed: {curve.TRIALS:,} trials, {at_once:,} at once",
            curve.seconds(measured, at_once),
            alone_seconds,
            "one at a time",
            unit="s",
        )
        for at_once in curve.AT_ONCE[1:]
    ]
