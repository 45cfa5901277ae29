"""Numbers that the chapters state in words, computed again."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy.special import ndtr, ndtri

from rmt_utils import (
    Spectrum,
    edm_sigmas,
    flatten,
    heun_map,
    iid_splits,
    load_images,
    patch_spectrum,
    solve_kappa,
    spectral_mean,
)
from rmt_utils.book import foreseen
from rmt_utils.book.networks import Networks
from rmt_utils.data.photographs import n_crops, photographs
from rmt_utils.nets import kept, mixtures

RUNS = Path(__file__).parents[2] / "runs"


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


def test_the_interaction_is_the_largest_part_of_a_flip_on_average_over_seeds():
    """Chapter 5: images and training seed shift the sum whose sign decides by one unit each."""
    u, shift = np.linspace(-12, 12, 4001), ndtri((np.arange(2000) + 0.5) / 2000)
    total = 1 - np.square(2 * ndtr(u / np.sqrt(2)) - 1)
    data = np.var(2 * ndtr(u[:, None] + shift) - 1, axis=1)
    assert data.sum() < (total - 2 * data).sum()


def test_overshrinkage_leaves_middle_modes_of_1000_garments():
    """Chapter 5: linear models of 1000 images have next to no deficit in modes 6 to 20, of 100 they have."""
    law, sampler = Spectrum.from_samples(flatten(load_images("fashion-mnist", 14, 20_000))), heun_map(edm_sigmas(35))
    for n, low, high in ((100, 0.8, 0.9), (1000, 0.98, 1.02)):
        shared = 6400 * np.square(spectral_mean(sampler, law, n - 1)) / law.eigenvalues
        assert low < shared[5:20].mean() < high


def test_the_rule_for_the_gaussian_law_is_strict_at_high_noise():
    """Chapter 7: CV^2 of Gaussian images is near 2/d at low noise, and above 0.05 at noise 1."""
    law = patch_spectrum(16, color=False)
    gains = law.eigenvalues / (law.eigenvalues + solve_kappa([1e-4, 1.0], law, 299)[:, None])
    low, high = 2 * np.square(gains).sum(axis=1) / gains.sum(axis=1) ** 2
    assert low < 1.1 * 2 / law.dim
    assert high > 0.05


def test_by_16_gaussians_alone_predictions_of_ranks_hold():
    """Predictions page: 22, 24 and 25, which chapter 8 judges by mixtures of 8 and of 16."""
    (study,) = (one for one in mixtures.book() if one.n_components == 16)
    fragility, _ = mixtures.ranking([kept.read(study, RUNS)])
    net = Networks([run for run in mixtures.networks() if run.n_samples in (1000, 3000)], RUNS)
    s = SimpleNamespace(fragility=fragility, n=1000, many=3000, family=None)
    outcomes = [*foreseen.of_ranking(net, s)]
    assert len(outcomes) == 3
    assert all(one["at_least"] <= one["value"] <= one["at_most"] for one in outcomes)
