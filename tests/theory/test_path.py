"""Sums over samples for pairs of levels, against their definitions written out."""

import numpy as np
import pytest

from rmt_utils import Population
from rmt_utils.theory.population import path as module
from rmt_utils.theory.population.blocks import Blocks
from rmt_utils.theory.population.fixed_point import ladder

N = 30


@pytest.fixture(params=[(False, 8), (True, 8), (True, 3)], ids=["known", "estimated", "estimated, few coupled"])
def path(request, monkeypatch):
    """A path of 200 samples with 8 modes, all or 3 of them coupled, its sums in several chunks."""
    estimated, coupled = request.param
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((200, 8)) * np.logspace(0, -2, 8) * np.exp(0.5 * rng.standard_normal((200, 1)))
    monkeypatch.setattr(module, "BLOCK", 20_000)
    found = Population(samples, coupled).path(N, estimated, 0.5)
    assert len(found._chunks(coupled)) > 3
    return found


def by_definition(path, a, b):
    """w_i and u_i of two coarse levels, u by its equation: both (N,)."""
    left, right = path.coarse[a], path.coarse[b]
    penalty = Blocks.of_diagonal(path.penalty, path.rows.coupled)
    bare = path.rows.quadratic(left.inverse @ penalty @ right.inverse)
    return 1 / ((1 + left.q) * (1 + right.q)), ladder(path.rows, left, right, bare)


@pytest.mark.parametrize("pair", [(2, 2), (2, 3), (9, 5), (-3, -1)])
def test_sums_over_pairs_of_levels_are_what_they_say(path, pair):
    a, b = pair
    weights, response = by_definition(path, a, b)
    first, second = (path.coarse[level].inverse.applied(path.rows.values) for level in pair)
    products = first * second  # (N, columns)
    # Modes that are not coupled enter by their squares, which is what their products are.
    ladders, rungs, squares = (values[..., a, b] for values in path.pairs)
    np.testing.assert_allclose(ladders, (weights * response) @ products / 200, rtol=1e-6)
    np.testing.assert_allclose(rungs, weights @ np.square(products) / 200, rtol=1e-9)
    np.testing.assert_allclose(squares, np.mean(weights * response**2), rtol=1e-6)


def test_projected_sums_are_those_of_the_pairs(path):
    size = len(path.coarse)
    amplitudes = np.zeros(size)
    amplitudes[[2, 9]] = 1.0, -0.5
    x = np.random.default_rng(1).standard_normal((3, path.rows.values.shape[1]))
    total, sizes = path.projected_pairs(amplitudes, x)
    coupled, expected = path.rows.coupled, np.zeros((2, 3))
    for a in (2, 9):
        for b in (2, 9):
            weights, response = by_definition(path, a, b)
            left, right = (path.rows.first @ path.coarse[k].inverse.block @ x[:, :coupled].T for k in (a, b))
            form = (weights * response) @ (left * right) / 200  # (seeds,)
            form = form + np.square(x[:, coupled:]) @ path.pairs[0][coupled:, a, b]
            term = amplitudes[a] * amplitudes[b] * form
            expected += term, np.abs(term)
    np.testing.assert_allclose(total, expected[0], rtol=1e-6)
    np.testing.assert_allclose(sizes, expected[1], rtol=1e-6)
