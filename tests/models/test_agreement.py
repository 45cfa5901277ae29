"""Measures on samples against their definitions."""

import numpy as np
import pytest

from rmt_utils.models.agreement import (
    ceiling,
    correlate,
    mean_and_error,
    mse_per_seed,
    nearest,
    own_over_other,
    pairwise_mse,
    ratio_and_error,
    tail,
)

RNG = np.random.default_rng(0)
A, B = RNG.standard_normal((2, 7, 5))


def test_pairwise_matrix_holds_the_mean_differences():
    matrix = pairwise_mse([A, B, A])
    assert matrix[0, 1] == pytest.approx(np.mean((A - B) ** 2))
    assert matrix[0, 2] == 0
    np.testing.assert_array_equal(matrix, matrix.T)


@pytest.mark.parametrize("block", [1, 3, 100])
def test_nearest_is_the_smallest_of_all_distances(block):
    training = RNG.standard_normal((20, 5)).astype(np.float32)
    distances = np.square(A[:, None] - training).mean(axis=2)
    index, distance = nearest(A, training, block)
    np.testing.assert_array_equal(index, distances.argmin(axis=1))
    np.testing.assert_allclose(distance, distances.min(axis=1))


def test_own_over_other_is_0_for_copies_and_1_for_samples_of_neither():
    own, other, fresh = RNG.standard_normal((3, 400, 5))
    assert own_over_other(own[:50], own, other)[0] == pytest.approx(0, abs=1e-12)
    ratio, error = own_over_other(fresh.reshape(2, 200, 5), own, other)
    assert abs(ratio - 1) < 4 * error
    assert 0 < error < 0.1


@pytest.mark.parametrize("offset", [0.0, 1e8, -1e12])
def test_nearest_does_not_depend_on_an_offset(offset):
    rng = np.random.default_rng(1)
    training, samples = rng.standard_normal((300, 5)), rng.standard_normal((40, 5))
    # what an offset leaves of the numbers themselves is not what is tested
    training, samples = training + offset - offset, samples + offset - offset
    expected = np.square(samples[:, None] - training).mean(axis=2)
    index, distance = nearest(samples + offset, training + offset, block=64)
    np.testing.assert_array_equal(index, expected.argmin(axis=1))
    np.testing.assert_array_equal(distance, expected.min(axis=1))


def test_correlation_finds_what_was_put_in():
    x = RNG.standard_normal(4000)
    y = 0.6 * x + 0.8 * RNG.standard_normal(4000)
    found = correlate(x, y)
    assert found.low < 0.6 < found.high
    assert found.pearson == pytest.approx(0.6, abs=5 * (1 - 0.36) / np.sqrt(4000))
    assert found.p_value < 1e-100
    assert correlate(x, np.exp(x)).spearman == pytest.approx(1)


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("a and b", lambda: mse_per_seed(A, B[:3])),
        ("a and b", lambda: mse_per_seed(A[0], B[0])),
        ("a", lambda: mse_per_seed([[np.nan]], [[0.0]])),
        ("training", lambda: nearest(A, np.ones((4, 3)))),
        ("training", lambda: nearest(A, np.ones((0, 5)))),
        ("x and y", lambda: correlate([1, 2, 3], [1, 2, 3])),
        ("values", lambda: tail(np.ones(9))),
        ("repeats", lambda: ceiling(np.ones((1, 9)))),
    ],
)
def test_bad_arguments_are_named(argument, call):
    with pytest.raises(ValueError, match=argument):
        call()


def test_the_tail_is_what_the_largest_tenth_carries():
    values = np.concatenate([np.full(90, 0.01), np.full(10, 0.2)])
    found = tail(RNG.permutation(values))
    assert (found.mean, found.median, found.above) == pytest.approx((0.029, 0.01, 0.1))
    assert found.top_tenth == pytest.approx(2 / 2.9)
    # each pair of models has its own tail: seeds that take turns are no lighter one
    both = tail(np.array([values, values[::-1]]))
    assert both.top_tenth == pytest.approx(found.top_tenth)


def test_the_ceiling_is_reached_by_the_truth_and_by_nothing_more():
    rng = np.random.default_rng(4)
    for count in (2, 5):
        truth = rng.standard_normal(20_000)
        repeats = truth + 1.5 * rng.standard_normal((count, 20_000))
        reached = correlate(truth, repeats.mean(axis=0)).spearman
        # Spearman's correlation of normal variables is up to 2% below Pearson's, on which the formula rests; the
        # standard error of either is 1/sqrt(20,000) = 0.7%
        assert ceiling(repeats) == pytest.approx(reached, abs=0.04)
        assert reached < 0.9
    assert ceiling([[1, 2, 3, 4], [4, 3, 2, 1]]) == 0


def test_errors_are_the_spread_over_repetitions():
    rng = np.random.default_rng(2)
    for shape in ((200,), (20, 50)):
        means, ratios = [], []
        for _ in range(300):
            common = rng.standard_normal(shape)
            if len(shape) > 1:  # what all of a row share, and all of a column
                common = common + rng.standard_normal((20, 1)) + rng.standard_normal(50)
            above = 20 + 2 * common + 0.5 * rng.standard_normal(shape)
            means.append(mean_and_error(common))
            ratios.append(ratio_and_error(above, 10 + common))
        for found in (np.array(means), np.array(ratios)):
            # the spread of 300 repetitions is known to 4%
            assert np.sqrt(np.mean(found[:, 1] ** 2)) == pytest.approx(found[:, 0].std(), rel=0.17)
