"""One policy on one history: serve, hear of outcomes, check, decide, retrain, step by step."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.decision import Decision
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import CHAMPION
from evergreen.ports import iso
from evergreen.prices import Worker, dollars
from evergreen.retrain import retrain
from evergreen.simulation.beside import Step
from evergreen.simulation.looks import look
from evergreen.simulation.result import Attempt, Outcome, Window
from evergreen.simulation.scores import mean, measured, worst
from evergreen.simulation.traffic import write_captures, write_feedback
from evergreen.simulation.work import Work
from evergreen.simulation.world import World

_CHECKER = Worker("lambda", memory_gib=3008 / 1024)


class Span(Struct, frozen=True):
    """The replayed time, all in nanoseconds; moments count since 1970."""

    since: int
    until: int
    step: int
    delay: int

    def steps(self) -> Iterator[tuple[int, int]]:
        """Where each step begins and ends; the last may be shorter."""
        for begin in range(self.since, self.until, self.step):
            yield begin, min(begin + self.step, self.until)


class _Ledger(Struct):
    """What happened so far."""

    windows: list[Window] = []
    steps: list[Step] = []
    attempts: list[Attempt] = []
    decisions: list[Decision] = []
    moves: list[tuple[str, int]] = []
    checks: int = 0
    seconds: float = 0.0
    rolled_back: int = 0


def replay(
    work: Work, policy: str, told: str, file: ModelFile, span: Span, note: Callable[[str], None]
) -> tuple[Outcome, list[Step]]:
    """Run the history under a policy; gives what answered each step too.

    Args:
        file: the model file as the policy has it.
        note: told of each retraining.
    """
    world, ledger = work.world(file), _Ledger()
    for begin, end in span.steps():
        _serve(work, world, ledger, span, begin, end)
        world.set_clock(end)
        if policy != "never":
            _check(work, world, ledger, note)
    return _outcome(file, policy, told, ledger), ledger.steps


def _serve(work: Work, world: World, ledger: _Ledger, span: Span, begin: int, end: int) -> None:
    """Answer the rows of a step, and hear of the outcomes that came in it."""
    history, name = work.history, work.history.file.name
    alias = world.registry.alias(name, CHAMPION)
    assert alias  # noqa: S101 - the first version serves
    answers = work.answers(world, world.registry.version(name, alias.version))
    rows = _between(history.arrived, begin, end)
    write_captures(world.features, history, answers, alias.version, rows)
    # What was outstanding when the replay began is of rows that nobody captured.
    heard = _between(history.arrived + span.delay, begin, end)
    heard = heard[history.arrived[heard] >= span.since]
    write_feedback(world.features, history, heard, span.delay)
    ledger.steps.append(Step(answers, rows))
    period = _moment(begin), _moment(end)
    ledger.windows.append(measured(history, answers, rows, alias.version, period))


def _check(work: Work, world: World, ledger: _Ledger, note: Callable[[str], None]) -> None:
    name = work.history.file.name
    before = world.registry.alias(name, CHAMPION)
    began = time.process_time()
    decision = look(world, name)
    ledger.seconds += time.process_time() - began
    ledger.checks += 1
    if decision:
        ledger.decisions.append(decision)
    after = world.registry.alias(name, CHAMPION)
    if after and before and after.version != before.version:
        ledger.rolled_back += 1
        ledger.moves.append((world.at, after.version))
    for asked in world.events.take():
        retrain(
            asked,
            registry=world.registry,
            artifacts=world.artifacts,
            workflow=world.runs,
            bus=world.events,
            clock=world.clock,
        )
        for run in world.runs.take():
            learned, version = work.learn(world, run)
            ended = world.registry.run(run.run_id)
            if version is not None:
                ledger.moves.append((world.at, version))
            cost = learned.dollars
            ledger.attempts.append(
                Attempt(
                    world.at, run.run_id, asked.reason, ended.status, ended.reason, version, cost
                )
            )
            note(f"{world.at[:10]} {asked.reason}: {ended.status}, {ended.reason}")


def _outcome(file: ModelFile, policy: str, told: str, ledger: _Ledger) -> Outcome:
    low = worst(file.metric, ledger.windows)
    ended = [attempt.status for attempt in ledger.attempts]
    return Outcome(
        policy=policy,
        told=told,
        mean=mean(ledger.windows),
        worst=low.value if low and low.value is not None else float("nan"),
        worst_since=low.since if low else "",
        started=len(ended),
        promoted=ended.count("deployed"),
        refused=ended.count("refused"),
        failed=ended.count("failed"),
        rolled_back=ledger.rolled_back,
        checks=ledger.checks,
        dollars_training=sum(attempt.dollars for attempt in ledger.attempts),
        dollars_checks=dollars(_CHECKER, ledger.seconds) if ledger.checks else 0.0,
        windows=tuple(ledger.windows),
        attempts=tuple(ledger.attempts),
        decisions=tuple(ledger.decisions),
        moves=tuple(ledger.moves),
    )


def _between(times: NDArray[np.int64], begin: int, end: int) -> NDArray[np.int64]:
    """Places of the times in [begin, end); they rise."""
    first, last = np.searchsorted(times, [begin, end])
    return np.arange(first, last)


def _moment(nanoseconds: int) -> str:
    return iso(datetime.fromtimestamp(nanoseconds / 1e9, UTC))
