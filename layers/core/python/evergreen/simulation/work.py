"""What is the same under every policy, done once: training on the same rows, answering, encoding.

A training is named by the version that it began beside, by the moment up to which outcomes count
and by how many came since a loss was found; what it learns from was captured before, and is the
same whoever answered.
"""

from msgspec import Struct
from msgspec.structs import replace

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import CHAMPION, Run, Version
from evergreen.contracts.stages import RunInput
from evergreen.errors import InvalidTable
from evergreen.ports import Views
from evergreen.score.scorer import load
from evergreen.simulation.history import History
from evergreen.simulation.learning import Failed, Learned, conclude, learn, take_over
from evergreen.simulation.store import MemoryObjects
from evergreen.simulation.traffic import Answers, answer
from evergreen.simulation.world import World

FIRST = "first"
"""The run that makes the version which serves at the beginning."""


class _Done(Struct, frozen=True):
    run_id: str
    learned: Learned | Failed


class Work:
    """Shared by the worlds of all policies on one history."""

    def __init__(self, history: History, base: MemoryObjects, views: Views) -> None:
        """``base`` is the features bucket that worlds begin with."""
        self.history = history
        self._base, self._views = base, views
        self._done: dict[tuple[str, int | None, str], _Done] = {}
        self._answers: dict[str, Answers] = {}
        self._values: dict[tuple[str, ...], list[bytes]] = {}
        self._first: Learned | None = None
        self._run = RunInput(run_id=FIRST, model=history.file.name, sources=())
        self._start = 0

    def learn_first(self, source: str, known: int, now: int) -> str:
        """Make the first version of the first ``known`` rows; what its evaluation said.

        Raises:
            InvalidTable: it cannot be learned, or does not pass its gates.
        """
        self._base.write(source, self.history.parquet(known))
        self._run, self._start = replace(self._run, sources=(source,)), now
        world = World(self.history.file, self._views, self._base, now)
        _open(world, self._run)
        learned = learn(world, self._run)
        if isinstance(learned, Failed) or not learned.passed:
            why = learned.sentence if isinstance(learned, Failed) else learned.summary
            why = why.removeprefix("refused: ")
            raise InvalidTable(
                f"The first version, of the {known:,} rows known by --from, cannot serve: {why}"
            )
        self._first = learned
        return learned.summary

    def world(self, file: ModelFile) -> World:
        """A world in which the first version serves under this model file."""
        assert self._first  # noqa: S101 - learn_first comes first
        world = World(file, self._views, self._base, self._start)
        _open(world, self._run)
        take_over(world, self._first, FIRST, self._run)
        conclude(world, self._run, self._first)
        return world

    def learn(self, world: World, run: RunInput) -> tuple[Learned | Failed, int | None]:
        """Do a run, or what an equal one of another world left; and the version it became."""
        alias = world.registry.alias(run.model, CHAMPION)
        beside = world.registry.version(run.model, alias.version) if alias else None
        graph = beside.draft.graph.sha256 if beside else ""
        name = (run.labelled_until, run.outcomes, graph)
        done = self._done.get(name)
        if done is None:
            done = self._done[name] = _Done(run.run_id, learn(world, run))
        elif isinstance(done.learned, Learned):
            take_over(world, done.learned, done.run_id, run)
        return done.learned, conclude(world, run, done.learned)

    def answers(self, world: World, version: Version) -> Answers:
        """What a version says of all rows."""
        graph = version.draft.graph.sha256
        if graph not in self._answers:
            scorer = load(version, world.artifacts, f"version {version.number}")
            columns = tuple(column.name for column in scorer.signature.inputs)
            if columns not in self._values:
                self._values[columns] = self.history.captured(scorer.signature)
            self._answers[graph] = answer(self.history, scorer, self._values[columns])
        return self._answers[graph]


def _open(world: World, run: RunInput) -> None:
    record = Run(
        run_id=run.run_id,
        model=run.model,
        trigger=run.trigger,
        sources=run.sources,
        started_at=world.at,
    )
    world.registry.open_run(record)
