"""Dollars and state transitions of a tuned model, and what a warm-started retrain saves.

The seconds of processor time that a run takes in a process here are billed as a Lambda function's,
and so are those that importing the tuner takes, once for each function that runs at the same time
and once for the last fit. What the stages before ``tune`` and after ``train`` take is not counted;
their states are.
"""

import sys
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from benchmarks.figures import Figure, alone, lower
from benchmarks.tuning import prices
from benchmarks.tuning.cells import OURS, key, run_alone
from benchmarks.tuning.pieces import HERE, Pieces, digest, no_time
from benchmarks.tuning.tuned import SEARCH, Tuned

TABLES = ("loans", "ames", "bicycles")
"""A small one, a wide one and a larger one: 3,340 rows of 13 columns, 2,197 of 73, 58,815 of 7."""

_SAGEMAKER = "SageMaker AMT, the same seconds on ml.m5.large"
_START = (
    "import runpy, time; runpy.run_path('functions/tune/handler.py'); print(time.process_time())"
)
_SECONDS_AT_MOST = 7_200.0
"""By the clock: a busy machine takes many times the processor time, which is minutes."""


class Paid(Struct, frozen=True):
    """A run and its bill."""

    run: Tuned
    bill: prices.Bill


def figures(pieces: Pieces) -> list[Figure]:
    """Of each table."""
    found: list[Figure] = []
    for table in TABLES:
        both = _paid(table, pieces)
        if both is None:
            found.append(no_time(f"a tuned model of {table}"))
            continue
        found += _of_a_run(table, both[0]) + _of_a_retrain(table, *both)
    return found


def trial_seconds(table: str, pieces: Pieces) -> list[float] | None:
    """Of the trials of a table's first run; None where there was no time for it."""
    both = _paid(table, pieces)
    return both and [each.seconds for each in both[0].run.results if each.loss is not None]


def _paid(table: str, pieces: Pieces) -> tuple[Paid, Paid] | None:
    version = f"{key(OURS)} {digest(HERE / 'tuned.py')}"
    kind = tuple[float, Tuned, Tuned]
    kept = pieces.piece(f"cost-{table}", version, lambda: _measured(table), kind)
    if kept is None:
        return None
    start, *runs = kept
    first, second = (
        Paid(run, prices.bill(run.results, run.rounds, run.beside, _starts(run, start)))
        for run in runs
    )
    return first, second


def _starts(run: Tuned, seconds: float) -> list[float]:
    """Of as many functions as ever tried at the same time, and of the last fit's."""
    return [seconds] * (min(int(SEARCH["parallel"]), len(run.results)) + 1)


def _measured(table: str) -> tuple[float, Tuned, Tuned]:
    runs = _said([sys.executable, "-m", "benchmarks.tuning.tuned", table])
    first, second = msgspec.json.decode(runs, type=tuple[Tuned, Tuned])
    return float(_said([sys.executable, "-c", _START])), first, second


def _said(command: Sequence[str]) -> str:
    done = run_alone(list(command), _SECONDS_AT_MOST)
    if done.returncode:
        raise RuntimeError(f"{command[1:]} failed: {done.stderr[-2000:]}")
    return done.stdout


def _of_a_run(table: str, paid: Paid) -> list[Figure]:
    run, bill = paid.run, paid.bill
    asked = f"{table}, {len(run.results)} trials and promotions"
    theirs = prices.sagemaker(run.results)
    return [
        alone(f"a tuned model of {asked}", bill.whole, unit="$"),
        lower(f"trials of {asked}", bill.trials, theirs, _SAGEMAKER, unit="$"),
        alone(f"processor time of {asked}", sum(r.seconds for r in run.results), unit="s"),
        alone(f"starts of its functions, {table}", bill.starts, unit="$"),
        alone(f"state transitions of {asked}", bill.states, unit=""),
        alone(f"their price, {table}", bill.orchestration, unit="$"),
    ]


def _of_a_retrain(table: str, first: Paid, second: Paid) -> list[Figure]:
    what = f"a warm-started retrain, {table}"
    trials = (len(second.run.results), len(first.run.results))
    return [
        lower(f"{what}: trials", *trials, "first run", unit=""),
        lower(f"{what}", second.bill.whole, first.bill.whole, "first run", unit="$"),
        lower(f"{what}: loss in validation", second.run.loss, first.run.loss, "first run", unit=""),
    ]
