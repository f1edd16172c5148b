"""What a search was begun with. It is written once, so that all its steps go by the same."""

import msgspec
from msgspec import Struct

from evergreen.contracts import keys
from evergreen.contracts.fargate import Size
from evergreen.contracts.stages import Fidelity, Place
from evergreen.ports import ObjectStore
from evergreen.tune.proposals.earlier import NOTHING, Earlier

INLINE_AT_MOST = 40
"""Trials of a round that a Map within the execution runs."""


class Begun(Struct, frozen=True, kw_only=True):
    """``runs/<run_id>/search.json``.

    ``seen`` names what makes losses of two searches comparable; ``rows`` are those of train and
    validation; ``container`` is what trials and the last fit run in, None where a function will do;
    ``earlier`` is what the model's earlier runs have shown; ``resumed`` are the trials of the run
    ``resumes`` that count as this run's, by number.
    """

    at: str
    feature_set: str
    seen: str
    ladder: tuple[Fidelity, ...]
    rows: int
    container: Size | None = None
    earlier: Earlier = NOTHING
    resumes: str = ""
    resumed: tuple[int, ...] = ()

    def place(self, trials: int) -> Place:
        """Where a round of so many trials runs."""
        if self.container:
            return "container"
        return "inline" if trials <= INLINE_AT_MOST else "distributed"


def read_begun(artifacts: ObjectStore, run_id: str) -> Begun:
    """What the run's search was begun with.

    Raises:
        NotFound: nothing was suggested yet.
    """
    return msgspec.json.decode(artifacts.read(keys.search(run_id)), type=Begun)


def write_begun(artifacts: ObjectStore, run_id: str, begun: Begun) -> Begun:
    """Keep it unless the search was begun before; gives what is kept."""
    body = msgspec.json.encode(begun)
    artifacts.create(keys.search(run_id), body, "application/json")
    return read_begun(artifacts, run_id)
