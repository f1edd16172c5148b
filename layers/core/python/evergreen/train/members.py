"""Fit the members that were chosen, on the rows of their window."""

from msgspec import Struct

from evergreen.contracts.candidate import Member
from evergreen.estimators.pipeline import Fitted, fit, to_graph
from evergreen.train.ensemble import Weights
from evergreen.train.evidence import Evidence
from evergreen.train.material import Material
from evergreen.train.windows import Learned

_MEBIBYTE = 2**20


class Fit(Struct, frozen=True, eq=False):
    """Fitted members.

    Attributes:
        weights: of those that were kept, by place in the evidence's trials, in the order of
            ``fitted``.
        graphs: of several members, each its own.
        dropped: trials left out.
    """

    weights: Weights
    fitted: tuple[Fitted, ...]
    graphs: tuple[bytes, ...] = ()
    dropped: tuple[int, ...] = ()


def fit_members(material: Material, evidence: Evidence, weights: Weights, given: Learned) -> Fit:
    """Of several members whose graphs are together larger than the gate allows, the heaviest is
    left out, and the next, until they fit or one is left.

    Raises:
        InvalidTable: the rows lack a class, or hold one number only.
    """
    signature = material.signature
    fitted = {
        place: fit(signature, evidence.trials[place].configuration, given.rows, given.weights)
        for place in weights
    }
    if len(fitted) == 1:
        return Fit(weights, tuple(fitted.values()))
    graphs = {place: to_graph(member, signature) for place, member in fitted.items()}
    dropped = []
    while len(graphs) > 1 and _size(graphs) > material.file.gates.graph_mebibytes:
        heaviest = max(graphs, key=lambda place: len(graphs[place]))
        del graphs[heaviest]
        dropped.append(evidence.trials[heaviest].number)
    total = sum(weights[place] for place in graphs)
    return Fit(
        {place: weights[place] / total for place in graphs},
        tuple(fitted[place] for place in graphs),
        tuple(graphs.values()),
        tuple(dropped),
    )


def members(evidence: Evidence, weights: Weights) -> tuple[Member, ...]:
    """What the candidate is made of, the heaviest share first."""
    return tuple(
        Member(evidence.trials[place].number, weight, evidence.trials[place].configuration)
        for place, weight in weights.items()
    )


def _size(graphs: dict[int, bytes]) -> float:
    return sum(map(len, graphs.values())) / _MEBIBYTE
