"""A search whose trials are not fitted: what each would have found is drawn from its number."""

import random
from collections.abc import Callable
from typing import Any

import msgspec
from evergreen.contracts import keys
from evergreen.contracts.feature_set import Manifest, SplitReport
from evergreen.contracts.stages import RecordOutput, RunInput, SuggestInput, SuggestOutput, Trial
from evergreen.contracts.stages import TrialResult as Result
from evergreen.estimators.results import read_results, write_result
from evergreen.ports import iso
from evergreen.prices import Worker
from evergreen.tune import record, suggest
from evergreen.tune.rounds import read_round, read_rounds

from tests.fakes.learned import AT, RUN, SET, SIGNATURE, model_file
from tests.fakes.memory import FixedClock, MemoryRegistry
from tests.fakes.store import MemoryStore


class Killed(Exception):
    """The process ended."""


class MortalStore(MemoryStore):
    """A bucket whose writer is killed once, ``lives`` writes from now, before or after one."""

    def __init__(self) -> None:
        super().__init__()
        self.lives: float = float("inf")
        self.after = False

    def write(self, key: str, body: bytes, content_type: str = "") -> None:
        self._or_die(lambda: super(MortalStore, self).write(key, body))

    def create(self, key: str, body: bytes, content_type: str = "") -> bool:
        return bool(self._or_die(lambda: super(MortalStore, self).create(key, body)))

    def _or_die(self, write: Callable[[], Any]) -> Any:
        self.lives -= 1
        dies = self.lives < 0
        if dies:
            self.lives = float("inf")
        if dies and not self.after:
            raise Killed
        done = write()
        if dies:
            raise Killed
        return done


class SearchWorld:
    """A feature set of so many rows that halving pays, and a model whose search is as stated."""

    def __init__(self, rows: int = 60_000, worker: Worker | None = None, **search: Any) -> None:
        self.features, self.artifacts = MemoryStore(), MortalStore()
        self.registry, self.clock = MemoryRegistry(), FixedClock()
        self.worker = worker or Worker()
        self.containers = False
        self.put(SET, rows)
        self.apply(**search)

    def apply(self, compute: dict[str, Any] | None = None, **search: Any) -> None:
        """State another search in the model file."""
        stated = {"trials": 12, "parallel": 4, "seed": 3} | search
        self.registry.apply(model_file(search=stated, compute=compute or {}), "tester", AT)

    def put(self, feature_set: str, rows: int) -> None:
        """What a search reads of a feature set; the rows themselves are for trials."""
        splits = (("train", rows * 8 // 10), ("validation", rows // 10), ("test", rows // 10))
        reports = tuple(
            SplitReport(name, n, {"no": n // 2, "yes": n // 2}, None, "", "") for name, n in splits
        )
        documents = {
            "manifest.json": Manifest(feature_set, "d1", rows, "", reports),
            "signature.json": SIGNATURE,
        }
        for name, document in documents.items():
            body = msgspec.json.encode(document)
            self.features.write(keys.feature_set(feature_set, name), body)

    def suggest(self, run: RunInput = RUN, feature_set: str = SET) -> SuggestOutput:
        """The next round."""
        return suggest(
            SuggestInput(run, feature_set),
            features=self.features,
            artifacts=self.artifacts,
            registry=self.registry,
            clock=self.clock,
            worker=self.worker,
            containers=self.containers,
        )

    def record(self, run: RunInput = RUN) -> RecordOutput:
        """Sum the search up."""
        return record(
            SuggestInput(run, SET),
            artifacts=self.artifacts,
            registry=self.registry,
            clock=self.clock,
            worker=self.worker,
        )

    def trials(self, given: SuggestOutput) -> tuple[Trial, ...]:
        """The trials of a round, wherever they are to run."""
        return read_round(self.artifacts, given.items) if given.items else ()

    def answer(self, given: Trial, loss: float | None = None, seconds: float = 2.0) -> Result:
        """What a trial leaves: at full fidelity its predictions, then its result."""
        run_id = given.run.run_id
        if given.fidelity.full:
            self.artifacts.write(keys.predictions(run_id, given.number), b"predictions")
        result = Result(
            number=given.number,
            configuration=given.configuration,
            loss=self.loss(given) if loss is None else loss,
            seconds=seconds,
            summary="",
            fidelity=given.fidelity,
            promotes=given.promotes,
            origin=given.origin,
            dollars=seconds * 1e-3,
            finished_at=iso(self.clock.now()),
        )
        write_result(self.artifacts, run_id, result)
        return result

    def loss(self, given: Trial) -> float:
        """By chance, but the same for the same configuration on the same rung."""
        text = msgspec.json.encode(given.configuration, order="deterministic")
        found = random.Random(text + bytes([given.fidelity.rung])).random()  # noqa: S311
        return 0.3 + found / 10

    def play(self, run: RunInput = RUN, rounds: int = 1000, minutes: float = 0.0) -> RecordOutput:
        """Rounds until the search is done, or so many."""
        for _ in range(rounds):
            for each in self.trials(self.suggest(run)):
                if each.number not in {result.number for result in self.results(run)}:
                    self.answer(each)
            self.clock.go_on(minutes=minutes)
            summary = self.record(run)
            if summary.done:
                break
        return summary

    def results(self, run: RunInput = RUN) -> list[Result]:
        """What the trials found."""
        return read_results(self.artifacts, run.run_id)

    def proposed(self, run: RunInput = RUN) -> list[Trial]:
        """All trials of all rounds."""
        return [trial for each in read_rounds(self.artifacts, run.run_id) for trial in each]
