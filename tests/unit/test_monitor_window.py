"""What was served, however it arrived."""

import msgspec
import numpy as np
import pytest
from evergreen.monitor.baseline import read_baseline
from evergreen.monitor.window import read_served

from tests.fakes.columnar import AT, MODEL, World, csv, table

UNTIL = "2026-02-01T00:00:00.000Z"
EXACT = ("ids", "served", "times", "answers", "losses", "judged", "truth", "codes")


class Champion(World):
    """A version of 600 rows, and what it served."""

    def __init__(self, **changes) -> None:
        super().__init__(**changes)
        self.promote(self.split(self.ingest(csv(table())).dataset))
        self.baseline = read_baseline(self.artifacts, self.registry.version(MODEL, 1))

    def served(self, since: str = AT, until: str = UNTIL):
        return read_served(self.features, self.baseline, self.model, since, until)


@pytest.fixture(scope="module")
def champion() -> Champion:
    return Champion()


def fresh(champion: Champion) -> Champion:
    """The same version, that has served nothing."""
    for key in list(champion.features.objects):
        if key.split("/")[0] in ("captures", "feedback", "digests"):
            del champion.features.objects[key]
    return champion


def same(one, other) -> None:
    """Both say the same of the window."""
    for name in EXACT:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for name in ("counts", "seasons", "groups"):
        mine, others = getattr(one, name), getattr(other, name)
        assert mine.keys() == others.keys()
        for each in mine:
            np.testing.assert_array_equal(mine[each], others[each], err_msg=each)
    assert one.column_rows == other.column_rows
    assert msgspec.json.encode(plain(one.segments)) == msgspec.json.encode(plain(other.segments))


def plain(found):
    """Nested dicts of arrays as lists."""
    return {k: plain(v) for k, v in found.items()} if isinstance(found, dict) else found.tolist()
