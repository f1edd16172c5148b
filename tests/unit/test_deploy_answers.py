"""A trial judges answers of every kind: probabilities, numbers, and labels of several classes."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from evergreen.contracts.capture import Capture, CapturedRow, Role, captures_prefix
from evergreen.contracts.policies import Deploy
from evergreen.contracts.registry import CHAMPION, Alias, Challenger
from evergreen.deploy.evidence import Evidence, gather
from evergreen.deploy.limits import broken
from evergreen.drift_statistics import in_bins, psi
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from tests.fakes.memory import MemoryStore

AT = "2026-01-01T00:00:00.000Z"
LABELS = np.array(["sedan", "van", "lorry", "bus"])


def trial(champion: list[dict[str, Any]], challenger: list[dict[str, Any]]) -> Evidence:
    """What the captures of both sides tell, a request a row."""
    store, known = MemoryStore(), Challenger(2, "r2", 0.5, AT)
    sides: list[tuple[int, Role, list[dict[str, Any]]]] = [
        (1, "champion", champion),
        (2, "challenger", challenger),
    ]
    lines = [
        Capture("m", version, AT, (CapturedRow(f"{role}-{n}-0", {}, **row),), role=role)
        for version, role, rows in sides
        for n, row in enumerate(rows)
    ]
    body = b"\n".join(msgspec.json.encode(line) for line in lines)
    store.write(f"{captures_prefix('m')}dt=2026-01-01/a", body)
    alias = Alias("m", CHAMPION, 1, None, 2, AT, "me", known)
    return gather(store, alias, known, datetime(2026, 1, 1, tzinfo=UTC))


def numbers(values: Any) -> list[dict[str, Any]]:
    return [{"value": float(value)} for value in values]


def labels(values: Any) -> list[dict[str, Any]]:
    return [{"probabilities": (0.7, 0.3), "label": str(value)} for value in values]


@pytest.mark.parametrize("requests", [30, 300])
def test_numbers_of_one_distribution_break_nothing_and_shifted_ones_do(requests: int) -> None:
    random = np.random.default_rng(requests)
    before, now = random.normal(1000, 50, (2, requests))
    assert broken(trial(numbers(before), numbers(now)), Deploy(), 0.0) == []
    (sentence,) = broken(trial(numbers(before), numbers(now + 200)), Deploy(), 0.0)
    assert "Its answers are distributed otherwise" in sentence


@pytest.mark.parametrize("requests", [30, 300])
def test_labels_of_one_distribution_break_nothing_and_mixed_up_ones_do(requests: int) -> None:
    random = np.random.default_rng(requests)
    shares = [0.6, 0.3, 0.08, 0.02]
    before, now = (random.choice(4, requests, p=shares) for _ in range(2))
    assert broken(trial(labels(LABELS[before]), labels(LABELS[now])), Deploy(), 0.0) == []
    mixed = trial(labels(LABELS[before]), labels(LABELS[(now + 1) % 4]))
    assert "distributed otherwise" in broken(mixed, Deploy(), 0.0)[0]


def test_a_class_that_only_the_challenger_knows_shifts_no_other_class() -> None:
    random = np.random.default_rng(3)
    before, now = (random.choice(LABELS[:2], 400) for _ in range(2))
    now[:4] = "ambulance"  # first in the alphabet, so every other class has another place
    assert broken(trial(labels(before), labels(now)), Deploy(), 0.0) == []


def test_a_challenger_that_answers_another_problem_is_noticed() -> None:
    random = np.random.default_rng(4)
    mixed = trial(numbers(random.normal(size=100)), labels(random.choice(LABELS, 100)))
    assert "distributed otherwise" in broken(mixed, Deploy(), 0.0)[0]


LISTS = some.lists(some.sampled_from(LABELS.tolist()), min_size=1, max_size=60)


@given(LISTS, LISTS)
def test_the_index_of_labels_is_that_of_their_counts(before: list[str], now: list[str]) -> None:
    first, second = in_bins(before, now)
    assert (sum(first), sum(second)) == (len(before), len(now))
    there = sorted({*before, *now})
    counts = [np.array([side.count(label) for label in there]) for side in (before, now)]
    p, q = (counted + 0.5 for counted in counts)
    expected = stats.entropy(p, q) + stats.entropy(q, p)
    assert psi(first, second) == pytest.approx(expected, abs=1e-9)
