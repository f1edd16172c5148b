"""What a search was begun with. It is written once, so that all its steps go by the same."""

from typing import Literal

import msgspec
from msgspec import Struct

from evergreen.contracts import keys
from evergreen.contracts.stages import Configuration, Fidelity, Place
from evergreen.ports import ObjectStore

INLINE_AT_MOST = 40
"""Trials of a round that a Map within the execution runs."""


class Earlier(Struct, frozen=True):
    """A configuration of an earlier run of the model, which comes before new proposals."""

    configuration: Configuration
    origin: str


class Begun(Struct, frozen=True, kw_only=True):
    """``runs/<run_id>/search.json``.

    ``seen`` names what makes losses of two searches comparable; ``rows`` are those of train and
    validation; ``resumed`` are the trials of the run ``resumes`` that count as this run's, by
    number.
    """

    at: str
    feature_set: str
    seen: str
    ladder: tuple[Fidelity, ...]
    rows: int
    runs_in: Literal["lambda", "container"] = "lambda"
    earlier: tuple[Earlier, ...] = ()
    resumes: str = ""
    resumed: tuple[int, ...] = ()

    def place(self, trials: int) -> Place:
        """Where a round of so many trials runs."""
        if self.runs_in == "container":
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
