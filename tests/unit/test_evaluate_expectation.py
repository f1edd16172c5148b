"""What evaluate leaves of a candidate for the checks of the version that it becomes."""

import msgspec
import numpy as np
from evergreen.contracts import keys
from evergreen.contracts.expectation import Expectation
from evergreen.contracts.profile import CategoryProfile
from evergreen.evaluate.expectation import expectation

from tests.fakes.holdout import guess, hold_out
from tests.fakes.learned import RUN
from tests.fakes.performing import frame, model, signature
from tests.unit.test_evaluate import judged


def test_a_candidate_that_passed_leaves_what_it_is_expected_to_do_and_a_refused_one_nothing():
    rows = hold_out()
    challenger = guess(rows, 2)
    world, _, verdict = judged(challenger)
    found = msgspec.json.decode(
        world.artifacts.read(keys.expectation(RUN.run_id)), type=Expectation
    )
    assert (found.value, found.threshold) == (verdict.value, verdict.threshold)
    assert found.naive == 0.5
    assert sum(found.outcomes.counts.values()) == 600
    assert list(found.outcomes.counts.values())[1] == rows.target.sum()
    refused, output, _ = judged(challenger, size=100 * 2**20)
    assert not output.passed
    assert keys.expectation(RUN.run_id) not in refused.artifacts.objects


def test_of_several_classes_answers_and_outcomes_are_counted_by_label():
    draw = np.random.default_rng(0)
    answers = draw.dirichlet([1, 2, 3], 300)
    truth = (draw.random((300, 1)) > answers.cumsum(axis=1)[:, :2]).sum(axis=1)
    found = expectation(
        model("multiclass", "log_loss"), signature("multiclass"), frame(truth), answers, 0.0
    )
    counted = np.bincount(answers.argmax(axis=1), minlength=3).tolist()
    assert found.answers == CategoryProfile(
        dict(zip(("low", "middle", "top"), counted, strict=True)), 0
    )
    assert found.outcomes.counts["top"] == (truth == 2).sum()
    assert len(found.calibration) == 3


def test_rows_of_one_group_make_the_metric_less_sure():
    draw = np.random.default_rng(1)
    group = np.repeat(np.arange(30), 20)
    answers = draw.normal(0, 1, 600)
    truth = answers + np.repeat(draw.normal(0, 1, 30), 20) + draw.normal(0, 0.1, 600)
    # Rows of a group lie apart in time.
    mixed = draw.permutation(600)
    rows = frame(truth[mixed])
    rows.columns["place"] = group[mixed].astype(np.float32)
    file = model(metric="mae")
    alone = expectation(file, signature(), rows, answers[mixed], 0.0)
    together = expectation(
        msgspec.structs.replace(file, group="place"), signature(), rows, answers[mixed], 0.0
    )
    assert together.high - together.low > 2 * (alone.high - alone.low)
