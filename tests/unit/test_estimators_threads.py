import pytest
from evergreen.estimators.pipeline import fit, to_graph
from evergreen.estimators.space import FAMILY
from evergreen.estimators.threads import limited_threads
from threadpoolctl import threadpool_info

from tests.fakes.hostile import frame, signature


def threads():
    """The threads that each kind of library takes now."""
    with limited_threads():
        return {(each["user_api"], each["num_threads"]) for each in threadpool_info()}


@pytest.fixture
def container(monkeypatch):
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", raising=False)
    monkeypatch.setenv("EVERGREEN_CPU", "2048")
    monkeypatch.setenv("EVERGREEN_MEMORY", "8192")


def test_a_fit_beside_others_takes_one_thread(monkeypatch):
    monkeypatch.delenv("EVERGREEN_CPU", raising=False)
    assert threads() == {("openmp", 1), ("blas", 1)}


def test_a_fit_in_a_container_takes_its_processors_but_for_products_of_matrices(container):
    assert threads() == {("openmp", 2), ("blas", 1)}


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_the_same_rows_give_the_same_graph_on_any_number_of_processors(problem, request):
    given, rows = signature(problem), frame(400, 1, problem)
    configuration = {FAMILY: "gradient boosting", "max_iter": 3, "max_features": 0.5}
    alone = fit(given, configuration, rows)
    request.getfixturevalue("container")
    together = fit(given, configuration, rows)
    assert to_graph(alone, given) == to_graph(together, given)
