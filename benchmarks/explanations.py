"""What one explained row costs, by family and number of columns: processor time, one thread."""

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from evergreen.contracts.explanation import LinearExplanation
from evergreen.explanation import background, terms
from evergreen.infer.shapley import shapley

from tests.fakes.explained import CONFIGURATIONS, Explained, fitted

ROWS = 20


def milliseconds(model: Explained) -> float:
    """The median over rows."""
    spent = []
    for number, row in enumerate(model.matrix[:ROWS]):
        began = time.process_time()
        if isinstance(model.explanation, LinearExplanation):
            terms(model.signature, model.explanation, row[None])
        else:
            typical = background(model.explanation)
            shapley(model.graph.probabilities, row, typical, bytes([number]))
        spent.append(1000 * (time.process_time() - began))
    return statistics.median(spent)


if __name__ == "__main__":
    for columns in (8, 25):
        for family in CONFIGURATIONS:
            cost = milliseconds(fitted(family, columns))
            print(f"{family}, {columns} columns: {cost:.2f} ms a row")  # noqa: T201
