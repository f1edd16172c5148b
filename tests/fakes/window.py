"""A version that served rows of all kinds, however they arrived."""

import gzip
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
from evergreen.contracts.capture import Capture, CapturedRow, Feedback, Outcome
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


def rows_of(seed: int, size: int = 60) -> list[CapturedRow]:
    """Rows that a request holds: values as callers send them, some missing, some odd."""
    random = np.random.default_rng(seed)
    return [
        CapturedRow(
            f"r{seed}-{i}",
            {
                "age": [int(random.integers(10, 95)), 33.25, None, "41", "old"][random.integers(5)],
                "belt": ["belted", "none", " none", 1, True, None, "new"][random.integers(7)],
                "sex": ["f", "m", "", None][random.integers(4)],
                "year": 1990 + int(random.integers(20)),
            },
            float(random.random()),
        )
        for i in range(size)
    ]


def requests(count: int, version: int = 1) -> list[Capture]:
    """Requests of three rows each over five days."""
    rows = rows_of(version, count * 3)
    start = datetime(2026, 1, 8, tzinfo=UTC)
    return [
        Capture(
            MODEL,
            version,
            (start + timedelta(hours=3 * n)).isoformat(timespec="milliseconds")[:-6] + "Z",
            tuple(rows[3 * n : 3 * n + 3]),
            redacted=("belt",) if n % 7 == 0 else (),
        )
        for n in range(count)
    ]


def said(captures: list[Capture]) -> list[Feedback]:
    """Outcomes of most rows, some of them twice, of which the newest counts."""
    found = []
    for n, capture in enumerate(captures):
        late = f"2026-01-2{n % 5}T00:00:00.000Z"
        labels = [["yes", "no", "perhaps", ""][(n + i) % 4] for i in range(3)]
        outcomes = [Outcome(r.id, x) for r, x in zip(capture.rows, labels, strict=True)]
        found.append(Feedback(MODEL, late, tuple(outcomes)))
        if n % 3 == 0:
            again = tuple(Outcome(row.id, "no") for row in capture.rows)
            found.append(Feedback(MODEL, f"2026-01-25T0{n % 9}:00:00.000Z", again))
    return found


SENT = requests(40)
NOISE = [
    *requests(5, version=2),
    *(msgspec.structs.replace(each, role="shadow") for each in requests(9)[5:]),
]
SAID = said(SENT)


def store(champion: Champion, kind: str, key: str, lines: list, packed: bool) -> None:
    body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    where = f"{kind}/{MODEL}/dt={key}"
    champion.features.write(where, gzip.compress(body) if packed else body)
