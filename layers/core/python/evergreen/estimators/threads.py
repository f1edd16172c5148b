"""Fits on one thread.

Trials run beside each other already, and OpenMP threads that outnumber the cores wait for each
other in a busy loop (a fit of 1 s took 30 s, measured).
"""

import sys
from contextlib import AbstractContextManager
from functools import lru_cache

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """Limit all libraries that were loaded so far to one thread."""
    limited: AbstractContextManager[object] = _controller(len(sys.modules)).limit(limits=1)
    return limited


@lru_cache(maxsize=1)
def _controller(_modules: int) -> ThreadpoolController:
    """Kept until a module is imported that may bring a library along: to look for libraries takes
    8 ms, as long as a small fit."""
    return ThreadpoolController()
