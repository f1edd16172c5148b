"""What a team is told about a search that there is not."""

import pytest
from evergreen.contracts.model_checks import parse
from evergreen.errors import InvalidModelFile

from tests.unit.test_model_file import document

WRONG = [
    ({"families": ["logistics"]}, "search.families names 'logistics'; did you mean 'logistic'?"),
    ({"families": ["xgboost"]}, "the families of a binary model by roc_auc are logistic,"),
    ({"families": ["ridge"]}, "search.families names 'ridge'"),
    ({"settings": {"tree": {"C": 1}}}, "search.settings names 'tree'"),
    (
        {"families": ["logistic"], "settings": {"extra trees": {"max_features": 1}}},
        "search.settings.extra trees narrows a family that search.families leaves out.",
    ),
    ({"settings": {"logistic": {"c": 1}}}, "search.settings.logistic names 'c'; "),
    ({"settings": {"logistic": {"C": 0}}}, "logistic.C is 0; it takes numbers from 0.0001 to"),
    ({"settings": {"logistic": {"C": "much"}}}, "logistic.C is 'much'; it takes numbers"),
    ({"settings": {"logistic": {"C": [10, 1]}}}, "from 10 to 1; give the lower end first"),
    ({"settings": {"logistic": {"numbers": "raw"}}}, "numbers is 'raw'; what fits this table is"),
    ({"settings": {"logistic": {"numbers": []}}}, "numbers is 'an empty list'"),
    (
        {"settings": {"extra trees": {"min_samples_leaf": 1.5}}},
        "min_samples_leaf is 1.5; it takes whole numbers from 1 to 50",
    ),
    ({"factory": "churn.models"}, "it must be package.module:function"),
    ({"factory": "a:b", "families": ["logistic"]}, "remove search.families"),
    ({"factory": "a:b", "settings": {"logistic": {"C": 1}}}, "search.factory is the only family"),
    ({"factory": "a:b", "settings": {"factory": {"x": [2, 1]}}}, "factory.x is a range from 2"),
]


@pytest.mark.parametrize(("search", "says"), WRONG)
def test_a_search_that_there_is_not_is_refused_when_the_file_is_applied(search, says):
    with pytest.raises(InvalidModelFile) as refused:
        parse(document(search=search))
    assert says in str(refused.value)


@pytest.mark.parametrize("values", [1, [0.1, 10], [0.1, 1, 10]])
def test_a_setting_is_a_value_a_range_or_some_choices(values):
    model = parse(document(search={"settings": {"logistic": {"C": values}}}))
    stated = model.search.settings["logistic"]["C"]
    assert stated == (tuple(values) if isinstance(values, list) else values)


def test_a_wrong_value_within_a_list_is_named_with_its_place():
    with pytest.raises(
        InvalidModelFile, match=r"has a mapping at 'search.settings.logistic.C\[1\]'"
    ):
        parse(document(search={"settings": {"logistic": {"C": [0.1, {}]}}}))
