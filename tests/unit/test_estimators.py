import numpy as np
import pytest
import skops.io
from evergreen.contracts.model_file import Metric, Problem
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.errors import InvalidTable
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.portfolio import defaults
from evergreen.estimators.space import FAMILY, describe
from evergreen.frame import Frame
from evergreen.graph import Graph
from evergreen.metrics import measure

from tests.fakes.hostile import space
from tests.fakes.learned import SIGNATURE, frame, signature_of

PROBLEMS: tuple[Problem, ...] = ("binary", "multiclass", "regression")
METRIC: dict[Problem, Metric] = {"binary": "log_loss", "multiclass": "log_loss", "regression": "r2"}
FAMILIES = space("binary", "log_loss")


def configurations(problem):
    """Each family's own default."""
    of_problem = space(problem, METRIC[problem])
    return [family.configuration(name, {}) for name, family in of_problem.items()]


def as_counts(rows):
    """The same rows, with a target whose logarithm is what it was."""
    return Frame(rows.columns, np.exp((rows.target - 1e6) / 500).round(), rows.time)


EACH = [(p, c) for p in PROBLEMS for c in configurations(p)]
EACH_FAMILY = pytest.mark.parametrize(
    ("problem", "configuration"), EACH, ids=lambda c: c if isinstance(c, str) else c[FAMILY]
)


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
    if configuration.get("loss") == "poisson":
        rows, later = as_counts(rows), as_counts(later)
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


@pytest.mark.parametrize("configuration", configurations("binary"), ids=lambda c: c[FAMILY])
def test_a_number_that_never_changes_does_no_harm(configuration):
    signature = Signature((Column("x", "number"),), (), "y", ("no", "yes"))
    target = np.tile(np.array([0, 1], dtype=np.int8), 20)
    rows = Frame({"x": np.full(40, 7, np.float32)}, target, np.zeros(40, np.int64))
    predicted = answers(fit(signature, configuration, rows), signature, rows)
    # A network never ends at the very half, and a random forest draws its rows.
    allowed = {"neural network": 0.2, "random forest": 0.05}.get(configuration[FAMILY], 1e-6)
    assert predicted == pytest.approx(0.5, abs=allowed)


@pytest.mark.parametrize("configuration", configurations("regression"), ids=lambda c: c[FAMILY])
@pytest.mark.parametrize(("unit", "zero"), [(1e-6, 0.0), (1e9, 1e15), (1.0, -273.15)])
def test_a_number_is_learned_alike_in_any_unit(configuration, unit, zero):
    signature, rows = signature_of("regression"), frame(400, 1, "regression")
    plain = (rows.target - rows.target.mean()) / rows.target.std()
    if configuration["loss"] == "poisson":
        # What is never negative has a unit and no other zero.
        plain, zero = np.exp(plain / 2), 0.0
    other = Frame(rows.columns, zero + unit * plain, rows.time)
    fitted = fit(signature, configuration, other)
    served = Graph(to_graph(fitted, signature)).answers(encode(signature, rows.columns))[:, 0]
    assert np.abs(served - answers(fitted, signature, other)).max() < 1e-5 * unit
    alike = answers(
        fit(signature, configuration, Frame(rows.columns, plain, rows.time)), signature, rows
    )
    # Of two splits that are as good, a forest takes the one that rounding favours.
    apart = 0.05 if configuration[FAMILY] in ("extra trees", "random forest") else 1e-4
    assert (served - zero) / unit == pytest.approx(alike, abs=apart)


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


def test_a_configuration_reads_in_a_few_words():
    assert describe({FAMILY: "logistic", "C": 0.31}) == "logistic C=0.31"
