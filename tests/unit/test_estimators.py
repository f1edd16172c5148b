import numpy as np
import pytest
import skops.io
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.errors import InvalidTable
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.space import FAMILY, defaults, describe, families
from evergreen.frame import Frame
from evergreen.graph import Graph
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.learned import SIGNATURE, frame

FAMILIES = families(SIGNATURE)
EACH_FAMILY = pytest.mark.parametrize("configuration", defaults(FAMILIES), ids=lambda c: c[FAMILY])


def at_the_edge(family, side):
    """The configuration with every setting at one end of its range."""
    return {FAMILY: family, **{s.name: s.value(getattr(s, side)) for s in FAMILIES[family]}}


@pytest.mark.parametrize("side", ["low", "high"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_graph_of_every_family_answers_like_its_pipeline_over_the_whole_space(family, side):
    # Real-valued numbers, missing ones and unseen categories are where converters go wrong.
    rows, unseen = frame(3000, 1), frame(3000, 2)
    pipeline = fit(SIGNATURE, at_the_edge(family, side), rows)
    graph = Graph(to_graph(pipeline, SIGNATURE))
    for each in (rows, unseen):
        served = graph.probabilities(encode(SIGNATURE, each.columns))
        assert np.abs(served - answers(pipeline, SIGNATURE, each)).max() < 1e-5


@EACH_FAMILY
def test_the_same_rows_give_the_same_graph_so_a_retried_step_changes_nothing(configuration):
    first, again = (fit(SIGNATURE, configuration, frame(300, 1)) for _ in range(2))
    assert to_graph(first, SIGNATURE) == to_graph(again, SIGNATURE)


@EACH_FAMILY
def test_a_family_finds_what_there_is_to_learn(configuration):
    rows, later = frame(1000, 1), frame(1000, 2)
    predicted = answers(fit(SIGNATURE, configuration, rows), SIGNATURE, later)
    assert predicted[later.target == 1].mean() > predicted[later.target == 0].mean() + 0.1


@EACH_FAMILY
def test_the_pipeline_for_people_opens_without_running_code_it_does_not_name(configuration):
    rows = frame(200, 1)
    pipeline = fit(SIGNATURE, configuration, rows)
    body = skops.io.dumps(pipeline)
    opened = skops.io.loads(body, trusted=skops.io.get_untrusted_types(data=body))
    same = answers(opened, SIGNATURE, rows)
    np.testing.assert_array_equal(same, answers(pipeline, SIGNATURE, rows))


@EACH_FAMILY
def test_a_number_that_never_changes_does_no_harm(configuration):
    signature = Signature((Column("x", "number"),), (), "y", ("no", "yes"))
    target = np.tile(np.array([0, 1], dtype=np.int8), 20)
    rows = Frame({"x": np.full(40, 7, np.float32)}, target, np.zeros(40, np.int64))
    predicted = answers(fit(signature, configuration, rows), signature, rows)
    assert predicted == pytest.approx(0.5, abs=1e-6)


def test_rows_of_one_class_are_refused_with_a_sentence():
    rows = frame(50, 1)
    only = rows.take(rows.target == 0)
    with pytest.raises(InvalidTable, match="hold no row of class 'yes' of 'left'"):
        fit(SIGNATURE, defaults(FAMILIES)[0], only)


def test_rows_without_a_single_known_value_are_refused_with_a_sentence():
    signature = Signature(SIGNATURE.inputs[3:], (), "left", ("no", "yes"))
    with pytest.raises(InvalidTable, match="No feature has a known value"):
        fit(signature, defaults(FAMILIES)[0], frame(50, 1))


@given(family=st.sampled_from(list(FAMILIES)), raw=st.floats(-1e6, 1e6))
def test_a_proposed_number_is_brought_into_the_range_of_its_setting(family, raw):
    for setting in FAMILIES[family]:
        assert setting.low <= setting.value(raw) <= setting.high


def test_a_configuration_reads_in_a_few_words():
    assert describe({FAMILY: "logistic", "C": 0.31}) == "logistic C=0.31"
