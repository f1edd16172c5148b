"""The champion meets its challenger on rows that it did not learn from."""

import msgspec
import numpy as np
from evergreen.contracts import keys
from evergreen.contracts.columns import categories
from evergreen.contracts.decision import NOT_HELPFUL
from evergreen.contracts.registry import Lineage
from evergreen.contracts.verdict import Gate, Verdict
from evergreen.evaluate.contest import opponent
from evergreen.frame import Frame
from msgspec.structs import replace

from tests.fakes.candidate import verdict
from tests.fakes.flow import MODEL, World, table
from tests.fakes.holdout import guess, hold_out
from tests.fakes.learned import SIGNATURE, frame
from tests.fakes.memory import MemoryStore
from tests.fakes.registered import draft
from tests.unit.test_evaluate import failed, judged

LEARNED = "set-of-the-champion"
CLASSES = SIGNATURE.classes


def stored(train, validation):
    """A features bucket with the champion's feature set."""
    features = MemoryStore()
    for name, rows in (("train", train), ("validation", validation)):
        features.write(keys.feature_set(LEARNED, f"{name}.npz"), rows.to_npz())
    body = msgspec.json.encode(SIGNATURE)
    features.write(keys.feature_set(LEARNED, "signature.json"), body)
    return features


def met(held, features, oldest="", feature_set="new", classes=CLASSES, **lineage):
    stated = {"feature_set": LEARNED, "newest": ""} | lineage
    learned: Lineage = replace(draft("r1").lineage, **stated)
    found = opponent(
        4, learned, held, classes, feature_set=feature_set, oldest=oldest, features=features
    )
    return found.learned


def test_hold_out_rows_are_known_by_their_content_wherever_they_lie_now():
    train, validation, new = frame(60, 1), frame(30, 2), frame(40, 3)
    held = new.then(train.take(slice(10, 25))).then(validation.take(slice(0, 5)))
    found = met(held, stored(train, validation))
    assert found.tolist() == [False] * 40 + [True] * 20


def test_a_row_whose_outcome_was_corrected_since_is_another_row():
    train = frame(60, 1)
    turned = replace(train, target=1 - train.target)
    assert not met(turned, stored(train, frame(30, 2))).any()


def test_a_column_that_is_new_does_not_hide_a_row_and_codes_follow_the_labels():
    train = frame(60, 1)
    more = train.columns | {"new": np.arange(60, dtype=np.float32)}
    coded = {**more, "seat": categories(list(np.asarray(more["seat"])))}
    turned = Frame(coded, 1 - train.target, train.time)
    assert met(turned, stored(train, frame(30, 2)), classes=CLASSES[::-1]).all()


def test_nothing_is_read_where_the_hold_out_is_of_the_same_set_or_later_than_all_learned():
    held, empty = frame(40, 1), MemoryStore()
    assert not met(held, empty, feature_set=LEARNED).any()
    later = {"oldest": "2000-01-02T00:00:00.000Z", "newest": "2000-01-01T00:00:00.000Z"}
    assert not met(held, empty, **later).any()


def test_of_a_champion_whose_rows_are_gone_those_that_are_no_newer_count_as_learned():
    held = frame(40, 1)
    newest = {"oldest": "1970-01-02T00:00:00.000Z", "newest": "1970-01-11T00:00:00.000Z"}
    assert met(held, MemoryStore(), **newest).sum() == 10
    assert not met(held, MemoryStore()).any()


def learned_by_heart(rows, share):
    """Evaluate a champion that knows the first rows and is worse than its challenger elsewhere."""
    known = np.arange(len(rows)) < share * len(rows)
    champion = np.where(known, rows.target * 0.9 + 0.05, guess(rows, 0.5, 1))
    newest = f"{np.datetime64(int(rows.time[known].max()), 'ns')}"[:23] + "Z"
    lineage = {"feature_set": "gone", "newest": newest}
    return judged(guess(rows, 2), champion, rows=rows, lineage=lineage)


def test_what_the_champion_knows_by_heart_does_not_count_for_it():
    _, output, found = learned_by_heart(hold_out(), 0.5)
    contest = found.contest
    assert (contest.rows, contest.left_out, contest.known) == (300, 300, 0)
    assert contest.challenger > contest.champion + 0.1
    assert output.passed
    gate = next(g for g in found.gates if g.name == "champion")
    assert gate.sentence.endswith(
        "on 300 rows, without the 300 of the hold-out that the champion had learned from."
    )


def test_where_too_few_other_rows_are_left_the_refusal_says_what_the_champion_knew():
    _, output, found = learned_by_heart(hold_out(), 0.95)
    assert (found.contest.rows, found.contest.left_out, found.contest.known) == (600, 0, 570)
    assert failed(found) == ["champion"]
    assert "the champion had learned from 570 of the 600 rows" in output.summary


def test_a_refusal_begins_with_whether_retraining_would_have_helped():
    rows = hold_out()
    refused = {"gates": {"metric_at_least": 0.99}}
    _, _, worse = judged(guess(rows, 0.5, 1), guess(rows, 2), rows=rows, **refused)
    assert failed(worse) == ["metric", "champion"]
    assert worse.reason.startswith(f"{NOT_HELPFUL}: the challenger's roc_auc")
    assert worse.reason.endswith("is not at least 0.99.")
    assert not worse.helpful


def test_a_better_challenger_that_fails_another_gate_is_told_to_be_better():
    rows = hold_out()
    refused = {"gates": {"metric_at_least": 0.99}}
    _, output, better = judged(guess(rows, 2), guess(rows, 0.5, 1), rows=rows, **refused)
    assert not output.passed
    assert better.helpful
    first, last = better.reason.split(". The challenger's")
    assert first.endswith("is not at least 0.99")
    assert "beats champion v4's" in last
    assert NOT_HELPFUL not in better.reason


def test_a_refusal_without_a_champion_says_nothing_of_helping():
    gate = Gate("metric", False, "The roc_auc 0.7 is not at least 0.8.")
    refused: Verdict = verdict(gate)
    assert refused.helpful
    assert refused.reason == gate.sentence


def test_a_retrained_model_meets_a_champion_of_the_older_rows_on_all_the_hold_out():
    world = World("regression")
    world.learn()
    world.register()
    world.put(table(900))
    found, _ = world.learn("r2")
    assert found.contest.rows == found.rows
    assert (found.contest.left_out, found.contest.known) == (0, 0)
    lineage = world.registry.version(MODEL, 1).draft.lineage
    assert lineage.newest < found.oldest
    assert lineage.window.startswith("all rows")
