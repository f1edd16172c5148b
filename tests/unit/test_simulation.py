"""What a person relies on who replays history before turning a policy on."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from evergreen.contracts.model_checks import parse
from evergreen.contracts.stages import RunInput
from evergreen.errors import EvergreenError
from evergreen.simulation.learning import Failed
from evergreen.simulation.outside import Runs
from evergreen.simulation.page import lines, sentence, simulation_page
from evergreen.simulation.policies import POLICIES, under
from evergreen.simulation.result import Simulation, Window
from evergreen.simulation.scores import mean, worst
from evergreen.simulation.simulate import simulate
from evergreen.simulation.work import Work
from evergreen.simulation.world import World
from msgspec.structs import replace

from tests.fakes.shops import FILE, asked, history, shop


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    """A table whose relation turns round, under two policies."""
    folder = tmp_path_factory.mktemp("turned")
    return simulate(asked(folder, shop(), policies=("never", "performance")))


def test_a_policy_that_sees_performance_earns_more_where_the_relation_turns(turned) -> None:
    never, watched = turned.outcomes
    assert never.started == 0
    assert watched.promoted >= 1
    assert watched.mean > never.mean + 0.05
    assert watched.attempts[0].at > "2020-05"


def test_all_policies_serve_the_same_rows_with_the_same_first_version(turned) -> None:
    never, watched = turned.outcomes
    assert [w.rows for w in never.windows] == [w.rows for w in watched.windows]
    assert sum(w.rows for w in never.windows) == turned.rows_served
    assert never.windows[0] == watched.windows[0]


def test_a_policy_is_said_to_be_worse_only_where_the_same_rows_surely_tell(turned) -> None:
    never, watched = turned.outcomes
    assert watched.beside is None
    low, high = never.beside
    assert low < never.mean - watched.mean < high < 0
    assert [line[2].partition(" ")[0] for line in lines(turned)] == ["worse", ""]
    mild = msgspec.structs.replace(never, beside=(-0.2, 0.1))
    found = msgspec.structs.replace(turned, outcomes=(mild, watched))
    assert next(lines(found))[2] == "even (-0.200 to 0.100)"


def test_where_less_is_better_a_smaller_mean_is_better(turned) -> None:
    less = msgspec.structs.replace(turned, metric="mae", less_is_better=True)
    assert next(lines(less))[2].startswith("better (")


def test_every_retraining_tells_why_and_what_it_cost(turned) -> None:
    for attempt in turned.outcomes[1].attempts:
        assert attempt.reason
        assert attempt.ending
        assert attempt.status in ("deployed", "refused")
        assert attempt.dollars > 0
    assert turned.outcomes[1].checks == len(turned.outcomes[1].windows)


def test_a_simulation_is_a_page_and_a_document(turned) -> None:
    body = simulation_page(turned).decode()
    assert "performance" in body
    assert "http" not in body.replace("http-equiv", "")
    assert msgspec.json.decode(msgspec.json.encode(turned), type=Simulation) == turned


def test_a_short_time_is_told_in_days_on_its_axis(turned) -> None:
    def drawn(first: Window, last: Window) -> str:
        each = replace(turned.outcomes[0], windows=(first, last))
        return simulation_page(replace(turned, outcomes=(each,))).decode()

    first = turned.outcomes[0].windows[0]
    assert ">12-24<" in drawn(
        replace(first, until="2020-12-01T00:00:00Z"), replace(first, until="2021-01-01T00:00:00Z")
    )
    assert ">2021-01<" in drawn(
        replace(first, until="2020-01-01T00:00:00Z"), replace(first, until="2021-01-01T00:00:00Z")
    )


def test_the_first_version_knows_no_outcome_that_came_later(tmp_path) -> None:
    late = asked(tmp_path, shop(), delay="30d", policies=("never",))
    at_once = asked(tmp_path, shop(), policies=("never",))
    assert simulate(at_once).rows_before - simulate(late).rows_before == 280


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"since": datetime(2021, 1, 1, tzinfo=UTC)}, "--from must be before --to"),
        ({"since": datetime(2019, 1, 1, tzinfo=UTC)}, "No row is known before --from"),
        ({"since": datetime(2020, 3, 1, tzinfo=UTC)}, "No row came between"),
        ({"policies": ("always",)}, "There is no policy 'always'"),
        ({"file": parse(FILE | {"features": {"y": "number"}})}, "lacks the column(s) 'y'"),
        ({"file": parse({k: v for k, v in FILE.items() if k != "time"})}, "no time column"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_a_sentence(tmp_path, changes, sentence) -> None:
    wrong = asked(tmp_path, shop(400), **({"since": datetime(2020, 2, 1, tzinfo=UTC)} | changes))
    with pytest.raises(EvergreenError) as error:
        simulate(wrong)
    assert sentence in error.value.sentence


def test_a_first_version_of_one_class_is_refused_with_the_reason(tmp_path) -> None:
    table = shop(1200)
    table.loc[:950, "bought"] = "no"
    with pytest.raises(
        EvergreenError, match="The first version, of the 890 rows known by --from, cannot serve"
    ):
        simulate(asked(tmp_path, table, until=datetime(2020, 4, 20, tzinfo=UTC)))


def test_what_one_policy_has_learned_no_other_learns_again(tmp_path, monkeypatch) -> None:
    found, world = history(tmp_path, shop(1200, turns=False), parse(FILE))
    work = Work(found, world.features, world.views)
    work.learn_first("raw/shop/before.parquet", 800, int(found.arrived[800]))
    again = RunInput(run_id="again", model="shop", sources=("raw/shop/before.parquet",))
    one, other = work.world(found.file), work.world(found.file)
    for each in (one, other):
        Runs().start(again)
        each.registry.open_run(world_run(again))
    first, number = work.learn(one, again)
    monkeypatch.setattr("evergreen.simulation.work.learn", None)
    assert work.learn(other, again) == (first, number)
    assert other.registry.run("again").status == one.registry.run("again").status != "running"


def test_a_run_that_holds_out_other_rows_is_learned_anew(tmp_path, monkeypatch) -> None:
    found, world = history(tmp_path, shop(1200, turns=False), parse(FILE))
    work = Work(found, world.features, world.views)
    work.learn_first("raw/shop/before.parquet", 800, int(found.arrived[800]))
    of = {"model": "shop", "sources": ("raw/shop/before.parquet",), "labelled_until": "2021"}
    learned = []

    def learn(_world: World, run: RunInput) -> Failed:
        learned.append(run.outcomes)
        return Failed("", 0.0)

    monkeypatch.setattr("evergreen.simulation.work.learn", learn)
    for number, outcomes in enumerate((None, 400, 400)):
        one, run = work.world(found.file), RunInput(run_id=f"r{number}", outcomes=outcomes, **of)
        one.registry.open_run(world_run(run))
        work.learn(one, run)
    assert learned == [None, 400]


def world_run(run: RunInput) -> Any:
    """The record that starting a run opens."""
    from evergreen.contracts.registry import Run

    return Run(run_id=run.run_id, model=run.model, trigger="", sources=(), started_at="2020")


def test_a_window_of_few_rows_is_never_the_worst() -> None:
    windows = [
        Window("2020-01", "2020-02", 1, 100, 0, 0.8),
        Window("2020-02", "2020-03", 1, 300, 0, 0.6),
        Window("2020-03", "2020-04", 1, 10, 0, None),
    ]
    assert mean(windows) == pytest.approx(0.65)
    assert worst("roc_auc", windows) == windows[1]
    assert worst("mae", windows) == windows[0]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_changes_nothing_but_what_starts_retraining(policy) -> None:
    file = parse(FILE)
    changed = under(policy, file, "30d")
    assert msgspec.structs.replace(changed, retrain=file.retrain) == file
    assert changed.retrain.windows == file.retrain.windows


def test_a_period_in_which_nothing_can_be_measured_is_told_so(turned) -> None:
    never = turned.outcomes[0]
    silent = msgspec.structs.replace(never, mean=float("nan"), worst_since="")
    found = msgspec.structs.replace(turned, outcomes=(silent,))
    assert sentence(found).startswith("No step holds 30 rows")
    assert [line[1] for line in lines(found)] == ["none"]
    assert sentence(turned).endswith(f"(never {never.mean:.3f} with 0).")


def test_rows_that_a_version_could_not_answer_are_told(turned) -> None:
    never = turned.outcomes[0]
    refused = tuple(msgspec.structs.replace(w, refused_rows=10) for w in never.windows)
    lacking = msgspec.structs.replace(never, windows=refused)
    found = msgspec.structs.replace(turned, outcomes=(lacking,))
    assert "would have been refused" not in sentence(turned)
    every = sum(window.rows + 10 for window in refused)
    assert f"{10 * len(refused):,} of {every:,} rows would have been refused" in sentence(found)
