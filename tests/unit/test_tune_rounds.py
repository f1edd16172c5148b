import msgspec
import pytest
from evergreen.contracts import keys
from evergreen.contracts.registry import Run
from evergreen.contracts.stages import Trial
from evergreen.errors import InvalidModelFile, NotConfigured
from evergreen.prices import STATE_TRANSITION, Worker

from tests.fakes.learned import AT, RUN
from tests.fakes.searching import SearchWorld

FUNCTION = Worker("lambda", 3.0)


def configurations(world):
    return [trial for trial in world.proposed() if trial.promotes is None]


def test_a_search_tries_as_many_configurations_as_stated_and_promotes_some_of_them():
    world = SearchWorld(trials=12, parallel=4)
    summary = world.play()
    promoted = [trial for trial in world.proposed() if trial.promotes]
    assert len(configurations(world)) == 12
    assert [trial.number for trial in world.proposed()] == list(range(1, 13 + len(promoted)))
    assert {trial.origin for trial in promoted} == {"promoted"}
    assert summary.finished == len(world.results())
    assert summary.why == "all 12 configurations were tried"


def test_new_configurations_begin_on_the_lowest_rung_and_the_winner_was_tried_in_full():
    world = SearchWorld(trials=12)
    summary = world.play()
    lowest = {trial.fidelity for trial in configurations(world)}
    assert len(lowest) == 1
    assert not lowest.pop().full
    best = next(r for r in world.results() if r.number == summary.best_trial)
    full = [r for r in world.results() if r.fidelity.full]
    assert best.loss == min(r.loss for r in full)
    assert len(full) >= 4


def test_a_promoted_trial_tries_the_configuration_as_proposed_one_rung_up():
    world = SearchWorld(trials=12)
    world.play()
    by_number = {trial.number: trial for trial in world.proposed()}
    climbed = [trial for trial in world.proposed() if trial.promotes]
    assert climbed
    for trial in climbed:
        before = by_number[trial.promotes]
        assert trial.configuration == before.configuration
        assert trial.fidelity.rung > before.fidelity.rung


def test_a_small_table_is_tried_in_full_at_once():
    world = SearchWorld(rows=600, trials=5)
    world.play()
    assert [trial.fidelity.full for trial in world.proposed()] == [True] * 5


def test_no_round_holds_more_trials_than_may_run_at_once():
    world = SearchWorld(trials=30, parallel=3)
    sizes = []
    while not world.record().done if sizes else True:
        trials = world.trials(world.suggest())
        sizes.append(len(trials))
        for each in trials:
            world.answer(each)
    assert max(sizes) == 3


def test_a_round_that_is_asked_for_twice_is_the_same_round():
    world = SearchWorld()
    first = world.suggest()
    world.answer(first.trials[0])
    before = dict(world.artifacts.objects)
    assert world.suggest() == first
    assert world.artifacts.objects == before


def test_a_round_lies_in_the_bucket_as_the_list_that_a_distributed_map_reads():
    world = SearchWorld()
    round_ = world.suggest()
    assert round_.items == keys.run(RUN.run_id, "rounds/0001.json")
    body = world.artifacts.read(round_.items)
    assert msgspec.json.decode(body, type=list[Trial]) == list(round_.trials)


def test_up_to_forty_trials_are_run_within_the_execution_and_more_are_distributed():
    assert SearchWorld(trials=300, parallel=40).suggest().place == "inline"
    many = SearchWorld(trials=300, parallel=41)
    round_ = many.suggest()
    assert (round_.place, round_.trials) == ("distributed", ())
    assert len(many.trials(round_)) == 41


@pytest.mark.parametrize("parallel", [40, 80])
def test_a_state_is_never_larger_than_step_functions_allows(parallel):
    round_ = SearchWorld(trials=9999, parallel=parallel).suggest()
    assert len(msgspec.json.encode(round_)) < 100 * 1024


def test_a_table_too_large_for_a_function_is_tried_in_containers_where_there_are_any():
    world = SearchWorld(rows=20_000_000)
    world.containers = True
    round_ = world.suggest()
    assert (round_.place, round_.trials, round_.cpu, round_.memory) == (
        "container",
        (),
        "4096",
        "16384",
    )
    for each in world.trials(round_):
        world.answer(each)
    summary = world.record()
    assert (summary.train_in, summary.cpu, summary.memory) == ("container", "4096", "16384")


def test_without_containers_a_large_table_is_tried_in_functions_all_the_same():
    world = SearchWorld(rows=20_000_000)
    assert world.suggest().place == "inline"
    assert world.record().train_in == "lambda"


def test_a_model_file_that_asks_for_containers_is_told_how_to_get_them():
    world = SearchWorld()
    world.apply(compute={"on": "container"})
    with pytest.raises(NotConfigured, match="-c containers=true"):
        world.suggest()
    world.containers = True
    assert world.suggest().place == "container"


def test_the_summary_tells_what_was_tried_what_is_best_and_what_it_cost():
    world = SearchWorld(trials=12, worker=FUNCTION)
    summary = world.play()
    results = world.results()
    promoted = sum(r.promotes is not None for r in results)
    best = next(r for r in results if r.number == summary.best_trial)
    assert summary.summary == (
        f"12 of 12 configurations, {promoted} promoted, best roc_auc {1 - best.loss:.4f}"
        f" (trial {best.number}: {best.configuration['family']}), ${summary.dollars:.4f}"
    )


def test_the_cost_is_that_of_all_trials_and_of_the_states_they_went_through():
    world = SearchWorld(trials=4, parallel=4, rows=600, worker=FUNCTION)
    summary = world.play()
    computed = sum(r.dollars for r in world.results())
    assert summary.transitions == 5 + 4
    assert summary.dollars == pytest.approx(computed + 9 * STATE_TRANSITION)


def test_on_ones_own_machine_a_search_costs_nothing_beyond_its_trials():
    world = SearchWorld(trials=4, rows=600)
    assert world.play().dollars == pytest.approx(sum(r.dollars for r in world.results()))


def test_a_search_ends_when_improvement_has_ended_and_says_so():
    world = SearchWorld(rows=600, trials=100, parallel=5, patience=7)
    losses = [0.5, 0.4, 0.3, *[0.6] * 100]
    while True:
        for each in world.suggest().trials:
            world.answer(each, losses[each.number - 1])
        summary = world.record()
        if summary.done:
            break
    assert len(world.results()) == 10
    assert summary.why == "the last 7 configurations improved nothing beyond noise"
    assert summary.summary.endswith(f"; {summary.why}")


def test_the_promising_still_climb_after_improvement_has_ended():
    world = SearchWorld(trials=100, parallel=5, patience=10)
    summary = world.play()
    assert summary.why.endswith("improved nothing beyond noise")
    assert sum(r.fidelity.full for r in world.results()) >= 4


def test_a_search_ends_with_its_minutes_and_what_it_trains_was_tried_in_full():
    world = SearchWorld(trials=1000, parallel=4, minutes=10)
    summary = world.play(minutes=3)
    rounds = len({t.number for t in configurations(world)}) // 4
    assert rounds <= 3
    assert summary.why == "the budget of 10 minutes is spent"
    best = next(r for r in world.results() if r.number == summary.best_trial)
    assert best.fidelity.full


def test_one_round_over_the_minutes_takes_the_best_up_where_nothing_was_tried_in_full():
    world = SearchWorld(trials=1000, parallel=4, minutes=10)
    for each in world.suggest().trials:
        world.answer(each)
    world.clock.go_on(minutes=11)
    summary = world.record()
    assert not summary.done
    assert summary.summary.endswith("but the best is still tried in full")
    (last,) = world.suggest().trials
    assert last.fidelity.full
    assert last.promotes == summary.best_trial
    world.answer(last)
    assert world.record().done


def test_the_end_of_a_budget_is_for_trying_the_best_of_several_families_in_full():
    world = SearchWorld(trials=1000, parallel=4, minutes=20)
    world.play(minutes=1)
    full = {r.configuration["family"] for r in world.results() if r.fidelity.full}
    assert len(full) >= 4


def test_dollars_are_not_overspent():
    world = SearchWorld(trials=1000, parallel=4, dollars=0.05)
    summary = world.play()
    assert summary.why == "the budget of $0.05 is spent"
    assert 0.03 < summary.dollars <= 0.05


def test_a_budget_that_is_too_small_for_any_trial_is_told_so():
    world = SearchWorld(worker=FUNCTION, dollars=1e-5)
    assert world.suggest().trials == ()
    with pytest.raises(InvalidModelFile, match="spent before its first trial"):
        world.record()


def test_a_search_that_has_ended_proposes_nothing_more():
    world = SearchWorld(trials=5)
    world.play()
    round_ = world.suggest()
    assert (round_.trials, round_.items, round_.place) == ((), "", "inline")


def test_the_rungs_of_a_search_stay_as_they_were_when_it_began():
    world = SearchWorld(trials=12)
    for each in world.suggest().trials:
        world.answer(each)
    ladder = {t.fidelity for t in world.proposed()}
    world.apply(trials=12, folds=9)
    world.record()
    assert {t.fidelity for t in world.suggest().trials if not t.promotes} == ladder


def test_a_retrained_model_ends_its_search_sooner_because_it_begins_where_the_last_one_ended():
    world = SearchWorld(rows=600, trials=60, parallel=5)
    started = Run(run_id=RUN.run_id, model="churn", trigger="", sources=(), started_at=AT)
    world.registry.open_run(started)
    first = world.play()
    world.registry.close_run(RUN.run_id, "deployed", "", AT)
    again = msgspec.structs.replace(RUN, run_id="run-2")
    trials = world.suggest(again).trials
    best = next(r for r in world.results() if r.number == first.best_trial)
    assert trials[0].configuration == best.configuration
    assert trials[0].origin == "earlier run run-1"
    world.play(again)
    assert len(world.results(again)) < len(world.results())
