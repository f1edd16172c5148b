"""How many threads a fit takes.

One: trials run beside each other already, and OpenMP threads that outnumber the cores wait for
each other in a busy loop (a fit of 1 s took 30 s, measured). A container has its processors to
itself, so gradient boosting takes them all there: its trees are the same bit for bit on any number
of threads (measured, for every loss). A product of matrices is not, so BLAS stays on one.
"""

from threadpoolctl import threadpool_limits

from evergreen.settings import Settings


def limited_threads() -> threadpool_limits:
    """A context in which a fit takes no more threads than it should."""
    worker = Settings.from_environment().worker
    taken = max(int(worker.processors), 1) if worker.kind == "container" else 1
    return threadpool_limits(limits={"openmp": taken, "blas": 1})
