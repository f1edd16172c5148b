"""One thread does it, and all that asked meanwhile get what it found."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")


class Once:
    """Work under a key is never done twice at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Hashable, Future[Any]] = {}

    def run(self, key: Hashable, work: Callable[[], Result]) -> Result:
        """What ``work`` gives or raises; of calls that meet, the first one's."""
        with self._lock:
            running = self._running.get(key)
            if running is None:
                mine = self._running[key] = Future()
        if running is not None:
            shared: Result = running.result()
            return shared
        try:
            result = work()
        except BaseException as error:
            self._end(key)
            mine.set_exception(error)
            raise
        self._end(key)
        mine.set_result(result)
        return result

    def busy(self, key: Hashable) -> bool:
        """Whether a thread is at it now."""
        return key in self._running

    def _end(self, key: Hashable) -> None:
        with self._lock:
            del self._running[key]
