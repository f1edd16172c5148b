"""One cell of ours, ``python -m benchmarks.tuning.ours FOLDER TOOL SEED BUDGET FILE``: the search
and the last fit, in this process, on processor time; judged by the answers of the ONNX graph.

The search is given a share of the budget, so that with the last fit and the graph (the ensemble,
the calibration and the diagnostics too) all of it stays within what the peers have.
"""

import sys
import time
import warnings
from pathlib import Path

import msgspec
from evergreen.contracts import keys
from evergreen.estimators.results import read_results

from benchmarks.tuning import world
from benchmarks.tuning.cells import OURS, Cell, key
from benchmarks.tuning.peers import cpu

SHARE_OF_THE_SEARCH = 0.75


def main(place: Path, seed: int, budget: float, file: Path) -> None:
    """Run the cell."""
    wall = time.monotonic
    cpu.take_over()
    made = world.laid(place, seed=seed, minutes=budget * SHARE_OF_THE_SEARCH / 60)
    began, begun = cpu.now(), wall()
    world.search_and_train(made, place.name)
    spent, waited = cpu.now() - began, wall() - begun
    cell = Cell(
        table=made.task.name,
        tool=OURS,
        seed=seed,
        budget=budget,
        loss=world.loss(made, place),
        cpu=spent,
        wall=waited,
        trials=len(read_results(made.artifacts, world.RUN)),
        what=made.artifacts.read(keys.candidate(world.RUN, "configuration.json")).decode(),
        key=key(OURS),
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.encode(cell))


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    folder, _, number, seconds, out = sys.argv[1:]
    main(Path(folder), int(number), float(seconds), Path(out))
