"""A prediction that was answered is captured, whatever becomes of the worker that answered it."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from evergreen import captured
from evergreen.cli.api import Refused
from evergreen.cli.client import Client
from evergreen.contracts.registry import Run
from evergreen.ports import iso

from localstack import cloud as laptop
from tests.localstack import loans
from tests.localstack.processes import kill, workers

CALLERS, REQUESTS, ROWS = 2, 12, 3


def test_every_answered_prediction_is_captured_although_workers_are_killed_all_the_time(
    client: Client, local: laptop.Cloud, first_run: Run
) -> None:
    if not local.pid:
        pytest.skip("The emulator is not this process's to kill workers of.")
    model, since = first_run.model, iso(client.cloud.clock.now())
    answered, done = set[str](), Event()
    with ThreadPoolExecutor(CALLERS + 1) as pool:
        killer = pool.submit(_kill_workers, local.pid, done)
        for found in pool.map(lambda n: _ask(client, model, local.pid, n), range(CALLERS)):
            answered |= found
        done.set()
        during = killer.result()

    # Each caller kills the worker that just answered; the other kills come in mid-request.
    assert during > 0
    assert len(answered) >= CALLERS * REQUESTS * ROWS / 4
    assert answered - _await_captures(client, model, answered, since) == set()


def _ask(client: Client, model: str, emulator: int, caller: int) -> set[str]:
    """Ids that were answered. Every other answer is the worker's last."""
    rows = [loans.request(row) for row in loans.rows(range(2011, 2020), count=ROWS, seed=caller)]
    answered: set[str] = set()
    for number in range(REQUESTS):
        document = {"instances": rows, "id": f"kill-{caller}-{number}"}
        try:
            found = client.cloud.api.call("POST", f"/models/{model}/predict", document)
        except Refused:  # its worker was killed: nobody was answered
            continue
        if number % 2:
            _kill_all(emulator)
        answered |= {prediction["id"] for prediction in found["predictions"]}
    return answered


def _kill_workers(emulator: int, done: Event) -> int:
    killed = 0
    while not done.wait(1.5):
        killed += _kill_all(emulator)
    return killed


def _kill_all(emulator: int) -> int:
    found = workers(emulator, "Infer")
    for worker in found:
        kill(worker)
    return len(found)


def _await_captures(client: Client, model: str, wanted: set[str], since: str) -> set[str]:
    """Ids in the bucket, as soon as all that are wanted are there, or a minute has passed."""
    deadline = time.monotonic() + 60
    period = captured.Period(since, iso(client.cloud.clock.now() + timedelta(days=1)))
    while True:
        lines = captured.captures(client.cloud.features, model, period).lines
        there = set(captured.predictions(lines))
        if wanted <= there or time.monotonic() > deadline:
            return there
        time.sleep(0.5)
