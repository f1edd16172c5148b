"""What holds a retraining back, in the order in which it is told."""

from collections.abc import Iterator, Sequence

from evergreen.contracts.checks import Suspicion
from evergreen.monitor.decide.outcomes import not_tried
from evergreen.monitor.decide.signs import COUNTED
from evergreen.monitor.decide.situation import Situation
from evergreen.monitor.decide.suspicions import since_found
from evergreen.retraining import (
    HELD_OUT_AT_LEAST,
    Wait,
    closed,
    cooling,
    in_progress,
    not_helped,
    outcomes_asked,
    over_budget,
    wait,
)


def hold(situation: Situation, causes: Sequence[Suspicion]) -> str:
    """The first that holds, as a sentence begins; "" where nothing does."""
    return next((sentence for sentence in _holds(situation, causes) if sentence), "")


def _holds(situation: Situation, causes: Sequence[Suspicion]) -> Iterator[str]:
    """What only a person ends comes first, what time alone ends last."""
    policy, now, runs = situation.file.retrain, situation.now, situation.runs
    run = in_progress(runs, now)
    yield f"run {run.run_id} is in progress" if run else ""
    yield _left_out(situation)
    waits = wait(policy, situation.alias, situation.claim, runs)
    yield _few(situation, policy.outcomes_at_least, waits)
    yield _too_early(situation, causes)
    yield cooling(waits, now)
    yield _few(situation, outcomes_asked(policy, runs), waits)
    yield over_budget(policy, situation.spending)
    yield closed(policy, now)


def _too_early(situation: Situation, causes: Sequence[Suspicion]) -> str:
    """A retraining is measured on what came after the loss was found, and learns from what had
    changed before. Earlier it would hold out all that is new, and be refused; a policy that asks
    for no second look does not wait either."""
    policy = situation.file.retrain
    lost = next((cause for cause in causes if cause.trigger == "performance"), None)
    if lost is None or policy.confirmations == 1 or COUNTED & {each.trigger for each in causes}:
        return ""
    new, asked = since_found(situation, lost), min(HELD_OUT_AT_LEAST, policy.outcomes_at_least)
    if new is None or new >= asked:
        return ""
    return f"{new:,} of {asked:,} outcomes since it was found, to measure a new version on"


def _few(situation: Situation, asked: int, waits: Wait | None) -> str:
    """Where the last retraining would not have helped, that is told first."""
    new = not_tried(situation)
    if new >= asked:
        return ""
    refused = f"{not_helped(waits)}; " if waits and waits.refused_at else ""
    return f"{refused}{new:,} of {asked:,} outcomes since the last run"


def _left_out(situation: Situation) -> str:
    """A policy that asks for no outcomes does not learn from captures."""
    file = situation.file
    hidden = [name for name in file.features if name in file.capture.redact]
    if not hidden or not file.retrain.outcomes_at_least:
        return ""
    return f"captures leave out {', '.join(hidden)}, so train on a new table"
