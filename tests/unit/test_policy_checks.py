"""Policies of a model file that contradict themselves are refused in a sentence."""

import pytest
from evergreen.contracts.model_checks import parse
from evergreen.errors import InvalidModelFile

FILE = {
    "name": "loans",
    "problem": "binary",
    "target": {"column": "defaulted", "positive": "yes"},
    "features": {"income": "number", "region": "category"},
    "time": {"column": "when"},
    "protected": ["sex"],
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"monitor": {"every": "60d"}}, "monitor.every is 60d, longer than monitor.window, 28d"),
        ({"monitor": {"window": "30min"}}, "monitor.window must be at least an hour"),
        ({"monitor": {"segments": ["income"]}}, "'income', which is no category among"),
        ({"monitor": {"segments": ["when"]}}, "'when', which is no category among"),
        ({"monitor": {"segments": ["sex", "sex"]}}, "monitor.segments names 'sex' twice"),
        ({"monitor": {"false_discovery_rate": 0.5}}, "monitor.false_discovery_rate"),
        ({"retrain": {"on": ["age"]}}, "retrain.on names 'age', but retrain.age is not there"),
        ({"retrain": {"on": ["schedule"]}}, "but retrain.schedule is not there; say how long"),
        ({"retrain": {"schedule": "28d"}}, "retrain.on does not name 'schedule', so that nothing"),
        ({"retrain": {"age": "90d"}}, "retrain.age is 90d, but retrain.on does not name 'age'"),
        ({"retrain": {"on": ["drift", "drift"]}}, "retrain.on names 'drift' twice"),
        ({"retrain": {"on": ["luck"]}}, "retrain.on"),
        ({"retrain": {"windows": []}}, "retrain.windows is empty"),
        ({"retrain": {"windows": ["all", "all"]}}, "retrain.windows names 'all' twice"),
        ({"retrain": {"maintenance": ["nights"]}}, "holds 'nights', which is no window of time"),
        ({"retrain": {"time_zone": "Berlin"}}, "'Berlin' is no IANA time zone"),
        ({"retrain": {"time_zone": "../UTC"}}, "is no IANA time zone"),
        ({"retrain": {"time_zone": ""}}, "is no IANA time zone"),
    ],
)
def test_a_contradiction_is_told(changes, sentence):
    with pytest.raises(InvalidModelFile) as error:
        parse(FILE | changes)
    assert sentence in str(error.value)


def test_every_policy_may_be_stated():
    stated = {
        "monitor": {"every": "6h", "window": "14d", "segments": ["region", "sex"]},
        "retrain": {
            "on": ["performance", "age", "schedule"],
            "age": "90d",
            "schedule": "28d",
            "maintenance": ["Mon-Fri 20:00-06:00", "Sat,Sun 00:00-24:00"],
            "time_zone": "Europe/Berlin",
            "windows": ["recent"],
            "dollars_per_month": 10,
            "rollback": "report",
        },
    }
    assert parse(FILE | stated).retrain.age == "90d"


def test_a_model_that_nothing_shall_retrain_may_say_so():
    assert parse(FILE | {"retrain": {"on": []}}).retrain.on == ()
