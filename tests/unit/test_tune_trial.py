import msgspec
import numpy as np
import pytest
from evergreen import metrics
from evergreen.contracts import keys
from evergreen.contracts.stages import Fidelity, Trial, TrialResult
from evergreen.errors import NotFound
from evergreen.estimators.pipeline import answers, fit
from evergreen.frame import arrays_from_npz
from evergreen.ports import iso
from evergreen.prices import Worker, dollars
from evergreen.tune import cross_validation, trial

from tests.fakes.learned import RUN, SET, SIGNATURE, World, frame
from tests.fakes.memory import FixedClock

LOGISTIC = {"family": "logistic", "C": 1.0}
PROCESS = Worker()
FIVE = {"trials": 5, "folds": 5}
FULL = Fidelity(0, 0, 5, True)
LOWER = Fidelity(0, 0, 2, False)
BOTH = frame(400, 1).then(frame(200, 2))


def tried(world, configuration=LOGISTIC, fidelity=FULL, number=1, worker=PROCESS):
    return trial(
        Trial(RUN, SET, number, configuration, fidelity, origin="default"),
        features=world.features,
        artifacts=world.artifacts,
        registry=world.registry,
        clock=world.clock,
        worker=worker,
    )


def kept(world, number=1):
    return arrays_from_npz(world.artifacts.read(keys.predictions(RUN.run_id, number)))


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss"])
def test_the_loss_is_the_mean_over_folds_of_what_was_answered_to_rows_left_out(metric):
    world = World(metric=metric, search=FIVE)
    result = tried(world)
    found = kept(world)
    np.testing.assert_array_equal(found["rows"], np.arange(600))
    losses, sizes = [], []
    for fold in range(5):
        out = found["folds"] == fold
        by_hand = answers(fit(SIGNATURE, LOGISTIC, BOTH.take(~out)), SIGNATURE, BOTH.take(out))
        np.testing.assert_array_equal(found["answers"][out], by_hand)
        losses.append(metrics.loss(metric, metrics.measure(metric, BOTH.target[out], by_hand)))
        sizes.append(out.sum())
    assert result.fold_losses == pytest.approx(losses)
    assert result.loss == pytest.approx(np.average(losses, weights=sizes))
    assert (result.rows, result.origin) == (600, "default")
    value = metrics.from_loss(metric, result.loss)
    assert result.summary == f"{metric} {value:.4f} on 5 folds of 600 rows: logistic C=1"


def test_full_trials_answer_the_same_rows_in_the_same_folds_so_they_can_be_put_together():
    world = World()
    for number, strength in enumerate((0.01, 1.0), 1):
        tried(world, LOGISTIC | {"C": strength}, number=number)
    one, other = kept(world, 1), kept(world, 2)
    for name in ("rows", "folds"):
        np.testing.assert_array_equal(one[name], other[name])


def test_below_full_fidelity_fewer_folds_are_measured_and_no_answers_kept():
    world = World(search=FIVE)
    full = tried(world)
    lower = tried(world, fidelity=LOWER, number=2)
    assert lower.fold_losses == full.fold_losses[:2]
    assert lower.fidelity == LOWER
    assert keys.predictions(RUN.run_id, 2) not in world.artifacts.objects


def test_a_sample_of_the_rows_is_what_a_trial_of_few_rows_looks_at():
    result = tried(World(), fidelity=Fidelity(0, 200, 1, False))
    assert result.rows == pytest.approx(200, abs=15)
    assert len(result.fold_losses) == 1


def test_a_result_is_never_there_before_its_answers():
    world = World()
    written = []
    write = world.artifacts.write
    world.artifacts.write = lambda key, *rest: (written.append(key), write(key, *rest))[1]
    tried(world)
    assert written == [keys.predictions(RUN.run_id, 1), keys.trial(RUN.run_id, 1)]


def stepwise(strengths):
    """A fit in steps of 10 that begins at each of these strengths of a logistic regression."""

    def fit_in_steps(signature, _configuration, rows):
        for place, strength in enumerate(strengths, 1):
            seen.append(10 * place)
            yield 10 * place, fit(signature, LOGISTIC | {"C": strength}, rows)

    seen = []
    return fit_in_steps, seen


def test_all_folds_stop_together_soon_after_their_mean_loss_stops_falling(monkeypatch):
    steps, seen = stepwise([1e-4, 1e-2, 1.0, *[1e-5] * 20])
    monkeypatch.setattr(cross_validation, "fit_in_steps", steps)
    world = World(metric="log_loss")
    result = tried(world, {"family": "gradient boosting"})
    assert result.configuration == {"family": "gradient boosting", "max_iter": 30}
    assert max(seen) == 60
    assert not result.cut
    assert result.loss == pytest.approx(tried(World(metric="log_loss"), LOGISTIC).loss)
    monkeypatch.undo()
    alone = World(metric="log_loss")
    tried(alone)
    np.testing.assert_array_equal(kept(world)["answers"], kept(alone)["answers"])


def test_steps_that_are_hardly_worth_anything_are_not_gone_on_with(monkeypatch):
    steps, seen = stepwise([1e-4, *np.linspace(1.0, 1.01, 20)])
    monkeypatch.setattr(cross_validation, "fit_in_steps", steps)
    tried(World(metric="log_loss"), {"family": "gradient boosting"})
    assert max(seen) < 80


class Passing(FixedClock):
    """Ten seconds go by from one look at it to the next."""

    def now(self):
        self.go_on(seconds=10)
        return super().now()


def test_a_trial_takes_no_further_steps_once_its_share_of_the_minutes_is_over(monkeypatch):
    steps, seen = stepwise([1e-4, 1e-3, 1e-2, 1e-1])
    monkeypatch.setattr(cross_validation, "fit_in_steps", steps)
    world = World(metric="log_loss", search=FIVE | {"minutes": 1})
    world.clock = Passing()  # and a tenth of a minute is over at the first look
    result = tried(world, {"family": "gradient boosting"})
    assert result.configuration == {"family": "gradient boosting", "max_iter": 10}
    assert result.cut
    assert max(seen) == 10


def test_a_fold_that_holds_one_class_is_measured_with_the_others_together():
    rows = frame(600, 1)
    car = np.where(rows.target == 1, "all of them", np.arange(600) % 50)
    car[np.flatnonzero(rows.target == 1)[:5]] = ["a", "b", "c", "d", "e"]
    world = World(group="car", search={"trials": 5, "folds": 3})
    grouped = msgspec.structs.replace(rows, columns=rows.columns | {"car": car})
    world.put("train", grouped.take(slice(0, 400)))
    world.put("validation", grouped.take(slice(400, 600)))
    result = tried(world)
    found = kept(world)
    target = grouped.target[found["rows"]]
    one_class = [len(set(target[found["folds"] == fold])) == 1 for fold in set(found["folds"])]
    assert any(one_class)
    pooled = metrics.measure("roc_auc", target, found["answers"])
    assert result.loss == pytest.approx(1 - pooled)
    assert len(result.fold_losses) == len(one_class) - sum(one_class)


def test_rows_of_one_class_are_a_failed_trial_that_says_so():
    world = World()
    only = frame(100, 1)
    only = only.take(only.target == 0)
    world.put("train", only)
    world.put("validation", only)
    result = tried(world)
    assert result.loss is None
    assert "no row of class 'yes' of 'left'" in result.error


def test_a_trial_costs_what_its_worker_costs_for_the_time_it_took():
    worker = Worker("lambda", 3.0, 2.0)
    world = World()
    result = tried(world, worker=worker)
    assert result.seconds > 0
    assert result.dollars == pytest.approx(dollars(worker, result.seconds), abs=1e-4)
    assert result.finished_at == iso(world.clock.now())
    assert tried(world, number=2).dollars == 0
    assert 0 < result.predict_seconds < 10


def test_a_fit_that_fails_is_a_result_and_costs_what_it_took():
    world = World()
    failed = tried(world, LOGISTIC | {"C": -1.0}, LOWER, worker=Worker("lambda", 3.0, 2.0))
    assert (failed.loss, failed.fidelity, failed.origin) == (None, LOWER, "default")
    assert "C" in failed.error
    assert failed.dollars > 0
    stored = msgspec.json.decode(world.artifacts.read(keys.trial(RUN.run_id, 1)), type=TrialResult)
    assert stored == failed


def test_a_trial_without_its_feature_set_is_an_error_and_not_a_result():
    world = World()
    with pytest.raises(NotFound):
        trial(
            Trial(RUN, "gone", 1, LOGISTIC),
            features=world.features,
            artifacts=world.artifacts,
            registry=world.registry,
            clock=world.clock,
            worker=PROCESS,
        )
