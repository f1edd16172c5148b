"""The rounds that a search has proposed."""

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.stages import SuggestOutput, Trial
from evergreen.ports import ObjectStore


def read_rounds(artifacts: ObjectStore, run_id: str) -> list[SuggestOutput]:
    """All rounds so far, oldest first."""
    found = artifacts.keys(keys.run(run_id, "rounds/"))
    return [msgspec.json.decode(artifacts.read(key), type=SuggestOutput) for key in found]


def write_round(artifacts: ObjectStore, run_id: str, number: int, proposed: SuggestOutput) -> None:
    """Keep a round; numbers start at 1."""
    artifacts.write(keys.run(run_id, f"rounds/{number:04d}.json"), msgspec.json.encode(proposed))


def proposed_trials(rounds: list[SuggestOutput]) -> list[Trial]:
    """The trials of all rounds, in order."""
    return [trial for proposed in rounds for trial in proposed.trials]
