"""What a team may state in a model file, and what it is told about a wrong one."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from evergreen.cli.document import decode
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.errors import InvalidModelFile
from hypothesis import given
from hypothesis import strategies as st

EXAMPLE = Path(__file__).parents[2] / "examples/crash-fatality/model.yaml"


def document(**changes: Any) -> dict[str, Any]:
    """A small valid model file, decoded."""
    return {
        "name": "crash",
        "problem": "binary",
        "target": {"column": "dead", "positive": 1},
        "features": {"speed": "number", "belt": "category"},
    } | changes


def test_the_smallest_model_file_gets_sensible_defaults() -> None:
    model = parse(document())
    assert (model.metric, model.time, model.protected) == ("roc_auc", None, ())
    assert model.gates.parity == 1e-4
    assert model.split.validation == model.split.test == 0.2


def test_by_default_a_new_version_answers_a_tenth_of_the_requests_for_ten_minutes() -> None:
    plan = parse(document()).deploy
    assert [(step.share, step.minutes) for step in plan.steps] == [(0.1, 10.0)]
    assert plan.shadow_minutes == 0
    assert parse(document(deploy={"steps": []})).deploy.steps == ()


def test_the_examples_model_file_is_valid() -> None:
    model = parse(yaml.safe_load(EXAMPLE.read_text()))
    assert model.name == "crash-fatality"
    assert model.context == ("yearacc", "caseid", "sex")


def test_a_model_file_survives_its_way_through_the_registry() -> None:
    model = parse(yaml.safe_load(EXAMPLE.read_text()))
    stored = msgspec.json.encode(model)
    assert msgspec.json.decode(stored, type=ModelFile) == model
    assert parse(msgspec.json.decode(stored)) == model


def test_columns_name_what_a_training_table_must_have_once() -> None:
    model = parse(document(time={"column": "year"}, group="year", protected=["sex", "belt"]))
    assert model.context == ("year", "sex")
    assert model.columns == ("speed", "belt", "year", "sex", "dead")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"metrc": "x"}, "has an unknown key 'metrc'; did you mean 'metric'?"),
        ({"search": {"trails": 3}}, "has an unknown key 'search.trails'; did you mean 'trials'?"),
        ({"time": {"column": "t", "untt": 1}}, "unknown key 'time.untt'; did you mean 'unit'?"),
        ({"split": {"zz": 1}}, "unknown key 'split.zz'; known keys are validation, test, by."),
        (
            {"decision": {"adverse": "denied"}},
            "has 'denied' at 'decision.adverse'; it must be 'negative' or 'positive'.",
        ),
        (
            {
                "problem": "multiclass",
                "target": {"column": "dead"},
                "decision": {"costs": {"false_positive": 2}},
            },
            "'decision.costs' are those of a binary model's wrong answers, and this one is",
        ),
        (
            {"decision": {"adverse": "positive", "reasons": {"sped": "Too fast."}}},
            "decision.reasons names 'sped', which is no feature; the features are speed, belt.",
        ),
        (
            {"decision": {"adverse": "positive", "reasons": {"speed": " "}}},
            "decision.reasons says nothing about 'speed'; write the reason",
        ),
        (
            {"decision": {"reasons": {"speed": "Too fast."}}},
            "say with 'decision.adverse' whether that is the 'positive' or the 'negative' label.",
        ),
        ({"problem": "multi"}, "has 'multi' at 'problem'; it must be 'binary' or"),
        ({"target": {"column": "dead"}}, "lacks 'target.positive'; a binary model needs"),
        ({"target": None}, "has nothing at 'target'; it must be a mapping of column, positive."),
        ({"target": {"column": "y", "positive": True}}, "has true at 'target.positive'"),
        ({"features": {"speed": "text"}}, "at 'features.speed'; it must be 'category' or 'number'"),
        ({"features": {1999: "number"}}, "has the key 1999 at 'features'; keys must be text"),
        ({"features": ["speed"]}, "has a list at 'features'; it must be a mapping of column names"),
        ({"features": {}}, "names no features; give at least one."),
        ({"protected": ["sex", 3]}, "has 3 at 'protected[1]'; it must be text."),
        ({"protected": "sex"}, "has 'sex' at 'protected'; it must be a list of text."),
        ({"search": {"trials": 0}}, "must be a whole number of at least 1 and of at most 9999."),
        ({"search": {"trials": 2.5}}, "has 2.5 at 'search.trials'; it must be a whole number"),
        (
            {"split": {"test": 1.2}},
            "has 1.2 at 'split.test'; it must be a number above 0",
        ),
        (
            {"gates": {"parity": "tiny"}},
            "has 'tiny' at 'gates.parity'; it must be a number above 0",
        ),
        ({"gates": {"parity": float("nan")}}, "has nan at 'gates.parity'"),
        ({"gates": {"metric_at_least": float("nan")}}, "has nan at 'gates.metric_at_least'"),
        ({"time": "year"}, "has 'year' at 'time'; it must be a mapping of column, unit,"),
        (
            {"time": {"column": "t", "unit": "month"}},
            "must be 'date' or 'epoch' or 'timestamp' or 'year'.",
        ),
        (
            {"problem": "regression"},
            "'target.positive' belongs to a binary model, and this one is regression; remove it.",
        ),
        ({"metric": "rmse"}, "The metric 'rmse' does not fit a binary model; take roc_auc,"),
        ({"forecast": {"step": "1h", "horizon": 2}}, "'forecast' belongs to a forecast model"),
        (
            {
                "problem": "forecast",
                "target": {"column": "y"},
                "time": {"column": "at"},
                "forecast": {"step": "1h", "horizon": 2},
                "search": {"folds": 3},
            },
            "state 'forecast.origins' instead of 'search.folds'",
        ),
        (
            {"problem": "forecast", "target": {"column": "y"}},
            "A forecast model needs 'forecast' with its step and horizon.",
        ),
        (
            {
                "problem": "forecast",
                "target": {"column": "y"},
                "time": {"column": "t"},
                "forecast": {"step": "1h", "horizon": 24, "lags": [24, 3]},
            },
            "forecast.lags holds 3, which is under the horizon of 24 steps",
        ),
        ({"split": {"by": "group"}}, "split.by is 'group', but the model file names no 'group'"),
        ({"calendar": ["hour"]}, "'calendar' takes parts of the row's time; name it with 'time'."),
        ({"views": {"weather": {}}}, "joined as of each row's time; name the column with 'time'."),
        (
            {"views": {"weather": {}}, "time": {"column": "t"}},
            "views.weather lacks 'on'; say which column holds each entity column",
        ),
        ({"personal": {"speed": "drop"}}, "personal.speed is to be dropped, but the model uses"),
        (
            {"personal": {"ssn": "drop"}, "clean": {"columns": {"ssn": {"case": "lower"}}}},
            "clean.columns.ssn is stated, but 'personal' drops that column",
        ),
        (
            {"personal": {"ssn": "drop"}, "expect": {"columns": {"ssn": {"unique": True}}}},
            "expect.columns.ssn is stated, but 'personal' drops that column",
        ),
        ({"personal": {"speed": "hash"}}, "personal.speed is hashed, which leaves no number"),
        ({"clean": {"columns": {"speed": {"mising": [1]}}}}, "did you mean 'missing'?"),
        ({"name": "Crash Fatality"}, "must be 1 to 63 lower-case letters, digits and hyphens."),
        ({"name": 7}, "has 7 at 'name'; it must be text."),
        ({"target": {"column": "speed", "positive": 1}}, "The target 'speed' is also a feature"),
        ({"exclude": {"belt": "leaks"}}, "Column 'belt' is excluded and used at once"),
        ({"protected": ["dead"]}, "The target 'dead' cannot also be time, group or protected."),
        ({"split": {"validation": 0.5, "test": 0.4}}, "leave under 20 % to train on."),
        ({"deploy": {"step": []}}, "has an unknown key 'deploy.step'; did you mean 'steps'?"),
        ({"deploy": {"steps": [{"share": 0.1}]}}, "lacks 'deploy.steps[0].minutes'"),
        ({"deploy": {"steps": [{"share": 1, "minutes": 1}]}}, "at 'deploy.steps[0].share'"),
        ({"deploy": {"steps": [10]}}, "has 10 at 'deploy.steps[0]'; it must be a mapping of share"),
        (
            {"deploy": {"steps": [{"share": 0.5, "minutes": 1}, {"share": 0.5, "minutes": 1}]}},
            "The shares of deploy.steps must rise from step to step.",
        ),
    ],
)
def test_a_wrong_model_file_is_answered_with_what_to_put_right(
    changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidModelFile, match=re.escape(sentence)):
        parse(document(**changes))


@pytest.mark.parametrize("missing", ["name", "problem", "target"])
def test_a_model_file_that_lacks_something_is_told_what(missing: str) -> None:
    lacking = document()
    del lacking[missing]
    with pytest.raises(InvalidModelFile, match=f"The model file lacks '{missing}'; it must be "):
        parse(lacking)


@pytest.mark.parametrize("nothing", [None, [], "name: crash", 3])
def test_what_is_no_mapping_is_no_model_file(nothing: object) -> None:
    with pytest.raises(InvalidModelFile, match="must be a YAML mapping"):
        parse(nothing)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
    ),
    max_leaves=5,
)
PLACES = st.sampled_from(
    [(f,) for f in ModelFile.__struct_fields__]
    + [
        (f.name, n)
        for f in msgspec.structs.fields(ModelFile)
        if isinstance(f.default, msgspec.Struct)
        for n in f.default.__struct_fields__
    ]
    + [("target", "column"), ("target", "positive"), ("time", "unit"), ("features", "speed")]
)


@given(PLACES, PLAIN)
def test_whatever_stands_anywhere_is_refused_with_a_sentence_or_can_be_stored(
    place: tuple[str, ...], value: Any
) -> None:
    changed = document(time={"column": "year"})
    target = changed
    for key in place[:-1]:
        target = target.setdefault(key, {})
    target[place[-1]] = value
    with suppress(InvalidModelFile):
        msgspec.json.encode(parse(changed))


def test_yes_and_on_in_a_file_are_words_and_true_is_a_truth_value():
    text = "target: {positive: yes}\nviews: {weather: {on: {city: town}}}\nunique: true\n"

    assert decode(text) == {
        "target": {"positive": "yes"},
        "views": {"weather": {"on": {"city": "town"}}},
        "unique": True,
    }
