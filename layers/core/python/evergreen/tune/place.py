"""Whether a run's trials and its last fit need more than a Lambda function."""

from evergreen.contracts.fargate import Size, size
from evergreen.contracts.search import CELLS_IN_A_FUNCTION, Compute
from evergreen.errors import NotConfigured


def container(compute: Compute, cells: int, *, containers: bool) -> Size | None:
    """The container that they run in; None where a function will do, or has to.

    Args:
        cells: rows times columns that a fit takes.
        containers: whether the environment has any.

    Raises:
        NotConfigured: the model file asks for containers, and there are none.
    """
    if compute.on == "container" and not containers:
        raise NotConfigured(
            "compute.on asks for containers, which this environment was deployed without; deploy it"
            " with them (cdk deploy -c containers=true), or take compute.on out of the model file."
        )
    large = compute.on == "auto" and cells > CELLS_IN_A_FUNCTION
    return size(compute) if containers and (large or compute.on == "container") else None
