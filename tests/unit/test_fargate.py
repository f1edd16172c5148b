"""A model file may ask for any processors and memory; Fargate runs only some pairs."""

import pytest
from evergreen.contracts.fargate import size
from evergreen.contracts.search import Compute
from hypothesis import given
from hypothesis import strategies as st

# As the page of Amazon ECS lists them, GiB by processors.
RUNS = {
    1: {2, 3, 4, 5, 6, 7, 8},
    2: set(range(4, 17)),
    4: set(range(8, 31)),
    8: set(range(16, 61, 4)),
    16: set(range(32, 121, 8)),
}


@given(st.sampled_from(sorted(RUNS)), st.integers(2, 120))
def test_every_container_that_a_model_file_asks_for_is_one_that_fargate_runs(processors, gib):
    found = size(Compute(processors=processors, memory_gib=gib))
    enough = [(p, m) for p in RUNS for m in RUNS[p] if p >= processors and m >= gib]
    assert (found.processors, found.memory_gib) == min(enough)


@pytest.mark.parametrize(
    ("asked", "cpu", "memory"),
    [
        (Compute(), "4096", "16384"),
        (Compute(processors=1, memory_gib=30), "4096", "30720"),
        (Compute(processors=8, memory_gib=33), "8192", "36864"),
    ],
)
def test_a_size_is_written_as_amazon_ecs_takes_it(asked, cpu, memory):
    found = size(asked)
    assert (found.cpu, found.memory) == (cpu, memory)
