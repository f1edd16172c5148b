"""What a column's share in an answer promises, for any model and any number of columns."""

import numpy as np
import pytest
from evergreen.infer import shapley as module
from evergreen.infer.shapley import GRAPH_ROWS_AT_MOST, columns_at_most, shapley
from hypothesis import given, settings
from hypothesis import strategies as st

few = settings(max_examples=25, deadline=None)
EXACT, SAMPLED = 6, 12


def model(columns: int, seed: int = 0):
    """A model whose columns act together, in threes and through a curve."""
    draw = np.random.default_rng(seed)
    first, second, third = draw.normal(size=(3, columns, 4))

    def score(matrix):
        wide = matrix.astype(np.float64)
        return np.tanh((wide @ first) * (wide @ second) * np.cos(wide @ third)).mean(axis=1)

    return score


def rows(columns: int, seed: int = 0, background: int = 20):
    """A row and a background."""
    drawn = np.random.default_rng(seed).normal(size=(background + 1, columns)).astype(np.float32)
    return drawn[0], drawn[1:]


@few
@given(columns=st.integers(1, 30), seed=st.integers(0, 2**32), background=st.integers(1, 60))
def test_base_and_shares_add_up_to_the_answer(columns, seed, background):
    score, (row, typical) = model(columns, seed), rows(columns, seed, background)
    shares = shapley(score, row, typical, b"seed")
    assert shares.base == pytest.approx(score(typical).mean(), abs=1e-12)
    assert shares.base + shares.columns.sum() == pytest.approx(score(row[np.newaxis])[0], abs=1e-12)


@few
@given(columns=st.integers(2, 25), seed=st.integers(0, 2**32))
def test_a_column_that_the_model_ignores_has_no_share(columns, seed):
    score, (row, typical) = model(columns, seed), rows(columns, seed)
    ignored = seed % columns

    def blind(matrix):
        matrix = matrix.copy()
        matrix[:, ignored] = 0
        return score(matrix)

    assert shapley(blind, row, typical, b"seed").columns[ignored] == 0.0


@few
@given(seed=st.integers(0, 2**32))
def test_two_columns_that_the_model_cannot_tell_apart_share_alike(seed):
    score, (row, typical) = model(EXACT, seed), rows(EXACT, seed)
    row[1], typical[:, 1] = row[0], typical[:, 0]

    def alike(matrix):
        matrix = matrix.copy()
        matrix[:, 0] = matrix[:, 1] = matrix[:, 0] + matrix[:, 1]
        return score(matrix)

    shares = shapley(alike, row, typical, b"seed")
    assert shares.exact
    assert shares.columns[0] == pytest.approx(shares.columns[1], abs=1e-12)


@few
@given(columns=st.integers(1, 40), seed=st.integers(0, 2**32))
def test_a_linear_models_shares_are_what_sets_the_row_apart_from_the_mean(columns, seed):
    weights, (row, typical) = np.random.default_rng(seed).normal(size=columns), rows(columns, seed)
    shares = shapley(lambda m: m.astype(np.float64) @ weights, row, typical, b"seed")
    expected = weights * (row - typical.astype(np.float64).mean(axis=0))
    np.testing.assert_allclose(shares.columns, expected, atol=1e-9)


def test_columns_that_act_in_pairs_are_divided_exactly_though_orders_are_drawn(monkeypatch):
    (row, typical), draw = rows(SAMPLED), np.random.default_rng(1)
    pairs = draw.normal(size=(SAMPLED, SAMPLED))

    def score(matrix):
        wide = matrix.astype(np.float64)
        return np.einsum("ni,ij,nj->n", wide, pairs, wide)

    drawn = shapley(score, row, typical, b"seed")
    monkeypatch.setattr(module, "GRAPH_ROWS_AT_MOST", 2**SAMPLED * len(typical))
    exact = shapley(score, row, typical, b"seed")
    assert (drawn.exact, exact.exact) == (False, True)
    np.testing.assert_allclose(drawn.columns, exact.columns, atol=1e-10)


def test_the_same_seed_draws_the_same_orders_and_another_draws_others():
    score, (row, typical) = model(SAMPLED), rows(SAMPLED)
    first, again, other = (
        shapley(score, row, typical, seed).columns for seed in (b"1", b"1", b"2")
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_drawn_orders_err_to_neither_side_however_columns_act_together(monkeypatch):
    score, (row, typical) = model(SAMPLED), rows(SAMPLED)
    drawn = [shapley(score, row, typical, bytes([seed])).columns for seed in range(64)]
    monkeypatch.setattr(module, "GRAPH_ROWS_AT_MOST", 2**SAMPLED * len(typical))
    exact = shapley(score, row, typical, b"seed").columns
    alone = np.abs(np.array(drawn) - exact).mean()
    together = np.abs(np.mean(drawn, axis=0) - exact).mean()
    assert together < alone / 4  # independent errors would leave an eighth


@pytest.mark.parametrize("background", [10, 50])
@pytest.mark.parametrize("columns", [1, 5, 9, 10, 25, 256])
def test_a_row_is_one_batch_of_bounded_size(columns, background):
    batches = []

    def score(matrix):
        batches.append(len(matrix))
        return np.zeros(len(matrix))

    shapley(score, *rows(columns, background=background), b"seed")
    assert len(batches) == 1
    assert batches[0] <= GRAPH_ROWS_AT_MOST


def test_the_most_columns_fit_the_bound_and_one_more_does_not():
    assert columns_at_most(50) == 256
    rows_of_a_pair = 50 * (2 + 2 * (columns_at_most(50) - 1))
    assert rows_of_a_pair <= GRAPH_ROWS_AT_MOST < rows_of_a_pair + 2 * 50
