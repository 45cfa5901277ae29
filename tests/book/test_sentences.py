"""Numbers that the chapters state in words, computed again."""

import numpy as np

from rmt_utils import Spectrum, flatten, iid_splits, load_images, patch_spectrum, solve_kappa, spectral_mean
from rmt_utils.data.photographs import n_crops, photographs


def test_random_crops_overlap():
    """Chapter 1: of 20,000 random crops each, nearly every pixel of one split is in a crop of the other."""
    one, two = (covered(rows, 32) for rows in iid_splits(n_crops(32), 20_000, 2))
    assert 0.99 < (one & two).sum() / one.sum() < 1


def covered(indices, side):
    """Which pixels of all photographs lie in the crops with these flat indices."""
    seen, start = [], 0
    for picture in photographs():
        rows, columns = (length - side + 1 for length in picture.shape[:2])
        inside = indices[(indices >= start) & (indices < start + rows * columns)] - start
        start += rows * columns
        mask = np.zeros(picture.shape[:2], bool)
        for y, x in zip(*np.divmod(inside, columns), strict=True):
            mask[y : y + side, x : x + side] = True
        seen.append(mask.ravel())
    return np.concatenate(seen)


def test_the_patches_are_1_3_million_and_vary_mostly_along_one_mode():
    """Chapter 1: their number; chapter 3: the first mode holds two thirds of their variance."""
    photos = patch_spectrum(32)
    assert round(n_crops(32) / 1e6, 1) == 1.3
    assert abs(photos.eigenvalues[0] / photos.trace - 2 / 3) < 0.02


def test_a_tenth_of_the_crops_carries_a_third_of_the_variance():
    """Chapter 2: 36% of the plain and 62% of the whitened variance."""
    photos = patch_spectrum(16, color=False)
    crops = photos.to_modes(flatten(load_images("natural-patches", 16, 20_000, False, seed=3)).astype(float))
    for scale, share in ((1.0, 0.36), (photos.eigenvalues, 0.62)):
        weight = np.sort(np.square(crops / np.sqrt(scale)).sum(axis=1))[::-1]
        assert abs(weight[:2000].sum() / weight.sum() - share) < 0.02


def test_a_trapezoid_in_log_u_errs_by_an_exponential_of_the_root_of_its_nodes():
    """Chapter 4: exp(-c sqrt(N)) with c = pi over the root of 2, not exp(-c N)."""
    one = Spectrum([1.0], multiplicities=[100])
    exact = spectral_mean(np.sqrt, one, one.dim)
    for count in (25, 50, 100):
        tail = np.sqrt(8 * np.pi**2 * count) / 4
        u, step = np.linspace(-tail, tail, count, retstep=True)
        gains = 1 / (1 + solve_kappa(np.exp(2 * u), one, one.dim))
        error = np.abs(2 / np.pi * step * np.sum(np.exp(u) * gains) / exact - 1)
        assert 2.0 < -np.log(error[0]) / np.sqrt(count) < 2.3


def test_an_inverse_wishart_matrix_misses_more_than_four_over_the_spare_samples():
    """Chapter 3: with m - d = 59 the law leaves out 0.0717, above 4/59."""
    spare = 59
    left_out = spare**2 / ((spare - 1) * (spare - 3)) - 1
    assert round(left_out, 4) == 0.0717 > 4 / spare


def test_the_slope_of_the_kappa_equation_is_bounded_only_between_eigenvalues():
    """Theory page: log(P/Q) falls at a rate of 1/2 to 2 between eigenvalues, and may jump up at one."""
    eigenvalues, n, z = np.array([4.0, 1.0]), 3, 0.01

    def ratio(kappa):
        above = eigenvalues > kappa
        p = max(above.sum() - n, 0) + np.sum(eigenvalues[~above] / (eigenvalues[~above] + kappa)) + n * z / kappa
        return np.log(p / (max(n - above.sum(), 0) + np.sum(kappa / (eigenvalues[above] + kappa))))

    for low, high in ((0.02, 0.99), (1.01, 3.99), (4.01, 50.0)):
        slopes = np.diff([ratio(k) for k in np.geomspace(low, high, 50)]) / (np.log(high / low) / 49)
        assert ((slopes > -2.001) & (slopes < -0.499)).all()
    assert ratio(1.0001) > ratio(0.9999)
