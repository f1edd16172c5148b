import numpy as np
import pytest
import skops.io
from evergreen.contracts.model_file import Problem
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.errors import InvalidTable
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.space import FAMILY, defaults, describe, families
from evergreen.frame import Frame
from evergreen.graph import Graph
from evergreen.metrics import measure
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.fakes.learned import SIGNATURE, frame, signature_of

PROBLEMS: tuple[Problem, ...] = ("binary", "multiclass", "regression")
FAMILIES = families(SIGNATURE)
EACH = [(p, c) for p in PROBLEMS for c in defaults(families(signature_of(p)))]
EACH_FAMILY = pytest.mark.parametrize(
    ("problem", "configuration"), EACH, ids=lambda c: c if isinstance(c, str) else c[FAMILY]
)


def at_the_edge(space, family, side):
    """The configuration with every setting at one end of its range."""
    return {FAMILY: family, **{s.name: s.value(getattr(s, side)) for s in space[family]}}


@pytest.mark.parametrize("side", ["low", "high"])
@pytest.mark.parametrize(
    ("problem", "family"), [(problem, configuration[FAMILY]) for problem, configuration in EACH]
)
def test_the_graph_of_every_family_answers_like_its_pipeline_over_the_whole_space(
    problem, family, side
):
    # Real-valued numbers, missing ones and unseen categories are where converters go wrong.
    signature = signature_of(problem)
    rows, unseen = frame(2000, 1, problem), frame(2000, 2, problem)
    pipeline = fit(signature, at_the_edge(families(signature), family, side), rows)
    graph = Graph(to_graph(pipeline, signature))
    allowed = 1e-5 if signature.classes else 1e-5 * rows.target.std()
    for each in (rows, unseen):
        found = answers(pipeline, signature, each)
        served = graph.answers(encode(signature, each.columns))
        served = served if problem == "multiclass" else served[:, -1]
        assert served.shape == found.shape
        assert np.abs(served - found).max() < allowed


@EACH_FAMILY
def test_the_same_rows_give_the_same_graph_so_a_retried_step_changes_nothing(
    problem, configuration
):
    signature, rows = signature_of(problem), frame(300, 1, problem)
    first, again = (fit(signature, configuration, rows) for _ in range(2))
    assert to_graph(first, signature) == to_graph(again, signature)


@EACH_FAMILY
def test_a_family_finds_what_there_is_to_learn(problem, configuration):
    rows, later = frame(1000, 1, problem), frame(1000, 2, problem)
    signature = signature_of(problem)
    found = answers(fit(signature, configuration, rows), signature, later)
    metric = {"binary": "roc_auc", "multiclass": "accuracy", "regression": "r2"}[problem]
    least = {"binary": 0.7, "multiclass": 0.45, "regression": 0.4}[problem]
    assert measure(metric, later.target, found) > least


@EACH_FAMILY
def test_the_pipeline_for_people_opens_without_running_code_it_does_not_name(
    problem, configuration
):
    signature, rows = signature_of(problem), frame(200, 1, problem)
    pipeline = fit(signature, configuration, rows)
    body = skops.io.dumps(pipeline)
    opened = skops.io.loads(body, trusted=skops.io.get_untrusted_types(data=body))
    same = answers(opened, signature, rows)
    np.testing.assert_array_equal(same, answers(pipeline, signature, rows))


@pytest.mark.parametrize("configuration", defaults(FAMILIES), ids=lambda c: c[FAMILY])
def test_a_number_that_never_changes_does_no_harm(configuration):
    signature = Signature((Column("x", "number"),), (), "y", ("no", "yes"))
    target = np.tile(np.array([0, 1], dtype=np.int8), 20)
    rows = Frame({"x": np.full(40, 7, np.float32)}, target, np.zeros(40, np.int64))
    predicted = answers(fit(signature, configuration, rows), signature, rows)
    assert predicted == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(
    "configuration", defaults(families(signature_of("regression"))), ids=lambda c: c[FAMILY]
)
@pytest.mark.parametrize(("unit", "zero"), [(1e-6, 0.0), (1e9, 1e15), (1.0, -273.15)])
def test_a_number_is_learned_alike_in_any_unit(configuration, unit, zero):
    signature, rows = signature_of("regression"), frame(400, 1, "regression")
    plain = (rows.target - rows.target.mean()) / rows.target.std()
    other = Frame(rows.columns, zero + unit * plain, rows.time)
    fitted = fit(signature, configuration, other)
    served = Graph(to_graph(fitted, signature)).answers(encode(signature, rows.columns))[:, 0]
    assert np.abs(served - answers(fitted, signature, other)).max() < 1e-5 * unit
    alike = answers(
        fit(signature, configuration, Frame(rows.columns, plain, rows.time)), signature, rows
    )
    assert (served - zero) / unit == pytest.approx(alike, abs=1e-4)


def test_the_more_classes_the_smaller_the_trees_so_that_the_graph_can_be_loaded():
    several = replace(signature_of("multiclass"), classes=tuple(f"c{i}" for i in range(60)))
    few, many = families(SIGNATURE), families(several)
    most = {s.name: s.high for family in many.values() for s in family}
    assert most["max_depth"] < 12
    assert most["max_iter"] < 400
    for space in (few, many):
        for setting in (s for family in space.values() for s in family):
            assert setting.low < setting.high
            assert setting.low <= setting.default <= setting.high


def test_one_value_of_a_number_is_refused_with_a_sentence():
    rows = frame(50, 1, "regression")
    same = Frame(rows.columns, np.full(50, 3.0), rows.time)
    with pytest.raises(InvalidTable, match="hold one value only of 'left'"):
        fit(signature_of("regression"), defaults(FAMILIES)[1], same)


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
