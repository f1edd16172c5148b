"""Whether a run's trials and its last fit need more than a Lambda function."""

from typing import Literal

from evergreen.contracts.search import CELLS_IN_A_FUNCTION, Compute
from evergreen.errors import NotConfigured

RunsIn = Literal["lambda", "container"]


def runs_in(compute: Compute, cells: int, *, containers: bool) -> RunsIn:
    """Where the model file, or else the size of the table, wants them.

    Args:
        cells: rows times columns.
        containers: whether the environment has any.

    Raises:
        NotConfigured: the model file asks for containers, and there are none.
    """
    if compute.on == "container" and not containers:
        raise NotConfigured(
            "compute.on asks for containers, which this environment was deployed without; deploy it"
            " with containers, or take compute.on out of the model file."
        )
    large = compute.on == "auto" and cells > CELLS_IN_A_FUNCTION
    return "container" if containers and (large or compute.on == "container") else "lambda"
