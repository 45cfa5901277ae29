"""Measures on samples against their definitions."""

import numpy as np
import pytest

from rmt_utils.models.agreement import (
    correlate,
    data_part,
    data_part_error,
    data_part_reliability,
    mean_and_error,
    mse_per_seed,
    nearest,
    pairwise_mse,
    ratio_and_error,
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
    ],
)
def test_bad_arguments_are_named(argument, call):
    with pytest.raises(ValueError, match=argument):
        call()


def test_data_part_is_free_of_training_noise():
    rng = np.random.default_rng(0)
    for count in (2, 4):
        found, errors = [], []
        for _ in range(40):
            truth = rng.standard_normal((300, 40))
            # noise three times the signal, and partly common to all seeds of one training
            common = rng.standard_normal((count, 1, 40))
            noisy = truth + 3 * rng.standard_normal((count, 300, 40)) + 0.5 * common
            found.append(data_part(noisy).mean())
            errors.append(data_part_error(noisy))
        # over 40 repetitions: the mean to four standard errors, and the size of the errors themselves
        assert abs(np.mean(found) - 1) < 4 * np.std(found) / np.sqrt(40)
        if count > 2:  # the jackknife of a product is conservative
            assert 0.7 < np.mean(errors) / np.std(found) < 2


def test_data_part_needs_two_training_seeds():
    with pytest.raises(ValueError, match="differences must have shape"):
        data_part(np.ones((1, 5, 3)))


def test_reliability_is_the_share_of_the_spread_that_training_seeds_share():
    rng = np.random.default_rng(1)
    # per seed, d = 1: a^2 + a (t + t') + t t' with a^2 of variance 2 and noise of variance 2 * 0.5^2 + 0.5^4
    noisy = rng.standard_normal((200_000, 1)) + 0.5 * rng.standard_normal((4, 200_000, 1))
    expected = 2 / (2 + 2 * 0.5**2 + 0.5**4)
    # standard error of a correlation of 200,000 heavy-tailed values: about 3/sqrt(200,000) = 0.007
    assert data_part_reliability(noisy) == pytest.approx(expected, abs=0.03)
    with pytest.raises(ValueError, match="at least 4"):
        data_part_reliability(noisy[:3])


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
