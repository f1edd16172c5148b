"""What a team and a search rely on of the space, its portfolio, and how a model file narrows it."""

import pytest
from evergreen.contracts.feature_set import Manifest, SplitReport
from evergreen.contracts.search import Search
from evergreen.errors import InvalidModelFile
from evergreen.estimators.facts import Facts
from evergreen.estimators.families import families, offered
from evergreen.estimators.narrowing import narrowed
from evergreen.estimators.portfolio import defaults
from evergreen.estimators.space import FAMILY, Choice, Setting
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.fakes.hostile import signature, space
from tests.fakes.learned import model_file

SPACE = space("regression", "rmse")
NUMBERS = [s for family in SPACE.values() for s in family.settings if isinstance(s, Setting)]


def file(metric="rmse", **search):
    return model_file(problem="regression", target={"column": "y"}, metric=metric, search=search)


def manifest(rows=1000, lowest=1.0, skew=2.0):
    split = SplitReport("train", rows, {}, 5.0, "", "", lowest, skew)
    test = SplitReport("test", rows, {}, 5.0, "", "", -1.0, 0.0)
    return Manifest("s", "d", 2 * rows, "", (split, replace(split, name="validation"), test))


def losses(found):
    """The losses that each family may take."""
    options = {name: family.fixed.get("loss") for name, family in found.items()}
    choices = {n: s.options for n, f in found.items() for s in f.settings if s.name == "loss"}
    return options | choices


@given(setting=st.sampled_from(NUMBERS), raw=st.floats(-1e6, 1e6))
def test_a_proposed_number_is_brought_into_the_range_of_its_setting(setting, raw):
    assert setting.low <= setting.value(raw) <= setting.high


def test_the_cheap_families_come_first_and_every_default_is_in_range():
    costs = [family.cost for family in SPACE.values()]
    assert costs == sorted(costs)
    assert all(s.low < s.high and s.low <= s.default <= s.high for s in NUMBERS)


def test_the_portfolio_begins_with_a_linear_model_and_boosting_and_names_every_family():
    found = defaults(SPACE)
    first = [str(configuration[FAMILY]) for configuration in found]
    assert first[:3] == ["ridge", "gradient boosting", "extra trees"]
    assert set(first) == set(SPACE)
    assert all(found.count(configuration) == 1 for configuration in found)
    for configuration in found:
        family = str(configuration[FAMILY])
        assert SPACE[family].configuration(family, configuration) == configuration


def test_a_logarithm_is_learned_of_a_positive_skewed_target_alone():
    for table, expected in [
        (manifest(), ("squared_error", "squared_log_error")),
        (manifest(skew=1.1), "squared_error"),
        (manifest(lowest=0.0), "squared_error"),
    ]:
        assert losses(families(signature("regression"), file(), table))["ridge"] == expected


def test_counts_may_be_learned_as_such_and_negative_numbers_not():
    counts = losses(families(signature("regression"), file(), manifest(lowest=0.0)))
    assert counts["poisson"] == "poisson"
    assert "poisson" in counts["gradient boosting"]
    assert "poisson" not in families(signature("regression"), file(), manifest(lowest=-1.0))


def test_a_metric_of_a_quantile_or_of_counts_leaves_what_learns_it():
    quantile = families(signature("regression"), file("pinball_90"), manifest())
    assert set(quantile) == {"linear quantile", "gradient boosting"}
    assert {family.fixed["quantile"] for family in quantile.values()} == {0.9}
    counts = families(signature("regression"), file("poisson_deviance"), manifest())
    assert losses(counts)["gradient boosting"] == "poisson"
    assert "ridge" not in counts


def test_a_large_table_is_not_given_to_what_would_take_hours():
    found = families(signature("regression"), file("pinball_90"), manifest(rows=100_000))
    assert set(found) == {"gradient boosting"}


def test_a_search_fixes_narrows_and_chooses():
    search = Search(
        families=("ridge", "gradient boosting"),
        settings={
            "ridge": {"alpha": 2, "numbers": ("standard", "ranks")},
            "gradient boosting": {"learning_rate": (0.05, 0.2), "max_leaf_nodes": (3, 7, 15)},
        },
    )
    found = narrowed(SPACE, search)
    assert list(found) == ["ridge", "gradient boosting"]
    assert found["ridge"].fixed["alpha"] == 2
    ridge = {s.name: s for s in found["ridge"].settings}
    assert "alpha" not in ridge
    assert ridge["numbers"].options == ("standard", "ranks")
    boosting = {s.name: s for s in found["gradient boosting"].settings}
    assert (boosting["learning_rate"].low, boosting["learning_rate"].high) == (0.05, 0.2)
    assert boosting["max_leaf_nodes"] == Choice("max_leaf_nodes", (3, 7, 15), 15)
    for configuration in defaults(found):
        assert configuration.get("alpha", 2) == 2
        assert 0.05 <= configuration.get("learning_rate", 0.1) <= 0.2


def test_what_a_search_asks_for_but_the_table_does_not_allow_is_refused_with_a_sentence():
    asked = file(settings={"ridge": {"loss": "squared_log_error"}})
    with pytest.raises(InvalidModelFile, match=r"ridge.loss is 'squared_log_error'; what fits"):
        families(signature("regression"), asked, manifest(lowest=-1.0))
    only = file("pinball_90", families=["linear quantile"])
    with pytest.raises(InvalidModelFile, match="leaves none of what fits this table: gradient"):
        families(signature("regression"), only, manifest(rows=100_000))


def test_boosting_costs_a_tree_for_each_of_several_classes():
    of = {
        n: offered(Facts(problem="multiclass", metric="log_loss", rows=900, classes=n))
        for n in (2, 3, 9)
    }
    two, three, nine = (of[n]["gradient boosting"].cost for n in (2, 3, 9))
    assert (three / two, nine / two) == (pytest.approx(3), pytest.approx(9))
    assert of[2]["logistic"].cost == of[9]["logistic"].cost


def test_boosting_begins_with_faster_and_larger_trees_where_rows_are_many():
    few, many = (
        offered(Facts(problem="binary", metric="log_loss", rows=rows, classes=2))
        for rows in (900, 90_000)
    )
    small, large = (defaults(each)[1] for each in (few, many))
    assert small[FAMILY] == large[FAMILY] == "gradient boosting"
    assert small["learning_rate"] < large["learning_rate"]
    assert small["max_leaf_nodes"] < large["max_leaf_nodes"]


@pytest.mark.parametrize(
    ("search", "says"),
    [
        ({"settings": {"ridge": {"alpha": []}}}, "ridge.alpha is an empty list"),
        ({"settings": {"ridge": {"numbers": []}}}, "ridge.numbers is 'an empty list'"),
        (
            {"factory": "a:b", "settings": {"factory": {"depth": []}}},
            "factory.depth is an empty list",
        ),
        (
            {"factory": "a:b", "settings": {"factory": {"family": "x"}}},
            "factory.family is a name that Evergreen needs",
        ),
    ],
)
def test_a_setting_that_nothing_can_be_chosen_for_is_refused_with_a_sentence(search, says):
    with pytest.raises(InvalidModelFile, match=says):
        file(**search)
