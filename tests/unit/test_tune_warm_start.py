import math

import msgspec
import pytest
from evergreen.contracts.registry import CHAMPION, Alias, AuditEvent, Run
from evergreen.contracts.search import Search
from evergreen.contracts.stages import TrialResult
from evergreen.estimators.facts import Facts
from evergreen.estimators.families import offered
from evergreen.estimators.portfolio import defaults
from evergreen.estimators.results import write_result
from evergreen.estimators.space import FAMILY, Choice
from evergreen.tune.proposals.earlier import NOTHING, Earlier
from evergreen.tune.propose import propose
from evergreen.tune.warm_start import warm_start

from tests.fakes.memory import MemoryRegistry, MemoryStore
from tests.fakes.registered import draft

AT = "2026-01-01T00:00:00.000Z"
MODEL = "churn"
SPACE = offered(Facts(problem="binary", metric="log_loss", rows=600, classes=2, numbers=5))


def logistic(c, **more):
    return SPACE["logistic"].configuration("logistic", {"C": c, **more})


def of(family):
    return SPACE[family].configuration(family, {})


class World:
    """A registry and a store in which runs of the model have ended."""

    def __init__(self):
        self.registry, self.artifacts = MemoryRegistry(), MemoryStore()

    def ran(self, run_id, tried, status="deployed", at=AT):
        """A run whose trials were these configurations and losses."""
        run = Run(run_id=run_id, model=MODEL, trigger="", sources=(), started_at=at)
        self.registry.open_run(run)
        if status != "running":
            self.registry.close_run(run_id, status, "", at)
        for number, (configuration, loss) in enumerate(tried, 1):
            result = TrialResult(number, configuration, loss, 0.1, "")
            write_result(self.artifacts, run_id, result)

    def champion(self, run_id, configuration, *members):
        made = draft(run_id, MODEL)
        lineage = msgspec.structs.replace(
            made.lineage, configuration=configuration, members=members
        )
        number = self.registry.register(
            msgspec.structs.replace(made, lineage=lineage), "tester", AT
        ).number
        alias = Alias(MODEL, CHAMPION, number, None, 1, AT, "tester")
        event = AuditEvent(MODEL, AT, "promoted", "tester", "", number)
        self.registry.move_alias(alias, event, expected=None)

    def warm(self, space=SPACE, **search):
        search = Search(**{"trials": 40} | search)
        return warm_start(MODEL, search, space, artifacts=self.artifacts, registry=self.registry)


def configurations(earlier):
    return [each.configuration for each in earlier.best]


THIRTY = [(logistic(0.1 * n), 0.3 + 0.001 * n) for n in range(1, 28)] + [
    (of("extra trees"), 0.25),
    (of("gradient boosting"), 0.9),
    (of("random forest"), None),
]


def test_a_model_without_earlier_runs_begins_cold():
    assert World().warm() == NOTHING


def test_a_search_begins_with_the_champion_and_then_the_best_of_each_family_that_did_well():
    world = World()
    world.ran("r1", THIRTY)
    world.champion("r0", logistic(5.0))
    found = world.warm()
    assert configurations(found) == [logistic(5.0), of("extra trees"), logistic(0.1)]
    assert [each.origin for each in found.best] == [
        "earlier run r0",
        "earlier run r1",
        "earlier run r1",
    ]


def test_a_search_begins_with_every_member_of_a_champion_that_is_an_ensemble():
    world = World()
    flat = {"family": "ensemble", "trial 9": "0.6 x logistic", "trial 4": "0.4 x extra trees"}
    world.champion("r0", flat, logistic(5.0), of("extra trees"))
    assert configurations(world.warm()) == [logistic(5.0), of("extra trees")]


def test_families_that_stayed_behind_in_every_earlier_run_are_not_begun_with():
    world = World()
    world.ran("r1", THIRTY)
    assert world.warm().weak == {"gradient boosting", "random forest"}
    world.ran("r2", [(of("gradient boosting"), 0.1), (logistic(1.0), 0.2), (logistic(2.0), 0.3)])
    assert world.warm().weak == {"random forest"}


@pytest.mark.parametrize("status", ["running", "failed"])
def test_runs_that_have_not_ended_well_are_no_guide(status):
    world = World()
    world.ran("r1", THIRTY, status)
    assert world.warm() == NOTHING


def test_only_the_newest_runs_are_looked_back_on():
    world = World()
    for n in range(5):
        world.ran(f"r{n}", [(logistic(1.0 + n), 0.1)], at=f"2026-01-0{n + 1}T00:00:00.000Z")
    assert configurations(world.warm()) == [logistic(5.0), logistic(4.0), logistic(3.0)]


def test_a_configuration_outside_todays_space_is_skipped_and_never_clipped():
    world = World()
    world.ran("r1", [(logistic(50.0), 0.1), (of("extra trees"), 0.2), (logistic(2.0), 0.3)])
    world.champion("r1", of("neural network"))
    c, *others = SPACE["logistic"].settings
    narrow = msgspec.structs.replace(c, high=10.0)
    today = {"logistic": msgspec.structs.replace(SPACE["logistic"], settings=(narrow, *others))}
    assert configurations(world.warm(today)) == [logistic(2.0)]


@pytest.mark.parametrize("configuration", [{}, {FAMILY: "gone"}, {FAMILY: "logistic", "C": "auto"}])
def test_what_the_space_does_not_know_is_skipped(configuration):
    world = World()
    world.ran("r1", [(configuration, 0.1), (logistic(2.0), 0.3)])
    assert configurations(world.warm()) == [logistic(2.0)]


def test_a_setting_that_older_runs_did_not_have_is_at_its_default():
    world = World()
    world.ran("r1", [(logistic(2.0), 0.3)])
    family = SPACE["logistic"]
    settings = (*family.settings, Choice("solver", ("lbfgs", "saga"), "lbfgs"))
    today = {"logistic": msgspec.structs.replace(family, settings=settings)}
    assert configurations(world.warm(today)) == [logistic(2.0) | {"solver": "lbfgs"}]


def test_the_number_of_steps_that_an_earlier_fit_found_is_found_anew():
    world = World()
    world.ran("r1", [(of("gradient boosting") | {"max_iter": 80}, 0.3)])
    assert configurations(world.warm()) == [of("gradient boosting")]


def test_what_earlier_runs_found_takes_a_third_of_the_budget_at_most():
    world = World()
    world.ran(
        "r1",
        [(of(name), 0.1 + n / 100) for n, name in enumerate(SPACE)]
        + [(logistic(n), 0.9) for n in range(1, 20)],
    )
    assert len(world.warm(trials=40).best) == len(SPACE)
    assert len(world.warm(trials=6).best) == 2


def test_a_model_file_can_ask_for_a_cold_start():
    world = World()
    world.ran("r1", THIRTY)
    assert world.warm(warm_start=False) == NOTHING


def test_what_is_taken_over_is_kept_as_json():
    world = World()
    world.ran("r1", THIRTY)
    found = world.warm()
    assert msgspec.json.decode(msgspec.json.encode(found), type=Earlier) == found


def loss(configuration, optimum):
    """Least for a logistic of one C, one penalty and one way to scale."""
    if configuration[FAMILY] != "logistic":
        return 2.0
    wrong = (configuration["penalty"] != "l1") + (configuration["numbers"] != "yeo-johnson")
    return abs(math.log10(configuration["C"]) - optimum) + 0.3 * wrong


def searched(search, optimum, earlier=NOTHING):
    results = []
    while len(results) < search.trials:
        first = len(results) + 1
        for number, each in enumerate(
            propose(results, range(first, first + 4), search, SPACE, earlier=earlier), first
        ):
            found = loss(each.configuration, optimum)
            results.append(TrialResult(number, each.configuration, found, 0.1, ""))
    return results


def test_a_retrain_is_as_good_as_the_first_run_after_a_fraction_of_its_trials():
    search, world = Search(trials=40, seed=4), World()
    first = searched(search, optimum=-1.5)
    world.ran("r1", [(each.configuration, each.loss) for each in first])
    reached = min(each.loss for each in first)
    moved = loss(min(first, key=lambda each: each.loss).configuration, -1.45)
    again = [each.loss for each in searched(search, -1.45, world.warm())]
    cold = [each.loss for each in searched(msgspec.structs.replace(search, seed=5), -1.45)]

    def trials_to(losses):
        return next((n for n, each in enumerate(losses, 1) if each <= max(reached, moved)), 41)

    assert trials_to(again) <= 2
    assert trials_to(cold) > 5 * trials_to(again)


def test_a_retrain_spends_no_trial_on_defaults_that_earlier_runs_ruled_out_but_the_plain_one():
    world = World()
    world.ran("r1", [(each, loss(each, 0.0)) for each in defaults(SPACE)])
    made = propose([], range(1, 5), Search(trials=40), SPACE, earlier=world.warm())
    plain = defaults(SPACE)[0]
    assert [each.configuration for each in made if each.origin == "default"] == [plain]
