"""What holds a retraining back, in the order in which it is told."""

from collections.abc import Iterator

from evergreen.contracts.policies import Retrain
from evergreen.contracts.registry import Run
from evergreen.monitor.decide.outcomes import not_tried
from evergreen.monitor.decide.situation import Situation
from evergreen.retraining import (
    closed,
    cooling,
    in_progress,
    outcomes_asked,
    over_budget,
    wait,
)


def hold(situation: Situation) -> str:
    """The first that holds, as a sentence begins; "" where nothing does."""
    return next((sentence for sentence in _holds(situation) if sentence), "")


def _holds(situation: Situation) -> Iterator[str]:
    """What only a person ends comes first, what time alone ends last."""
    policy, now, runs = situation.file.retrain, situation.now, situation.runs
    run = in_progress(runs, now)
    yield f"run {run.run_id} is in progress" if run else ""
    yield _left_out(situation)
    new, least = not_tried(situation), policy.outcomes_at_least
    yield f"{new:,} of {least:,} outcomes since the last run" if new < least else ""
    yield cooling(wait(policy, situation.alias, situation.claim, runs), now)
    yield _too_few_to_try_again(new, policy, runs)
    yield over_budget(policy, situation.spending)
    yield closed(policy, now)


def _too_few_to_try_again(new: int, policy: Retrain, runs: tuple[Run, ...]) -> str:
    asked = outcomes_asked(policy, runs)
    if new >= asked:
        return ""
    return (
        f"{new:,} of {asked:,} outcomes since the last run, twice as many for each time that it"
        " would not have helped"
    )


def _left_out(situation: Situation) -> str:
    """A policy that asks for no outcomes does not learn from captures."""
    file = situation.file
    hidden = [name for name in file.features if name in file.capture.redact]
    if not hidden or not file.retrain.outcomes_at_least:
        return ""
    return f"captures leave out {', '.join(hidden)}, so train on a new table"
