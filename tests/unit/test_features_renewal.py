"""What a retraining measures on."""

import numpy as np
import pytest
from evergreen.contracts.registry import CHAMPION, Alias, AuditEvent
from evergreen.contracts.stages import RunInput
from evergreen.features.renewal import renewed
from evergreen.frame import Frame
from msgspec.structs import replace

from tests.fakes.flow import AT, MODEL, model_file
from tests.fakes.memory import MemoryRegistry
from tests.fakes.registered import draft

DAY = 86_400 * 10**9
AGAIN = RunInput(run_id="r2", model=MODEL, sources=(), labelled_until="2026-01-01")


def rows(count: int) -> Frame:
    """One a day from 2000 on, every second of a class."""
    start = np.datetime64("2000-01-01", "ns").astype(np.int64)
    return Frame({}, (np.arange(count) % 2).astype(np.int8), start + DAY * np.arange(count))


def registry(newest: str) -> MemoryRegistry:
    """With a champion that learned until then."""
    made = MemoryRegistry()
    made.apply(model_file("binary"), "ann", AT)
    of = draft("r1", MODEL)
    made.register(replace(of, lineage=replace(of.lineage, newest=newest)), "ann", AT)
    event = AuditEvent(MODEL, AT, "promoted", "ann", "", 1)
    made.move_alias(Alias(MODEL, CHAMPION, 1, None, 1, AT, "ann"), event, expected=None)
    return made


def test_a_retraining_learns_from_two_thirds_of_what_its_champion_never_saw() -> None:
    newest = "2021-11-25T00:00:00.000Z"  # 8,000 days on
    model = renewed(model_file("binary"), AGAIN, rows(9500), registry(newest))
    assert round(model.split.test * 9500) == 500


def test_a_retraining_holds_out_enough_to_tell_two_versions_apart() -> None:
    model = renewed(model_file("binary"), AGAIN, rows(9500), registry("2025-12-01T00:00:00.000Z"))
    assert round(model.split.test * 9500) == 300


@pytest.mark.parametrize(("outcomes", "held_out"), [(1200, 400), (300, 300), (4000, 500)])
def test_of_what_changed_lately_most_is_learned_though_the_champion_is_old(outcomes, held_out):
    run = replace(AGAIN, outcomes=outcomes)
    model = renewed(model_file("binary"), run, rows(9500), registry("2021-11-25T00:00:00.000Z"))
    assert round(model.split.test * 9500) == held_out


def test_what_came_since_a_finding_is_not_held_out_alone_where_it_tells_too_little() -> None:
    run = replace(AGAIN, outcomes=30)
    model = renewed(model_file("binary"), run, rows(9500), registry("2021-11-25T00:00:00.000Z"))
    assert round(model.split.test * 9500) == 500


@pytest.mark.parametrize(
    ("outcomes", "validating"), [(1200, 800), (300, 300), (4000, 1000), (None, 1900)]
)
def test_which_rows_to_learn_from_is_chosen_on_what_came_since_the_loss(outcomes, validating):
    run = replace(AGAIN, outcomes=outcomes)
    model = renewed(model_file("binary"), run, rows(9500), registry("2021-11-25T00:00:00.000Z"))
    assert round(model.split.validation * 9500) == validating


def test_a_forecast_keeps_the_origins_that_its_trials_are_measured_from() -> None:
    file = model_file("forecast")
    run = replace(AGAIN, outcomes=1200)
    model = renewed(file, run, rows(9500), registry("2021-11-25T00:00:00.000Z"))
    assert round(model.split.test * 9500) == 400
    assert model.split.validation == file.split.validation


@pytest.mark.parametrize(
    ("problem", "rare", "held_out"),
    [("binary", 10, 300), ("binary", 16, 480), ("binary", 100, 500), ("multiclass", 40, 400)],
)
def test_where_one_class_is_rare_enough_of_it_is_held_out(problem, rare, held_out) -> None:
    """Every so many rows one is of the rare class; the model file's own hold-out is 500 rows."""
    known = rows(9500)
    target = (np.arange(9500) % rare == 0)[::-1].astype(np.int8)
    known = Frame({}, target, known.time)
    file = model_file(problem)
    file = replace(file, split=replace(file.split, test=500 / 9500))
    model = renewed(file, AGAIN, known, registry("2025-12-01T00:00:00.000Z"))
    assert abs(round(model.split.test * 9500) - held_out) < rare


@pytest.mark.parametrize(
    ("run", "newest", "by"),
    [
        (replace(AGAIN, labelled_until=""), "2021-11-25T00:00:00.000Z", None),
        (AGAIN, "", None),
        (AGAIN, "2000-01-02T00:00:00.000Z", None),
        (AGAIN, "2021-11-25T00:00:00.000Z", "stratified"),
    ],
)
def test_what_is_no_retraining_in_time_holds_out_what_its_file_says(run, newest, by) -> None:
    file = model_file("binary")
    file = replace(file, split=replace(file.split, by=by))
    assert renewed(file, run, rows(9500), registry(newest)) == file
