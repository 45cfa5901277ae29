"""Draws without drawing the data: moments of the covariance, and the gain against a plain solve."""

import numpy as np
import pytest

from rmt_utils import Spectrum
from rmt_utils.models.simulation import (
    draw,
    estimate,
    factor_denoiser,
    factor_gain,
    gaussian_factor,
    gaussian_model,
    image_factor,
    leave_one_out,
    variance_and_error,
)

LAW = Spectrum([4.0, 2.0, 1.0, 0.5])


@pytest.mark.parametrize("n", [2, 3, 4, 9])
def test_factor_has_the_moments_of_a_wishart_matrix(n):
    draws = np.array([b.T @ b for b in (gaussian_factor(LAW, n, np.random.default_rng(s)) for s in range(8000))])
    expected = np.diag(LAW.eigenvalues)
    products = np.outer(LAW.eigenvalues, LAW.eigenvalues)
    variance = (products + np.diag(LAW.eigenvalues**2)) / n
    standard_error = np.sqrt(variance / len(draws))
    # 80 numbers over all n: one chance in 200 that any is four standard errors off
    assert (np.abs(draws.mean(axis=0) - expected) <= 4 * standard_error).all()
    # kurtosis of a chi-square with n degrees of freedom: the relative error of a variance over T draws
    tolerance = 4 * np.sqrt((2 + 12 / n) / len(draws))
    np.testing.assert_allclose(draws.var(axis=0), variance, rtol=tolerance)


@pytest.mark.parametrize("n", [5, 30, 90])
def test_gain_is_the_diagonal_of_a_plain_solve(n):
    law = Spectrum.power_law(30, 1.0)
    factor = gaussian_factor(law, n, np.random.default_rng(0))
    covariance = factor.T @ factor
    for sigma2, found in zip((1e-3, 1.0), factor_gain(factor, [1e-3, 1.0]), strict=True):
        expected = np.diag(np.linalg.solve(covariance + sigma2 * np.eye(30), covariance))
        np.testing.assert_allclose(found, expected, atol=1e-11)


def test_image_factor_draws_each_image_at_most_once():
    coordinates = np.arange(12.0).reshape(6, 2)
    factor = image_factor(coordinates, 6, np.random.default_rng(0)) * np.sqrt(6)
    np.testing.assert_allclose(np.sort(factor[:, 0]), coordinates[:, 0])


def test_estimate_reports_mean_and_standard_error():
    values = []

    def statistic(rng):
        values.append(rng.standard_normal(3))
        return values[-1]

    result = estimate(statistic, 50, seed=3)
    np.testing.assert_allclose(result.mean, np.mean(values, axis=0))
    np.testing.assert_allclose(result.standard_error, np.std(values, axis=0, ddof=1) / np.sqrt(50))
    np.testing.assert_allclose(result.variance, np.var(values, axis=0, ddof=1))
    assert result.n_draws == 50


def test_variance_error_is_that_of_gaussian_draws():
    result = estimate(lambda rng: rng.standard_normal(200), 400)
    np.testing.assert_allclose(result.variance_error.mean(), np.sqrt(2 / 399), rtol=0.03)
    assert np.abs((result.variance - 1) / result.variance_error).max() < 5


@pytest.mark.parametrize(("mean", "scale"), [("known", 0.0), ("estimated", 1.0)])
@pytest.mark.parametrize("n", [3, 8])
def test_model_has_the_moments_of_a_fit_to_gaussian_samples(n, mean, scale):
    def statistic(rng):
        model = gaussian_model(LAW, n, rng, mean)
        rank = model.eigenvectors.shape[1]
        covariance = (model.eigenvectors * model.eigenvalues[:rank]) @ model.eigenvectors.T
        return np.stack([np.diag(covariance), model.mean])

    fits = estimate(statistic, 8000)
    freedom = n - (mean == "estimated")
    # 40 numbers over all cases: one chance in 400 that any is four standard errors off
    assert (np.abs(fits.mean[0] - LAW.eigenvalues) <= 4 * fits.standard_error[0]).all()
    assert (np.abs(fits.variance[0] - 2 * LAW.eigenvalues**2 / freedom) <= 4 * fits.variance_error[0]).all()
    assert (np.abs(fits.variance[1] - scale * LAW.eigenvalues / n) <= 4 * fits.variance_error[1]).all()


@pytest.mark.parametrize("law", [factor_gain, lambda *pair: factor_denoiser(pair[0], np.eye(3), pair[1])])
def test_noise_below_rounding_is_no_silent_number(law):
    with pytest.raises(np.linalg.LinAlgError):
        law(np.array([[1.0, 2.0, 2.0]] * 3), 1e-40)


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("n_samples", lambda: gaussian_factor(LAW, 0, np.random.default_rng())),
        ("n_samples", lambda: image_factor(np.ones((3, 2)), 4, np.random.default_rng())),
        ("n_samples", lambda: gaussian_model(LAW, 1, np.random.default_rng())),
        ("mean", lambda: gaussian_model(LAW, 5, np.random.default_rng(), mean="zero")),
        ("n_draws", lambda: estimate(lambda rng: 0.0, 1)),
        ("sigma2", lambda: factor_gain(np.eye(2), 0.0)),
        ("sigma2", lambda: factor_denoiser(np.eye(2), np.eye(2), 0.0)),
    ],
)
def test_bad_arguments_are_named(argument, call):
    with pytest.raises(ValueError, match=argument):
        call()


def test_error_of_a_combined_variance_knows_what_its_entries_share():
    def entries(rng):
        shared, own = rng.standard_normal(1), rng.standard_normal(20)
        return shared + own / 10

    repeats = [
        variance_and_error(draw(entries, 200, seed), lambda squares: squares.sum(axis=-1)) for seed in range(300)
    ]
    totals, errors = np.transpose(repeats)
    assert abs(totals.mean() - 20 * 1.01) < 4 * totals.std() / np.sqrt(300)
    assert errors.mean() == pytest.approx(totals.std(), rel=0.15)
    alone = estimate(entries, 200).variance_error
    assert errors.mean() > 3 * np.sqrt(np.square(alone).sum())  # what independent entries would have


def test_combined_variance_of_single_entries_is_that_of_estimate():
    draws = draw(lambda rng: rng.standard_normal(3), 2000)
    variance, error = variance_and_error(draws, lambda squares: squares)
    found = estimate(lambda rng: rng.standard_normal(3), 2000)
    np.testing.assert_allclose(variance, found.variance)
    np.testing.assert_allclose(error, found.variance_error, rtol=0.01)


def test_an_image_left_out_is_left_out():
    x, z = np.random.default_rng(0).standard_normal((6, 4)), 0.3
    expected = [
        x[i] @ np.linalg.solve(np.delete(x, i, 0).T @ np.delete(x, i, 0) / 6 + z * np.eye(4), x[i]) / 6
        for i in range(6)
    ]
    assert np.allclose(leave_one_out(x, z), expected)
