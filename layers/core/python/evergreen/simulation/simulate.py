"""A history replayed under several policies, the same work done once."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from evergreen.contracts.model_file import LESS_IS_BETTER, ModelFile
from evergreen.contracts.stages import VIEW
from evergreen.contracts.table import seconds
from evergreen.contracts.view_file import ViewFile
from evergreen.errors import EvergreenError, InvalidRequest, InvalidTable
from evergreen.moment import since_1970
from evergreen.ports import iso
from evergreen.privacy import key_for
from evergreen.simulation.beside import beside
from evergreen.simulation.history import History, of_history, read_history
from evergreen.simulation.policies import POLICIES, told, under
from evergreen.simulation.replay import Span, replay
from evergreen.simulation.result import Outcome, Simulation, decisive
from evergreen.simulation.store import MemoryObjects
from evergreen.simulation.tables import build_views, copied, put
from evergreen.simulation.views import MemoryViews
from evergreen.simulation.work import Work
from evergreen.simulation.world import World

_SECOND = 10**9


class Asked(Struct, frozen=True, kw_only=True):
    """What to replay: a model on a table, and the files of its views with their tables."""

    file: ModelFile
    data: tuple[Path, ...]
    since: datetime
    """The first version learns from what is known by then, and serves from then on."""
    until: datetime
    every: str
    """How often a check looks, and how long a window is."""
    delay: str = "1s"
    """How long after its row an outcome is known."""
    policies: tuple[str, ...] = POLICIES
    schedule: str = "30d"
    views: tuple[tuple[ViewFile, Path], ...] = ()

    @property
    def span(self) -> Span:
        """The same in nanoseconds."""
        ends = since_1970(self.since), since_1970(self.until)
        return Span(*ends, *(seconds(each) * _SECOND for each in (self.every, self.delay)))


def simulate(asked: Asked, note: Callable[[str], None] = lambda _: None) -> Simulation:
    """Replay the history under each policy.

    Args:
        note: told what is being done.

    Raises:
        InvalidRequest: the period is empty, or there is no such policy.
        InvalidTable: the table cannot be replayed or learned from; the sentence says why, with
            the names of the files as they were given.
    """
    began = time.perf_counter()
    span = asked.span
    if span.since >= span.until:
        raise InvalidRequest("--from must be before --to.")
    for policy in asked.policies:
        under(policy, asked.file, asked.schedule)  # before minutes pass, says that there is none
    note(f"reading {', '.join(path.name for path in asked.data)}")
    try:
        work = _begin(asked, span)
    except EvergreenError as error:
        raise InvalidTable(_as_typed(error.sentence, asked)) from None
    history = work.history
    known, served = _counts(history, span)
    note(f"training the first version on {known:,} rows")
    source = f"raw/{history.file.name}/before.parquet"
    first = work.learn_first(source, known, span.since)
    note(first)
    outcomes = _replayed(work, asked, note)
    return Simulation(
        model=history.file.name,
        metric=history.file.metric,
        less_is_better=history.file.metric in LESS_IS_BETTER,
        since=iso(asked.since),
        until=iso(asked.until),
        every=asked.every,
        delay=asked.delay,
        rows_before=known,
        rows_served=served,
        first=first,
        outcomes=outcomes,
        seconds=round(time.perf_counter() - began, 1),
    )


def _replayed(work: Work, asked: Asked, note: Callable[[str], None]) -> tuple[Outcome, ...]:
    """Each policy, and how surely it differs from the one that is shown."""
    history, found = work.history, []
    for policy in dict.fromkeys(asked.policies):
        note(f"policy {policy}")
        file = under(policy, history.file, asked.schedule)
        words = told(policy, asked.file, asked.schedule)
        found.append(replay(work, policy, words, file, asked.span, note))
    shown = decisive([outcome for outcome, _ in found])
    steps = next(steps for outcome, steps in found if outcome is shown)
    return tuple(
        outcome if outcome is shown else replace(outcome, beside=beside(history, theirs, steps))
        for outcome, theirs in found
    )


def _as_typed(sentence: str, asked: Asked) -> str:
    """A bucket's keys mean nothing to who gave files of this machine."""
    given = copied(asked.file.name, asked.data)
    for file, path in asked.views:
        given |= copied(VIEW + file.name, (path,))
    for key, path in given.items():
        sentence = sentence.replace(key, str(path))
    return sentence


def _begin(asked: Asked, span: Span) -> Work:
    """The history, read in a world of its own, and what all policies will share."""
    file, views = of_history(asked.file), MemoryViews()
    world = World(file, views, MemoryObjects(), span.since)
    key_for(world.features, file.personal)
    build_views(world, asked.views)
    history = read_history(
        file,
        put(world.features, file.name, asked.data),
        features=world.features,
        registry=world.registry,
        views=views,
        clock=world.clock,
    )
    return Work(history, world.features, views)


def _counts(history: History, span: Span) -> tuple[int, int]:
    """Rows whose outcome was known when the replay begins, and rows that are served in it."""
    known = int(np.searchsorted(history.arrived + span.delay, span.since))
    first, last = np.searchsorted(history.arrived, [span.since, span.until])
    if not known or first == last:
        when = "is known before --from" if not known else "came between --from and --to"
        oldest, newest = (str(t.astype("M8[ns]"))[:10] for t in history.arrived[[0, -1]])
        raise InvalidTable(f"No row {when}; the table's rows go from {oldest} to {newest}.")
    return known, int(last - first)
