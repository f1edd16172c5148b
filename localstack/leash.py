"""Ends a process group when whoever holds the other end of standard input is gone."""

import contextlib
import os
import signal
import sys
import time


def main(leader: int) -> None:
    """Wait for the end of standard input, then end the group that ``leader`` leads."""
    sys.stdin.buffer.read()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGTERM)
        time.sleep(3)
        os.killpg(leader, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]))
