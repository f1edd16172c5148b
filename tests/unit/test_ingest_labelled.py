import gzip

import msgspec
import pandas as pd
from evergreen import captured
from evergreen.contracts import keys
from evergreen.contracts.capture import Capture, CapturedRow, Feedback, Outcome
from evergreen.contracts.quality_report import QualityReport

from tests.fakes.columnar import MODEL, World, csv, table

UNTIL = "2026-01-05T00:00:00.000Z"
DAY_2 = "2026-01-02T00:00:00.000Z"
DAY_3 = "2026-01-03T00:00:00.000Z"
LATER = "2026-01-06T00:00:00.000Z"


def report(world: World, dataset: str) -> QualityReport:
    return world.document(keys.dataset(dataset, "report.json"), QualityReport)


def captured_row(prediction: str, **values: object) -> CapturedRow:
    sent = {"age": 30, "belt": "none", "sex": "f", "car": "z", "year": 2000} | values
    return CapturedRow(prediction, sent, 0.5)


def test_served_rows_with_outcomes_train_exactly_like_the_same_rows_in_a_file():
    later = table(seed=1, first_year=2000)
    world = World()
    world.serve(later, at=DAY_2)
    grown = world.ingest(csv(table()), until=UNTIL)
    together = World().ingest(csv(pd.concat([table(), later])))
    assert grown.rows == together.rows == 1200
    assert "(600 labelled predictions)" in grown.summary
    file_world = World()
    from_file = file_world.frame(file_world.ingest(csv(pd.concat([table(), later]))).dataset)
    order = list(from_file)
    pd.testing.assert_frame_equal(
        world.frame(grown.dataset).sort_values(order).reset_index(drop=True),
        from_file.sort_values(order).reset_index(drop=True),
    )


def test_predictions_without_an_outcome_and_later_ones_are_not_used():
    world = World()
    world.serve(table(30, seed=1), at=DAY_2, outcomes=20)
    world.serve(table(30, seed=2), at=LATER)
    output = world.ingest(csv(table()), until=UNTIL)
    assert output.rows == 620
    assert report(world, output.dataset).labelled.predictions == 30


def test_the_newest_outcome_counts_and_a_repeated_prediction_counts_once():
    world = World()
    capture = Capture(MODEL, 1, DAY_2, (captured_row("a"), captured_row("b")))
    world.put("captures", DAY_2, capture, capture)
    world.put("captures", DAY_3, capture)
    world.put("feedback", DAY_3, Feedback(MODEL, DAY_3, (Outcome("a", "yes"),)))
    world.put("feedback", DAY_2, Feedback(MODEL, DAY_2, (Outcome("a", "no"), Outcome("b", "no"))))
    world.put("feedback", LATER, Feedback(MODEL, LATER, (Outcome("b", "yes"),)))
    added = world.frame(world.ingest(csv(table()), until=UNTIL).dataset).iloc[600:]
    assert added["dead"].tolist() == ["yes", "no"]


def test_a_prediction_without_a_time_has_the_time_it_was_asked_at():
    world = World()
    row = CapturedRow("a", {"age": 30, "belt": "none"}, 0.5)
    world.put("captures", DAY_2, Capture(MODEL, 1, DAY_2, (row,)))
    world.put("feedback", DAY_2, Feedback(MODEL, DAY_2, (Outcome("a", "no"),)))
    added = world.frame(world.ingest(csv(table()), until=UNTIL).dataset).iloc[-1]
    assert added["year"] == "2026"


def test_an_outcome_that_is_no_label_and_a_forged_number_do_not_stop_a_run():
    world = World()
    rows = (captured_row("a"), captured_row("b", age="old", belt="x" * 999))
    world.put("captures", DAY_2, Capture(MODEL, 1, DAY_2, rows))
    world.put("feedback", DAY_2, Feedback(MODEL, DAY_2, (Outcome("a", "?"), Outcome("b", "no"))))
    output = world.ingest(csv(table()), until=UNTIL)
    found = report(world, output.dataset)
    assert found.dropped == {"the outcome is none of the target's labels": 1}
    assert found.rows_read == found.rows + 1
    assert pd.isna(world.frame(output.dataset)["age"].iloc[-1])


def test_compressed_objects_are_read_and_broken_lines_counted():
    world = World()
    capture = msgspec.json.encode(Capture(MODEL, 1, DAY_2, (captured_row("a"),)))
    body = gzip.compress(b"{broken\n" + capture + b"\n")
    world.features.write(f"captures/{MODEL}/dt=2026-01-02/x.gz", body)
    world.put("feedback", DAY_2, Feedback(MODEL, DAY_2, (Outcome("a", "no"),)))
    found = report(world, world.ingest(csv(table()), until=UNTIL).dataset)
    assert (found.labelled.rows, found.labelled.broken_lines) == (1, 1)


def test_over_the_limit_the_newest_predictions_are_used_and_the_rest_is_reported(monkeypatch):
    world = World()
    world.serve(table(30, seed=1), at=DAY_2)
    world.serve(table(30, seed=2), at=DAY_3)
    monkeypatch.setattr(captured, "BYTES_AT_MOST", 4_000)
    found = report(world, world.ingest(csv(table()), until=UNTIL).dataset)
    assert found.labelled.rows == 30
    assert found.labelled.objects_left_out == 1


def test_a_late_prediction_makes_another_dataset():
    world = World()
    world.serve(table(30, seed=1), at=DAY_2)
    first = world.ingest(csv(table()), until=UNTIL)
    assert world.ingest(csv(table()), until=UNTIL) == first
    world.serve(table(30, seed=2), at=DAY_3)
    assert world.ingest(csv(table()), until=UNTIL).dataset != first.dataset


def test_a_retraining_before_any_prediction_was_served_learns_from_the_files():
    world = World()
    output = world.ingest(csv(table()), until=UNTIL)
    assert output.rows == 600
    assert report(world, output.dataset).labelled.rows == 0
