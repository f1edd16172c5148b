"""The rounds that a search has proposed."""

from collections.abc import Sequence

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.stages import Trial
from evergreen.estimators.results import read_all
from evergreen.ports import ObjectStore

Round = tuple[Trial, ...]


def read_rounds(artifacts: ObjectStore, run_id: str) -> list[Round]:
    """All rounds so far, oldest first."""
    return read_all(artifacts, keys.run(run_id, "rounds/"), Round)


def read_round(artifacts: ObjectStore, key: str) -> Round:
    """The trials of the round that lies under a key, ``SuggestOutput.items``."""
    return msgspec.json.decode(artifacts.read(key), type=Round)


def write_round(artifacts: ObjectStore, run_id: str, number: int, trials: Round) -> Round:
    """Keep a round as the list that a Distributed Map reads, unless there is one of that number;
    gives what is kept. Numbers start at 1."""
    key = keys.trials_of_round(run_id, number)
    if artifacts.create(key, msgspec.json.encode(trials), "application/json"):
        return trials
    return read_round(artifacts, key)


def proposed_trials(rounds: Sequence[Round]) -> list[Trial]:
    """The trials of all rounds, in order."""
    return [trial for each in rounds for trial in each]
