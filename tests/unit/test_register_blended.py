"""What the card tells of how a version answers."""

from evergreen.contracts.candidate import EnsembleReport, Member, ThresholdReport, Window
from evergreen.contracts.policies import Costs, Decision
from evergreen.register.blended import answered, members, window
from msgspec.structs import replace

from tests.fakes.candidate import BLEND
from tests.fakes.registered import model_file
from tests.fakes.run_report import WINDOW


def text(parts):
    return " ".join(str(part) for part in parts)


def test_the_card_says_whether_probabilities_were_calibrated():
    told = text(answered(model_file(), BLEND))
    assert "calibrated (sigmoid): log loss 0.1900 instead of 0.2000" in told
    left = replace(BLEND, calibration=replace(BLEND.calibration, taken=False))
    assert "would not surely have lowered" in text(answered(model_file(), left))


def test_the_card_says_what_wrong_answers_cost_and_where_the_threshold_lies():
    file = model_file(decision=Decision(costs=Costs(1.0, 9.0)))
    found = ThresholdReport(0.1, "stated costs", 0.31, 0.6)
    told = text(answered(file, replace(BLEND, threshold=found)))
    assert "wrongly positive answer costs 1, a missed one 9" in told
    assert "expected cost is least (Elkan 2001): 0.31 a row" in told
    assert "0.6 where all were answered alike" in told


def test_the_card_lists_the_members_of_an_ensemble_and_what_one_alone_reached():
    together = replace(
        BLEND,
        members=(Member(9, 0.6, {"family": "ridge"}), Member(4, 0.4, {"family": "extra trees"})),
        ensemble=EnsembleReport(12, 0.88, 0.891, 0.97, taken=True),
    )
    told = text(members(together))
    assert "the best trial alone reached roc_auc 0.8800 and the best together 0.8910" in told
    assert "97.0%" in told
    assert "extra trees" in told
    assert "one answers alone" in text(members(BLEND))


def test_the_card_says_which_rows_it_learned_from_and_why():
    told = text(window(replace(BLEND, window=WINDOW)))
    assert "It learned from the newest 50 % of the rows, since 2014-05-01 (4,000 rows)." in told
    assert "It reached roc_auc 0.3800 instead of 0.4200 from all rows on the 1,500 rows" in told
    assert "before the hold-out (3 fits each)" in told
    assert "by the rest of that time, it was better in 97 % of resamples, 95 % asked" in told
    assert text(window(BLEND)) == ""


def test_the_card_says_why_another_window_was_not_taken():
    kept = replace(WINDOW, window=Window(), rows=8000, since="", confidence=0.8)
    told = text(window(replace(BLEND, window=kept)))
    assert "It learned from all rows (8,000 rows)." in told
    assert "From the newest 50 % of the rows it would have reached roc_auc 0.3800" in told
    worse = replace(kept, tried=(kept.tried[0], replace(kept.tried[1], confidence=0.1)))
    assert "No other window did better" in text(window(replace(BLEND, window=worse)))
    alone = replace(kept, tried=())
    assert "No other window was tried" in text(window(replace(BLEND, window=alone)))


def test_the_card_says_what_weighted_rows_counted():
    told = text(window(replace(BLEND, window=replace(WINDOW, window=Window("weighted", 0.25)))))
    assert "all rows, counting half for each 25 % that are newer, so half on 2014-05-01" in told
