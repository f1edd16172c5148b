"""Time as this process's own processor time, so that what else the machine does takes no budget."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

now = time.process_time
"""Seconds of processor time of this process, all its threads together."""


class Over(Exception):
    """A piece of work took the processor time that it was given."""


def take_over() -> None:
    """Let every clock that a tool may read run on processor time; call it before the imports."""
    began, spent = time.time(), now()
    time.time = lambda: began + now() - spent
    time.monotonic = time.perf_counter = now


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Do a piece of work within so much processor time.

    Raises:
        Over: it took longer.
    """
    if seconds <= 0:
        raise Over
    before = signal.signal(signal.SIGPROF, _end)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _end(_signal: int, _frame: object) -> None:
    raise Over
