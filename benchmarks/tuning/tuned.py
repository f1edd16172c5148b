"""Two runs of one table in a process of their own, ``python -m benchmarks.tuning.tuned TABLE``: a
search as the model file's defaults have it and a last fit, and then the same on another division of
the table, as a retrain has rows that differ. All on processor time, so that a neighbour on the
machine costs nothing."""

import sys
import warnings

import msgspec
from evergreen.contracts.stages import TrialResult
from evergreen.estimators.results import read_results
from msgspec import Struct

from benchmarks.tuning import prices, tables, world
from benchmarks.tuning.cells import BUILD
from benchmarks.tuning.peers import cpu

SEARCH = {"trials": 20, "parallel": 4, "seed": 0}


class Tuned(Struct, frozen=True):
    """One run: its trials, how many rounds they came in, the seconds of all else, its best loss."""

    results: list[TrialResult]
    rounds: int
    beside: float
    loss: float


def main(table: str) -> None:
    """Print both runs as JSON."""
    cpu.take_over()
    places = [tables.divided(table, seed, BUILD / "data") for seed in (0, 1)]
    made = world.laid(places[0], **SEARCH)
    world.lay(made, places[1])
    runs = [tuned(made, place.name, f"r{n}") for n, place in enumerate(places, 1)]
    sys.stdout.write(msgspec.json.encode(runs).decode())


def tuned(made: world.World, feature_set: str, run_id: str) -> Tuned:
    """Search and train."""
    began = cpu.now()
    world.search_and_train(made, feature_set, run_id, prices.FUNCTION)
    results = read_results(made.artifacts, run_id)
    beside = cpu.now() - began - sum(each.seconds for each in results)
    rounds = len(list(made.artifacts.keys(f"runs/{run_id}/rounds/")))
    best = min(each.loss for each in results if each.fidelity.full and each.loss is not None)
    return Tuned(results, rounds, beside, best)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main(sys.argv[1])
