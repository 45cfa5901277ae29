"""Spectra: what they accept, and the spectrum of samples against numpy's covariance."""

import numpy as np
import pytest

from rmt_utils import Spectrum


def test_power_law_has_the_mean_floor_and_slope_asked_for():
    spectrum = Spectrum.power_law(500, exponent=1.3, floor=0.1, mean_eigenvalue=2.0)
    assert spectrum.eigenvalues.mean() == pytest.approx(2.0)
    slope = np.diff(np.log(spectrum.eigenvalues - 0.1)) / np.diff(np.log(np.arange(1, 501.0)))
    np.testing.assert_allclose(slope, -1.3, rtol=1e-6)


@pytest.mark.parametrize("n", [5, 12, 40])
def test_from_samples_is_the_eigendecomposition_of_the_covariance(n):
    samples = np.random.default_rng(n).standard_normal((n, 12)) * np.arange(1, 13) + 7
    spectrum = Spectrum.from_samples(samples)
    vectors = spectrum.eigenvectors
    assert spectrum.eigenvalues.shape == (12,)
    assert vectors.shape == (12, min(n - 1, 12))
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(vectors.shape[1]), atol=1e-12)
    rebuilt = (vectors * spectrum.eigenvalues[: vectors.shape[1]]) @ vectors.T
    np.testing.assert_allclose(rebuilt, np.cov(samples.T), atol=1e-10)
    np.testing.assert_allclose(spectrum.mean, samples.mean(axis=0))
    assert (np.diff(spectrum.eigenvalues) <= 0).all()


@pytest.mark.parametrize("n", [50, 200, 300])
@pytest.mark.parametrize("exponent", [1, 3, 4, 8])
def test_eigenvectors_of_steep_spectra_are_orthonormal(n, exponent):
    samples = np.random.default_rng(0).standard_normal((n, 200)) * np.arange(1, 201.0) ** (-exponent / 2)
    spectrum = Spectrum.from_samples(samples)
    vectors = spectrum.eigenvectors
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(vectors.shape[1]), atol=1e-10)
    rebuilt = (vectors * spectrum.eigenvalues[: vectors.shape[1]]) @ vectors.T
    np.testing.assert_allclose(rebuilt, np.cov(samples.T), atol=1e-12 * spectrum.eigenvalues[0])


@pytest.mark.parametrize("n", [8, 40])
def test_what_rounding_leaves_is_no_mode(n):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        plane = rng.standard_normal((n, 3)) @ rng.standard_normal((3, 12)) + 100
        spectrum = Spectrum.from_samples(plane)
        assert spectrum.eigenvectors.shape == (12, 3)
        assert not spectrum.eigenvalues[3:].any()


def test_columns_in_single_precision_are_orthonormal_enough():
    vectors = np.linalg.qr(np.random.default_rng(0).standard_normal((300, 300)))[0].astype(np.float32)
    assert Spectrum(np.ones(300), eigenvectors=vectors).eigenvectors.dtype == np.float64


def test_single_precision_images_give_double_precision_spectra():
    samples = np.random.default_rng(0).standard_normal((30, 8)).astype(np.float32)
    assert Spectrum.from_samples(samples).eigenvalues.dtype == np.float64


def test_dim_and_trace_count_multiplicities():
    spectrum = Spectrum([2.0, 0.0], multiplicities=[3, 2])
    assert spectrum.dim == 5
    assert spectrum.trace == 6.0


@pytest.mark.parametrize(
    ("argument", "arguments"),
    [
        ("eigenvalues must be >= 0, either 0 or from 1e-60 to 1e", {"eigenvalues": [1e308, 1e308]}),
        ("eigenvalues must be >= 0, either 0 or from 1e-60 to 1e", {"eigenvalues": [1.0, 1e-61]}),
        (r"eigenvalues.*such as .1.e-300", {"eigenvalues": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1e-300]}),
        ("multiplicities", {"eigenvalues": [1.0, 2.0], "multiplicities": [1e61, 1.0]}),
        ("multiplicities", {"eigenvalues": [1.0, 2.0], "multiplicities": [1]}),
        ("multiplicities", {"eigenvalues": [1.0, 2.0], "multiplicities": [1, 0]}),
        ("eigenvectors", {"eigenvalues": [1.0], "eigenvectors": np.eye(2)}),
        ("eigenvectors", {"eigenvalues": [1.0, 2.0], "eigenvectors": np.eye(2)[:, :1]}),
        ("eigenvectors", {"eigenvalues": [1.0], "multiplicities": [2], "eigenvectors": np.eye(1)}),
        ("orthonormal", {"eigenvalues": [2.0, 1.0], "eigenvectors": [[1.0, 1.0], [0.0, 1.0]]}),
        ("orthonormal", {"eigenvalues": [2.0, 1.0], "eigenvectors": 1.001 * np.eye(2)}),
        ("orthonormal", {"eigenvalues": [2.0, 1.0], "eigenvectors": np.ones((2, 2)) / np.sqrt(2)}),
        ("at most 2", {"eigenvalues": [3.0, 2.0, 1.0], "eigenvectors": np.eye(2, 3)}),
        ("mean", {"eigenvalues": [1.0], "mean": [0.0, 0.0]}),
        ("mean", {"eigenvalues": [1.0], "mean": [np.nan]}),
    ],
)
def test_bad_arguments_are_named(argument, arguments):
    with pytest.raises(ValueError, match=argument):
        Spectrum(**arguments)


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("dim", lambda: Spectrum.power_law(0, 1.0)),
        ("dim", lambda: Spectrum.power_law(2.5, 1.0)),
        ("exponent", lambda: Spectrum.power_law(3, np.nan)),
        ("floor", lambda: Spectrum.power_law(3, 1.0, floor=1.0)),
        ("mean_eigenvalue", lambda: Spectrum.power_law(3, 1.0, mean_eigenvalue=0)),
        ("samples", lambda: Spectrum.from_samples(np.ones((1, 3)))),
        ("samples", lambda: Spectrum.from_samples(np.ones(3))),
        ("samples", lambda: Spectrum.from_samples(np.full((3, 3), np.nan))),
        ("samples must vary by 1e-15 to 1e", lambda: Spectrum.from_samples(np.eye(3) * 1e-160)),
        ("samples must vary by 1e-15 to 1e", lambda: Spectrum.from_samples(np.eye(3) * 1e40)),
        ("samples must vary, got 3 rows without a difference", lambda: Spectrum.from_samples(np.ones((3, 3)))),
        ("factor must vary", lambda: Spectrum.from_factor(np.zeros((2, 3)))),
    ],
)
def test_bad_constructions_are_named(argument, call):
    with pytest.raises(ValueError, match=argument):
        call()


def test_coordinates_and_pixels_are_inverse():
    images = np.random.default_rng(0).standard_normal((9, 4))
    model = Spectrum.from_samples(images)
    coordinates = model.to_modes(images)
    assert np.allclose(coordinates.var(axis=0, ddof=1), model.eigenvalues)
    assert np.allclose(model.to_pixels(coordinates), images)


@pytest.mark.parametrize("method", ["to_modes", "to_pixels"])
def test_coordinates_need_eigenvectors(method):
    with pytest.raises(ValueError, match="eigenvectors"):
        getattr(Spectrum([1.0]), method)(np.ones(1))
