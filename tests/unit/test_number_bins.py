"""The quick search gives the bins of the slow one."""

import numpy as np
from evergreen.number_bins import NumberBins
from hypothesis import given
from hypothesis import strategies as st

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
EDGES = st.one_of(
    st.lists(FLOATS, max_size=40, unique=True),
    st.lists(st.integers(0, 60), max_size=60, unique=True),
    st.builds(lambda steps: np.cumsum(np.exp(steps)).tolist(), st.lists(st.floats(-30, 30))),
)


@given(EDGES, st.lists(st.floats(width=32), max_size=20))
def test_a_number_is_in_the_bin_that_a_binary_search_finds(edges, more):
    edges = np.unique(np.array(edges, dtype=np.float32))
    near = [np.nextafter(edges, np.float32(end)) for end in (-np.inf, np.inf)]
    values = np.concatenate([edges, *near, np.array(more, dtype=np.float32)])
    expected = np.searchsorted(edges, values, side="left")
    expected[np.isnan(values)] = len(edges) + 1
    assert NumberBins(edges.tolist()).places(values).tolist() == expected.tolist()


def test_no_rows_are_in_no_bin():
    assert NumberBins(range(9)).places(np.zeros(0, dtype=np.float32)).tolist() == []
