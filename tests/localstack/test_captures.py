"""A prediction that was answered is captured, whatever becomes of the worker that answered it.

The emulator delivers a record as soon as it takes it, so this is about what was handed over
before the answer, not about how long the delivery takes.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from evergreen import captured
from evergreen.cli.client import Client
from evergreen.contracts.registry import Run
from evergreen.ports import iso

from localstack import cloud as laptop
from tests.localstack import loans
from tests.localstack.http import Caller
from tests.localstack.processes import kill, workers

ROWS = 3


class Killing:
    """Asks for predictions and kills who answers."""

    def __init__(self, call: Caller, model: str, emulator: int) -> None:
        table = loans.rows(range(2011, 2020), count=ROWS, seed=3)
        self.rows = [loans.request(row) for row in table]
        self.path = f"/models/{model}/predict"
        self.call, self.emulator = call, emulator
        self.answered: set[str] = set()
        self.unanswered = 0

    def ask(self, request: str) -> float:
        """Ask once; gives the seconds it took."""
        began = time.monotonic()
        answer = self.call("POST", self.path, {"instances": self.rows, "id": request})
        if answer.status == 200:
            self.answered |= {prediction["id"] for prediction in answer.document["predictions"]}
        self.unanswered += answer.status != 200
        return time.monotonic() - began

    def workers(self) -> list[int]:
        """All that could answer."""
        return list(workers(self.emulator, "Infer"))

    def kill(self, found: list[int]) -> None:
        """End some of them, at once."""
        for worker in found:
            kill(worker)


@pytest.fixture
def killing(local: laptop.Cloud, call: Caller, first_run: Run) -> Killing:
    if not local.pid:
        pytest.skip("The emulator is not this process's to kill workers of.")
    return Killing(call, first_run.model, local.pid)


def test_what_a_worker_answered_is_captured_although_it_is_killed_right_after(
    client: Client, first_run: Run, killing: Killing
) -> None:
    since = iso(client.cloud.clock.now())
    for number in range(6):
        killing.ask(f"first-{number}")
        found = killing.workers()
        killing.ask(f"last-{number}")
        killing.kill(found)

    assert len(killing.answered) >= 6 * ROWS
    assert killing.answered <= _captured(client, first_run.model, killing.answered, since)


def test_of_requests_whose_worker_is_killed_meanwhile_those_that_were_answered_are_captured(
    client: Client, first_run: Run, killing: Killing
) -> None:
    since = iso(client.cloud.clock.now())
    moments = 8
    with ThreadPoolExecutor(1) as caller:
        for number in range(4 * moments):
            killing.ask(f"first-{number}")  # a new worker, so that the next request finds one
            found = killing.workers()
            usual = killing.ask(f"usual-{number}")
            asking = caller.submit(killing.ask, f"killed-{number}")
            time.sleep(usual * (number % moments) / moments)
            killing.kill(found)
            asking.result()
            if number >= moments and killing.unanswered:
                break

    assert killing.unanswered > 0
    assert len(killing.answered) >= moments * ROWS
    assert killing.answered <= _captured(client, first_run.model, killing.answered, since)


def _captured(client: Client, model: str, wanted: set[str], since: str) -> set[str]:
    """Ids in the bucket, as soon as all that are wanted are there, or half a minute has passed."""
    deadline = time.monotonic() + 30
    period = captured.Period(since, iso(client.cloud.clock.now() + timedelta(days=1)))
    while True:
        lines = captured.captures(client.cloud.features, model, period).lines
        there = set(captured.predictions(lines))
        if wanted <= there or time.monotonic() > deadline:
            return there
        time.sleep(0.5)
