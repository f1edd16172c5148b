"""Which containers AWS Fargate runs: processors and memory come in pairs.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
"""

from msgspec import Struct

from evergreen.contracts.search import Compute
from evergreen.prices import Worker

# Processors: GiB of memory from, to and in steps of.
_PAIRS = {1: (2, 8, 1), 2: (4, 16, 1), 4: (8, 30, 1), 8: (16, 60, 4), 16: (32, 120, 8)}


class Size(Struct, frozen=True):
    """A container that Fargate runs."""

    processors: int
    memory_gib: int

    @property
    def cpu(self) -> str:
        """As Amazon ECS takes it: 1,024 units are one processor."""
        return str(self.processors * 1024)

    @property
    def memory(self) -> str:
        """As Amazon ECS takes it, in MiB."""
        return str(self.memory_gib * 1024)

    @property
    def worker(self) -> Worker:
        """What its work is paid by."""
        return Worker("container", self.memory_gib, self.processors)


def size(asked: Compute) -> Size:
    """The smallest container with at least the processors and the memory asked for."""
    for processors, (least, most, step) in _PAIRS.items():
        if processors >= asked.processors and asked.memory_gib <= most:
            above = max(asked.memory_gib - least, 0)
            return Size(processors, least + -(-above // step) * step)
    raise AssertionError(f"The contract allows {asked}.")
