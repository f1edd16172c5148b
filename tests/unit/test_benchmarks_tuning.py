"""What a reader of the tuning benchmark's figures relies on."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from evergreen.contracts.stages import TrialResult
from evergreen.prices import LAMBDA_GIB_SECOND, LAMBDA_REQUEST, STATE_TRANSITION
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.tuning import cells, curve, prices, quality, speedup, tables
from benchmarks.tuning.cells import OURS, Cell, Wanted
from benchmarks.tuning.pieces import Pieces

TOOLS = (OURS, "one", "two")


def cell(table, seed, tool, loss):
    return Cell(table, tool, seed, 60.0, loss, 60.0, 60.0, 1, "", f"{tool} 1")


def grid(losses):
    """Cells of ``{(table, seed): (ours, one, two)}``."""
    return [
        cell(table, seed, tool, loss)
        for (table, seed), row in losses.items()
        for tool, loss in zip(TOOLS, row, strict=True)
    ]


def test_a_division_that_a_tool_has_no_outcome_of_is_compared_for_nobody():
    found = grid({("a", 0): (1.0, 2.0, 3.0), ("a", 1): (1.0, 2.0, 3.0)})[:-1]
    assert list(quality.complete(found, TOOLS, 60.0)) == [("a", 0)]
    assert quality.complete(found, TOOLS, 300.0) == {}


def test_ranks_and_relative_losses_are_means_of_tables_not_of_divisions():
    losses = quality.complete(
        grid({("a", 0): (1.0, 1.2, 1.5), ("a", 1): (1.0, 1.2, 1.5), ("b", 0): (2.0, 1.0, 1.1)}),
        TOOLS,
        60.0,
    )
    assert quality.mean_ranks(losses, TOOLS) == {OURS: 2.0, "one": 1.5, "two": 2.5}
    relative = quality.mean_relative(losses, TOOLS)
    assert relative == pytest.approx({OURS: 0.5, "one": 0.1, "two": 0.3})


def test_a_tool_that_failed_is_last_and_counts_as_twice_the_best():
    losses = quality.complete(grid({("a", 0): (1.0, None, 1.5)}), TOOLS, 60.0)
    assert quality.mean_ranks(losses, TOOLS)["one"] == 3.0
    assert quality.mean_relative(losses, TOOLS)["one"] == 1.0
    assert quality.ratio(losses, "one")[0] == pytest.approx(2.0)


@given(st.lists(st.floats(0.6, 1.6), min_size=2, max_size=12))
def test_the_interval_of_a_ratio_holds_the_ratio_and_turns_with_it(ratios):
    rows = {(f"t{i % 3}", i): (1.0, r, 1 / r) for i, r in enumerate(ratios)}
    losses = quality.complete(grid(rows), TOOLS, 60.0)
    middle, low, high = quality.ratio(losses, "one")
    assert low <= middle * 1.000001
    assert middle <= high * 1.000001
    assert quality.ratio(losses, "two")[0] == pytest.approx(1 / middle)


def test_cells_come_small_budgets_first_then_seed_after_seed():
    first, *_, last = cells.wanted(["a", "b"], ["x", "y"], [0, 1], [60.0, 300.0])
    assert first == Wanted("a", "x", 0, 60.0)
    assert last == Wanted("b", "y", 1, 300.0)


def test_a_cell_of_another_version_is_not_the_cell(tmp_path, monkeypatch):
    monkeypatch.setattr(cells, "BUILD", tmp_path)
    asked = Wanted("a", "flaml", 0, 60.0)
    asked.file.parent.mkdir()
    for version, there in (("flaml 0.0", 0), (cells.key("flaml"), 1)):
        stored = Cell("a", "flaml", 0, 60.0, 0.5, 60.0, 60.0, 1, "", version)
        asked.file.write_bytes(cells.msgspec.json.encode(stored))
        assert len(cells.found([asked])) == there


def test_a_division_keeps_every_row_once_and_the_classes_shares(tmp_path):
    place = tables.divided("breast-cancer", 3, tmp_path)
    parts = [pd.read_parquet(place / f"{part}.parquet") for part in ("train", "test")]
    whole = pd.concat(parts)
    assert len(whole) == tables.task(place).rows == len(whole.drop_duplicates())
    assert parts[0]["target"].mean() == pytest.approx(parts[1]["target"].mean(), abs=0.01)


def test_a_peers_budget_is_processor_time_however_long_it_waits():
    script = (
        "import cpu, time; cpu.take_over(); began = time.time(); clock = time.monotonic()\n"
        "time.sleep(0.5)\n"
        "assert time.time() - began < 0.2 and time.monotonic() - clock < 0.2\n"
        "while time.time() - began < 0.2: pass\n"
        "try:\n"
        "    with cpu.at_most(0.2):\n"
        "        while True: pass\n"
        "except cpu.Over: print('over')\n"
    )
    folder = Path(tables.__file__).parent / "peers"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("over\n", "")


def test_a_runs_bill_is_the_published_prices_of_its_seconds_and_its_states():
    results = [TrialResult(n, {"family": "x"}, 0.5, 10.0, "") for n in (1, 2, 3, 4)]
    bill = prices.bill(results, 2, 20.0, [1.5, 1.5])
    gib = 3008 / 1024
    assert bill.trials == pytest.approx(4 * (10 * gib * LAMBDA_GIB_SECOND + LAMBDA_REQUEST))
    assert bill.states == prices.STATES_BESIDE_TUNING + 2 * prices.STATES_OF_A_ROUND + 4
    assert bill.orchestration == pytest.approx(bill.states * STATE_TRANSITION)
    assert bill.starts == pytest.approx(2 * (1.5 * gib * LAMBDA_GIB_SECOND + LAMBDA_REQUEST))
    parts = (bill.trials, bill.other_stages, bill.starts, bill.orchestration)
    assert bill.whole == pytest.approx(sum(parts))
    assert prices.sagemaker(results) == pytest.approx(40 / 3600 * 0.115)


def test_a_search_of_more_at_once_is_never_computed_faster_than_its_slowest_trials():
    measured = [1.0, 2.0, 30.0]
    times = [curve.seconds(measured, at_once, 20.0, 0.5) for at_once in curve.AT_ONCE]
    assert times[0] > 0.9 * curve.TRIALS * np.mean(measured)
    assert min(times) > max(measured) + 20.0
    assert times[2] < times[0] / 5


def test_an_interrupted_benchmark_measures_only_what_it_had_not_and_what_has_changed(tmp_path):
    pieces = Pieces(folder=tmp_path)
    asked = [("one", 0.5), ("one", 0.6), ("two", 0.7)]
    found = [pieces.piece("a", key, partial(float, at), float) for key, at in asked]
    assert found == [0.5, 0.5, 0.7]


def test_without_minutes_nothing_is_measured_and_what_is_there_counts(tmp_path):
    Pieces(folder=tmp_path).piece("a", "one", lambda: [0.1, 0.2], list[float])
    over = Pieces(until=0.0, folder=tmp_path)
    assert over.piece("a", "one", pytest.fail, list[float]) == [0.1, 0.2]
    assert over.piece("b", "one", pytest.fail, list[float]) is None


def test_a_speed_up_is_of_all_trials_and_of_the_quickest_search_of_each_kind():
    one = [speedup.Timed(6, 36.0, 6, 3.0), speedup.Timed(6, 60.0, 6, 9.0)]
    two = [speedup.Timed(6, 20.0, 3, 2.4)]
    rate, between = speedup.figures(speedup.Speed(one, two))
    assert (rate.ours, rate.peer) == (18.0, 10.0)
    assert rate.ratio == pytest.approx(1.8)
    assert between.ours == 0.5
