"""What a caller who asks why relies on."""

import json
import math

import msgspec
import numpy as np
import pytest
from evergreen.contracts.explanation import LinearExplanation, SampledExplanation, Term
from evergreen.contracts.policies import Decision
from evergreen.contracts.registry import Artifact, Version, VersionDraft
from evergreen.digest import sha256
from evergreen.explanation import background
from evergreen.graph import Graph
from evergreen.infer.explain import Explanations, NotExplainable
from evergreen.infer.graphs import Served
from evergreen.infer.reader import Reader
from evergreen.infer.reasons import Contribution, principal
from msgspec.structs import replace

from tests.fakes.explained import fitted
from tests.fakes.registered import draft
from tests.fakes.serving import BACKGROUND, MODEL, ROW, World, graph, model_file

LINEAR = LinearExplanation(
    -2.0,
    (
        Term(slope=0.05, mean=2.0),
        Term(slope=-0.01, fill=50.0, mean=-0.5),
        Term(values=(-1.0, 1.5), mean=0.25),
        Term(values=(0.0, 0.5, 0.0), mean=0.25),
    ),
)
TEXTS = {"age": "The vehicle's driver is old.", "belt": "No belt was worn."}


@pytest.fixture
def world():
    world = World()
    world.serve()
    return world


def deciding(adverse, threshold, explanation=BACKGROUND, **decision):
    """A world in which one label is a decision against the person."""
    world = World(model_file(decision={"adverse": adverse, **decision}))
    world.serve(threshold, explanation)
    return world


def only(answer):
    assert answer["statusCode"] == 200, answer["body"]
    (prediction,) = answer["document"]["predictions"]
    return prediction


def test_nobody_who_does_not_ask_is_told_why(world):
    assert set(only(world.predict(ROW))) == {"id", "probability", "label"}


def test_asking_why_changes_nothing_else(world):
    plain, asked = only(world.predict(ROW)), only(world.explain(ROW))
    assert plain == {name: asked[name] for name in plain}
    assert len(world.captures.captures) == 2


def test_contributions_add_up_to_the_probability_that_is_answered(world):
    for row in (ROW, ROW | {"speed": None}, ROW | {"belt": "helmet"}, ROW | {"age": -5}):
        prediction = only(world.explain(row))
        why = prediction["explanation"]
        assert (why["unit"], why["method"]) == ("probability", "exact")
        total = why["base"] + sum(c["contribution"] for c in why["contributions"])
        assert total == pytest.approx(prediction["probability"], abs=1e-9)


def test_contributions_are_the_columns_with_their_values_the_weightiest_first(world):
    row = ROW | {"speed": None, "sex": "f", "role": " driver "}
    found = only(world.explain(row))["explanation"]["contributions"]
    assert {c["column"]: c["value"] for c in found} == {
        "age": 40.0,
        "speed": None,
        "belt": "none",
        "role": "driver",
    }
    sizes = [abs(c["contribution"]) for c in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 0


def test_a_protected_column_that_is_sent_along_is_never_among_them(world):
    for sex in ("f", "m"):
        answer = world.explain(ROW | {"sex": sex})
        assert "sex" not in answer["body"]


def test_a_linear_model_is_explained_in_log_odds_without_asking_its_graph():
    world = World()
    version = world.serve(explanation=LINEAR)
    served = world.inference._champions.served(MODEL)
    asked, ask = [], served.graph.probabilities
    served.graph.probabilities = lambda matrix: asked.append(len(matrix)) or ask(matrix)

    why = only(world.explain(ROW))["explanation"]

    assert version.number == 1
    assert asked == [1]
    assert (why["unit"], why["method"]) == ("log-odds", "exact")
    assert why["base"] == pytest.approx(0.0)
    assert {c["column"]: c["contribution"] for c in why["contributions"]} == pytest.approx(
        {"age": 0.0, "speed": -0.055, "belt": 1.25, "role": 0.25}
    )


def test_a_missing_number_counts_as_what_training_put_in_its_place():
    world = World()
    world.serve(explanation=LINEAR)
    found = only(world.explain(ROW | {"speed": None}))["explanation"]["contributions"]
    assert {c["column"]: c["contribution"] for c in found}["speed"] == pytest.approx(0.0)


def test_the_same_decision_is_explained_alike_by_every_process():
    answers = []
    for _ in range(2):
        world = World()
        world.serve()
        answers.append(world.explain(ROW, ROW | {"age": 70}, ROW)["document"]["predictions"])
    assert answers[0] == answers[1]
    assert answers[0][0]["explanation"] == answers[0][2]["explanation"]


@pytest.mark.parametrize(
    ("adverse", "threshold", "row"),
    [("positive", 0.0, ROW), ("negative", 1.0, ROW | {"age": 20, "belt": "belted"})],
)
def test_a_decision_against_a_person_comes_with_what_spoke_most_against_them(
    adverse, threshold, row
):
    why = only(deciding(adverse, threshold, reasons=TEXTS).explain(row))["explanation"]
    sign = 1 if adverse == "positive" else -1
    against = [c["column"] for c in why["contributions"] if sign * c["contribution"] > 0]
    assert against
    assert [reason["code"] for reason in why["reasons"]] == against
    for reason in why["reasons"]:
        assert reason["text"] == TEXTS.get(reason["code"], reason["code"])


def test_no_more_than_four_principal_reasons_are_told():
    found = [Contribution(f"c{n}", None, float(n)) for n in range(1, 8)]
    told = principal(found, Decision(adverse="positive"), positive=True)
    assert [reason.code for reason in told] == ["c7", "c6", "c5", "c4"]


@pytest.mark.parametrize(("adverse", "threshold"), [("positive", 1.0), ("negative", 0.0)])
def test_a_decision_for_a_person_needs_no_reasons(adverse, threshold):
    why = only(deciding(adverse, threshold).explain(ROW))["explanation"]
    assert why["reasons"] == []
    assert why["contributions"]


def test_where_no_label_is_against_anybody_there_are_no_reasons():
    for threshold in (0.0, 1.0):
        world = World()
        world.serve(threshold)
        assert only(world.explain(ROW))["explanation"]["reasons"] == []


def test_a_person_whom_each_column_spoke_for_is_told_which_did_so_least():
    favourable = LinearExplanation(-9.0, (Term(), *(Term(slope=-0.1),), *LINEAR.terms[2:]))
    world = deciding("positive", 0.0, favourable)
    why = only(world.explain(ROW | {"belt": "belted", "role": "1"}))["explanation"]
    assert [c["column"] for c in why["contributions"]] == ["speed", "belt", "role", "age"]
    # The age adds nothing at all: it was not scored, so it is no reason.
    assert [r["code"] for r in why["reasons"]] == ["role", "belt", "speed"]


def test_another_kind_of_explanation_is_refused_by_name(world):
    answer = world.explain(ROW, explain="shap")
    assert answer["statusCode"] == 400
    assert "'explain=shap' is not known; use 'explain=reasons'." in answer["document"]["detail"]
    assert world.captures.captures == []


def test_more_rows_than_are_explained_at_once_are_refused_with_the_limit(world):
    assert world.explain(*[ROW] * 20)["statusCode"] == 200
    answer = world.explain(*[ROW] * 21)
    assert answer["statusCode"] == 413
    assert "has 21 rows and may have 20 where it asks for" in answer["document"]["detail"]
    assert world.predict(*[ROW] * 21)["statusCode"] == 200
    assert len(world.captures.captures) == 2


def test_a_version_from_before_explanations_still_predicts_and_says_how_to_get_them():
    world = World()
    world.serve(explanation=None)
    assert world.predict(ROW)["statusCode"] == 200
    answer = world.explain(ROW)
    assert answer["statusCode"] == 422
    assert answer["document"]["detail"] == (
        "Version 1 of model 'crash' was registered without an explanation; train the model again "
        "to have one."
    )


def test_an_explanation_that_is_not_what_was_registered_is_not_told():
    world = World()
    version = world.serve()
    forged = msgspec.json.encode(SampledExplanation(((0.0, 0.0, 0.0, 0.0),)))
    world.artifacts.write(version.draft.explanation.key, forged)
    answer = world.explain(ROW)
    assert answer["statusCode"] == 500
    assert "The explanation of version 1 of model 'crash'" in answer["document"]["detail"]
    assert world.captures.captures == []
    assert world.predict(ROW)["statusCode"] == 200


def test_each_version_is_explained_with_its_own_background():
    world = World(model_file(serving={"refresh_seconds": 0}))
    other = SampledExplanation(BACKGROUND.background[:2])
    for number, stored in ((1, BACKGROUND), (2, other), (1, BACKGROUND)):
        if number > len(world.registry.versions(MODEL)):
            world.register(explanation=stored)
        world.promote(number)
        mean = Graph(graph(number)).probabilities(background(stored)).mean()
        assert only(world.explain(ROW))["explanation"]["base"] == pytest.approx(mean, abs=1e-12)


def test_what_a_version_is_explained_with_is_fetched_once(world):
    version = world.registry.version(MODEL, 1)
    first = only(world.explain(ROW))["explanation"]
    del world.artifacts.objects[version.draft.explanation.key]
    assert only(world.explain(ROW))["explanation"] == first


def test_the_label_and_its_reasons_change_at_the_same_probability(world):
    probability = only(world.explain(ROW))["probability"]
    for threshold, label in ((probability, "dead"), (probability + 1e-9, "alive")):
        found = only(deciding("positive", threshold).explain(ROW))
        assert found["label"] == label
        assert bool(found["explanation"]["reasons"]) == (label == "dead")


def explained(model, explanation, row):
    """One row of a model of its own, explained without the HTTP around it."""
    body = msgspec.json.encode(explanation)
    artifact = Artifact("explanation.json", sha256(body), len(body))
    version = Version(number=1, registered_at="", draft=replace(draft("r1"), explanation=artifact))
    served = Served(version, model.signature, model.graph, Reader(model.signature))
    values = dict.fromkeys(column.name for column in model.signature.inputs)
    scores = model.graph.probabilities(row).tolist()
    (found,) = Explanations(lambda *_: body).explain(Decision(), served, [values], row, scores)
    return found, scores[0]


@pytest.mark.parametrize(("columns", "method"), [(8, "exact"), (12, "permutation")])
def test_an_answer_says_whether_all_coalitions_were_asked_and_adds_up_in_both_cases(
    columns, method
):
    model = fitted("gradient boosting", columns)
    found, score = explained(model, model.explanation, model.matrix[:1])
    assert found.method == method
    total = found.base + sum(c.contribution for c in found.contributions)
    assert total == pytest.approx(score, abs=1e-9)


def test_a_zero_is_explained_like_a_zero_with_a_minus():
    model = fitted("gradient boosting", 12)
    row = model.matrix[:1].copy()
    row[0, 1] = 0.0
    plus, _ = explained(model, model.explanation, row)
    row[0, 1] = -0.0
    minus, _ = explained(model, model.explanation, row)
    assert plus == minus


def test_a_linear_models_contributions_add_up_to_the_log_odds_of_its_probability():
    model = fitted("logistic", 12)
    for row in model.matrix[:20]:
        found, score = explained(model, model.explanation, row[np.newaxis])
        total = found.base + sum(c.contribution for c in found.contributions)
        assert total == pytest.approx(math.log(score / (1 - score)), abs=1e-4)


def test_more_columns_than_can_be_explained_are_refused_with_the_limit():
    model = fitted("gradient boosting", 257)
    with pytest.raises(NotExplainable, match=r"has 257 columns; .* explained for up to 256"):
        explained(model, model.explanation, model.matrix[:1])


def test_a_version_stored_before_there_were_explanations_can_still_be_read():
    stored = json.loads(msgspec.json.encode(draft("r1")))
    del stored["explanation"]
    assert msgspec.convert(stored, VersionDraft) == draft("r1")
    assert draft("r1").explanation is None
