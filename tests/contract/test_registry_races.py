"""What holds when many write to a registry at once, or an answer is lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from botocore.exceptions import ReadTimeoutError
from evergreen.aws.registry import DynamoRegistry
from evergreen.contracts.policies import Retrain
from evergreen.contracts.registry import CHAMPION, RetrainClaim
from evergreen.errors import Conflict
from evergreen.ports import Registry
from evergreen.retrain import retrain

from tests.fakes.memory import FixedClock, MemoryBus, MemoryStore, MemoryWorkflow
from tests.fakes.registered import AT, MODEL, champion, draft, model_file, promoted, run
from tests.fakes.retraining import other

Answer = TypeVar("Answer")


def at_once(*calls: Callable[[], Answer]) -> list[Answer | Exception]:
    """Run the calls in as many threads, let go together; what each returned or raised."""
    gate = threading.Barrier(len(calls))

    def wait_and(call: Callable[[], Answer]) -> Answer | Exception:
        gate.wait()
        try:
            return call()
        except Exception as error:  # handed to the test, which looks at it.
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(wait_and, calls))


def test_of_two_promotions_at_once_one_wins_and_is_the_one_audited(registry: Registry) -> None:
    before = champion(1, None)
    registry.move_alias(before, promoted(1), expected=None)

    def move(number: int) -> None:
        at = f"2026-01-01T00:00:0{number}.000Z"
        registry.move_alias(champion(number, before), promoted(number, at), expected=before)

    answers = at_once(lambda: move(2), lambda: move(3))
    won = [number for number, answer in zip((2, 3), answers, strict=True) if answer is None]
    assert len(won) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    now = registry.alias(MODEL, CHAMPION)
    assert now == champion(won[0], before)
    assert [event.version for event in registry.audit(MODEL)] == [1, won[0]]


def test_a_run_registered_ten_times_at_once_is_one_version(registry: Registry) -> None:
    calls = [lambda: registry.register(draft("r1"), "workflow", AT)] * 10
    answers = at_once(*calls)
    assert answers == registry.versions(MODEL) * 10
    assert [event.version for event in registry.audit(MODEL)] == [1]


def test_ten_runs_registered_at_once_get_ten_consecutive_numbers(registry: Registry) -> None:
    answers = at_once(
        *(lambda n=n: registry.register(draft(f"r{n}"), "workflow", AT) for n in range(10))
    )
    numbers = {v.draft.lineage.run_id: v.number for v in registry.versions(MODEL)}
    assert numbers == {f"r{n}": answer.number for n, answer in enumerate(answers)}
    assert sorted(numbers.values()) == list(range(1, 11))
    assert sorted(event.version for event in registry.audit(MODEL)) == list(range(1, 11))


def test_a_run_opened_ten_times_at_once_is_listed_once(registry: Registry) -> None:
    answers = at_once(*(lambda n=n: registry.open_run(run("r1", f"{AT}{n}")) for n in range(10)))
    assert answers == registry.runs(MODEL) * 10


def test_of_two_decisions_at_once_one_holds_the_claim(registry: Registry) -> None:
    def claim(decision: str) -> bool:
        return registry.claim_retrain(RetrainClaim(MODEL, decision, AT, f"{AT}+"))

    answers = at_once(*(lambda d=d: claim(d) for d in ("a", "b", "c", "d")))
    assert sorted(answers) == [False, False, False, True]
    held = registry.retrain_claim(MODEL)
    assert held
    assert held.decision_id == "abcd"[answers.index(True)]


def test_of_two_model_files_at_once_no_revision_is_lost(registry: Registry) -> None:
    registry.apply(model_file(), "ann", AT)
    files = [model_file(metric="log_loss"), model_file(metric="average_precision")]
    answers = at_once(*(lambda f=f: registry.apply(f, "bob", f"{AT}1") for f in files))
    done = [answer for answer in answers if not isinstance(answer, Conflict)]
    assert sorted(model.revision for model in done) == list(range(2, 2 + len(done)))
    assert registry.model(MODEL).revision == 1 + len(done)
    assert len(registry.audit(MODEL)) == 1 + len(done)


class LostAnswers:
    """A client whose transactions are committed, or not even sent, and whose answer never comes."""

    def __init__(self, client: Any, *, commits: bool) -> None:
        self._client = client
        self._commits = commits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> None:
        if self._commits:
            self._client.transact_write_items(**request)
        raise ReadTimeoutError(endpoint_url="http://table")


@pytest.mark.parametrize("commits", [True, False])
def test_a_registration_whose_answer_was_lost_can_be_repeated(
    dynamodb: Any, table: str, commits: bool
) -> None:
    failing = DynamoRegistry(LostAnswers(dynamodb, commits=commits), table)
    with pytest.raises(ReadTimeoutError):
        failing.register(draft("r1"), "workflow", AT)
    registry = DynamoRegistry(dynamodb, table)
    left = (len(registry.versions(MODEL)), len(registry.audit(MODEL)))
    assert left == ((1, 1) if commits else (0, 0))
    assert registry.register(draft("r1"), "workflow", AT).number == 1
    assert registry.register(draft("r2"), "workflow", AT).number == 2
    assert [event.version for event in registry.audit(MODEL)] == [1, 2]


def test_a_promotion_whose_answer_was_lost_left_alias_and_event(dynamodb: Any, table: str) -> None:
    failing = DynamoRegistry(LostAnswers(dynamodb, commits=True), table)
    with pytest.raises(ReadTimeoutError):
        failing.move_alias(champion(1, None), promoted(1), expected=None)
    registry = DynamoRegistry(dynamodb, table)
    assert registry.alias(MODEL, CHAMPION) == champion(1, None)
    assert registry.audit(MODEL) == [promoted(1)]


class Contended:
    """A client whose first transactions meet another one that holds their items."""

    def __init__(self, client: Any, times: int) -> None:
        self._client = client
        self.left = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        if not self.left:
            return self._client.transact_write_items(**request)
        self.left -= 1
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
        raise self._client.exceptions.TransactionCanceledException(
            {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},
            "TransactWriteItems",
        )


def test_a_write_waits_while_another_transaction_holds_its_items(dynamodb: Any, table: str) -> None:
    client = Contended(dynamodb, times=3)
    assert DynamoRegistry(client, table).register(draft("r1"), "workflow", AT).number == 1
    assert client.left == 0


def test_a_table_that_stays_contended_is_an_error_and_not_a_lost_write(
    dynamodb: Any, table: str
) -> None:
    registry = DynamoRegistry(Contended(dynamodb, times=1000), table)
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        registry.move_alias(champion(1, None), promoted(1), expected=None)
    assert registry.alias(MODEL, CHAMPION) is None
    assert registry.audit(MODEL) == []


def test_of_many_decisions_at_once_one_run_comes_even_without_a_cool_down(
    registry: Registry,
) -> None:
    registry.apply(model_file(retrain=Retrain(cool_down_minutes=0)), "ann", AT)
    registry.register(draft("r1"), "workflow", AT)
    registry.move_alias(champion(1, None), promoted(1), expected=None)
    workflow, bus, clock = MemoryWorkflow(), MemoryBus(), FixedClock()
    artifacts = MemoryStore()

    def start(name: str) -> bool:
        return retrain(
            other(name),
            registry=registry,
            artifacts=artifacts,
            workflow=workflow,
            bus=bus,
            clock=clock,
        ).started

    answers = at_once(*(lambda n=n: start(f"d{n % 3}") for n in range(12)))

    assert sorted(answers) == [False] * 11 + [True]
    (run_id,) = workflow.started
    assert [run.run_id for run in registry.runs(MODEL)] == [run_id]
    claim, alias = registry.retrain_claim(MODEL), registry.alias(MODEL, CHAMPION)
    assert claim
    assert alias
    assert run_id == f"drift-{MODEL}-{claim.decision_id}"
    # Nothing but the run may change who serves.
    assert alias.version == 1
