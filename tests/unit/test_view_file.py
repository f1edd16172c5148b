"""View files: what is refused, and the sentence that says what to mend."""

from typing import Any

import pytest
from evergreen.contracts.view_file import parse
from evergreen.errors import InvalidViewFile


def document(**changes: Any) -> dict[str, Any]:
    """A view file that is fine, with changes; None takes a key away."""
    stated: dict[str, Any] = {
        "name": "weather",
        "entity": ["station"],
        "event_time": {"column": "at"},
        "columns": {"temp": "number", "note": "category"},
        "features": {"temp": {"of": "temp"}},
    } | changes
    return {key: value for key, value in stated.items() if value is not None}


def feature(**stated: Any) -> dict[str, Any]:
    """A view file of one more feature, named ``f``."""
    return document(features={"temp": {"of": "temp"}, "note": {"of": "note"}, "f": stated})


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        (["weather"], "must be a YAML mapping that starts with 'name:'"),
        (document(name=None), "lacks 'name'"),
        (document(name="The Weather"), "'The Weather' must be 1 to 63 lower-case letters"),
        (document(entity=[]), "names no entity"),
        (document(features={}), "states no features"),
        (document(colums={}), "unknown key 'colums'; did you mean 'columns'"),
        (
            document(columns={"temp": "text"}),
            "has 'text' at 'columns.temp'; it must be 'category' or 'number'",
        ),
        (document(columns={"temp": "number", "at": "category"}), "'at' is the entity or a time"),
        (document(columns={"temp": "number", "station": "category"}), "'station' is the entity"),
        (document(clean={"key": ["station", "id"]}), "'clean.key' names 'id', which is none of"),
        (
            document(online={"stale_after": "soon"}),
            "'soon' at 'online.stale_after'; it must be a span",
        ),
        (document(features={"so-so": {"of": "temp"}}), "letters, digits and underscores"),
        (feature(), "exactly one of 'of', 'ratio' and 'part'"),
        (feature(of="temp", part="hour"), "exactly one of 'of', 'ratio' and 'part'"),
        (feature(of="wind"), "made of 'wind', which is not in the view's 'columns'"),
        (feature(of="temp", take="median", over="1h"), "has 'median' at 'features.f.take'"),
        (feature(of="temp", take="mean"), "takes 'mean', which needs 'over', such as 24h"),
        (feature(of="temp", take="lag", over="1h"), "takes 'lag', which has no 'over'"),
        (feature(of="temp", take="mean", over="30min"), "a window of 1h to 366d"),
        (feature(of="temp", take="mean", over="400d"), "a window of 1h to 366d"),
        (feature(of="note", take="mean", over="1h"), "the mean of 'note', which is a category"),
        (feature(of="temp", categories={"a": "b"}), "has 'categories', which need a category"),
        (
            feature(of="note", categories={"(": "b"}),
            r"has '\(' in 'categories', which is no regular",
        ),
        (feature(ratio=["temp"]), "must have two features in 'ratio'"),
        (feature(ratio=["temp", "wind"]), "divides 'wind', which is no number among"),
        (feature(ratio=["temp", "note"]), "divides 'note', which is no number among"),
        (feature(ratio=["temp", "f"]), "divides 'f', which is no number among"),
    ],
)
def test_a_bad_view_file_is_refused_with_what_to_mend(stated: Any, sentence: str) -> None:
    with pytest.raises(InvalidViewFile, match=sentence):
        parse(stated)


def test_a_key_may_be_of_the_entity_the_event_time_and_columns() -> None:
    parse(document(clean={"key": ["station", "at", "note"]}))


def test_features_have_the_types_of_what_they_are_made_of() -> None:
    features = {
        "temp": {"of": "temp"},
        "note": {"of": "note", "take": "lag"},
        "notes": {"of": "note", "take": "distinct", "over": "1h"},
        "sky": {"of": "note", "categories": {"storm": "rough"}},
        "share": {"ratio": ["temp", "notes"]},
        "hour": {"part": "hour"},
    }
    types = parse(document(features=features)).types
    assert list(types.values()) == ["number", "category", "number", "category", "number", "number"]
