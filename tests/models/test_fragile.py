"""Fragility against linear maps, where there is none, and the law of flips against quantile functions."""

import numpy as np
import pytest
from scipy.special import ndtr

from rmt_utils import Mixture, Spectrum, edm_sigmas, flip_law, fragility, heun_map, seed_variance
from rmt_utils.models import linear
from rmt_utils.models.agreement import Tail, ceiling_and_error, correlate, mse_per_seed
from rmt_utils.models.fragile import match, rank_correlation, rank_correlations, refit_variance

TWO = Mixture([0.5, 0.5], [[-1.0, 0.0], [1.0, 0.0]], [np.diag([0.01, 1.0])] * 2)


def squared_distances(one, two, half_gap, spread):
    """Squared Wasserstein distances of mixtures of weights one and two, (cases,), from their quantile functions."""
    x = np.linspace(-half_gap - 9 * spread, half_gap + 9 * spread, 6001)
    left, right = ndtr((x + half_gap) / spread), ndtr((x - half_gap) / spread)

    def distance(a, b):
        # half of the points near and between the two weights, where seeds change sides
        near = (a + b) / 2 + (abs(a - b) + 1e-12) * np.sinh(np.linspace(-9, 9, 3001)) / 20
        edges = np.sort(np.concatenate([np.clip(near, 0, 1), np.linspace(0, 1, 3001)]))
        u, du = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        moved = np.interp(u, a * left + (1 - a) * right, x) - np.interp(u, b * left + (1 - b) * right, x)
        return np.square(moved) @ du

    return np.array([distance(a, b) for a, b in zip(one, two, strict=True)])


CASES = [(0.5, 1.0, 0.1), (0.5, 1.0, 0.3), (0.3, 2.0, 0.8)]


@pytest.mark.parametrize("n", [10**k for k in range(2, 7)])
@pytest.mark.parametrize(("weight", "half_gap", "spread"), CASES)
def test_flip_law_is_the_mean_distance_of_quantiles_over_the_error_of_the_weight(weight, half_gap, spread, n):
    # One integral over the difference of the weights at a fixed middle, whose own error is of order 1/n.
    nodes, parts = np.polynomial.legendre.leggauss(24)
    change = 3 * (nodes + 1)  # standard deviations, up to 6
    density = 3 * parts * np.exp(-(change**2) / 2) * np.sqrt(2 / np.pi)
    change *= np.sqrt(2 * weight * (1 - weight) / n)
    expected = density @ squared_distances(weight - change / 2, weight + change / 2, half_gap, spread)
    assert abs(flip_law(weight, half_gap, spread, n) / expected - 1) < 0.02 + 1 / n


@pytest.mark.parametrize("n", [100, 10_000, 1_000_000])
@pytest.mark.parametrize(("weight", "half_gap", "spread"), CASES[:2])
def test_flip_law_is_the_mean_over_training_sets(weight, half_gap, spread, n):
    one, two = np.random.default_rng(n).binomial(n, weight, (2, 1000)) / n
    distances = squared_distances(one, two, half_gap, spread)
    error = distances.std() / np.sqrt(distances.size)
    assert abs(flip_law(weight, half_gap, spread, n) - distances.mean()) < 4 * error


def test_flip_law_has_both_limits():
    # gap empty: every seed between the two weights crosses 2 m, less a few spreads
    crossing = 4 * np.sqrt(2 * 0.25 / 100) * np.sqrt(2 / np.pi)
    assert 1 - 5e-4 < flip_law(0.5, 1.0, 1e-4, 100) / crossing < 1
    # small change: 2 p (1 - p)/n int (F_1 - F_2)^2/f
    x = np.linspace(-8, 8, 4001)
    density = (np.exp(-((x + 1) ** 2) / 2) + np.exp(-((x - 1) ** 2) / 2)) / np.sqrt(8 * np.pi)
    slope = np.square(ndtr(x + 1) - ndtr(x - 1)) / density
    small = 2 * 0.25 / 1e8 * slope.sum() * (x[1] - x[0])
    assert abs(flip_law(0.5, 1.0, 1.0, 1e8) / small - 1) < 1e-3
    assert flip_law(0.5, 1.0, 1.0, np.inf) == 0


def test_flip_law_does_not_depend_on_unit_or_side():
    assert np.isclose(flip_law(0.2, 30.0, 6.0, 500), 900 * flip_law(0.2, 1.0, 0.2, 500), rtol=1e-9)
    assert np.isclose(flip_law(0.2, 1.0, 0.2, 500), flip_law(0.8, 1.0, 0.2, 500), rtol=1e-9)
    both = flip_law([0.2, 0.4], 1.0, 0.2, [[100], [1000]])
    assert both.shape == (2, 2)
    assert both[1, 0] == flip_law(0.2, 1.0, 0.2, 1000)


def test_flip_law_is_continuous_where_its_panels_change():
    below, above = (flip_law(0.5, 1.0, 1 / gap, 1000) for gap in (9.9999, 10.0001))
    assert abs(above / below - 1) < 1e-4


def test_one_gaussian_has_no_fragile_seeds():
    mixture = Mixture([1.0], [[3.0, 0.0]], [np.diag([4.0, 0.25])])
    noise, eps = linear.seed_noise(range(6), 2), 0.3
    directions = np.random.default_rng(0).standard_normal((4, 1, 2))
    gain = 80 * heun_map(edm_sigmas(35))(np.array([4.0, 0.25]))
    change = gain * ((noise + eps * directions) / np.hypot(1, eps) - noise)
    expected = np.square(change).mean(axis=(0, 2))
    np.testing.assert_allclose(fragility(mixture, noise, eps), expected, rtol=1e-9)


def test_fragile_seeds_lie_near_the_boundary():
    noise = np.stack([np.linspace(-2, 2, 41), np.zeros(41)], axis=1)
    found = fragility(TWO, noise, eps=0.1)
    order = np.abs(noise[:, 0]).argsort(kind="stable")
    assert found[order[0]] > 30 * found[order[20:]].max()
    np.testing.assert_allclose(fragility(TWO, noise[3:5], eps=0.1), found[3:5], rtol=1e-9)


def test_several_sizes_have_equal_say():
    noise = linear.seed_noise(range(5), 2)
    one, two = fragility(TWO, noise, 0.1), fragility(TWO, noise, 0.4)
    np.testing.assert_allclose(fragility(TWO, noise, (0.1, 0.4)), np.sqrt(one * two), rtol=1e-9)


def test_refit_variance_of_one_gaussian_is_the_linear_law():
    law, rng = Spectrum([4.0, 2.0, 1.0, 0.5]), np.random.default_rng(0)
    samples = rng.standard_normal((40_000, 4)) * np.sqrt(law.eigenvalues)
    noise, n, n_fits = linear.seed_noise(range(64), 4), 100, 100
    found = refit_variance(Mixture.fit(samples, 1), samples, noise, n, n_fits)
    expected = seed_variance(heun_map(edm_sigmas(35)), law, n, 80 * noise) / 4
    # every seed sees the same 100 fits, whose fourth moments allow sqrt(2/99) at least; the law is off by order d/n
    assert abs(found.mean() / expected.mean() - 1) < 4 * np.sqrt(2 / (n_fits - 1) / 4) + 4 / n
    assert np.corrcoef(found, expected)[0, 1] > 0.8


def test_variance_of_two_refits_is_half_their_squared_difference():
    samples = np.random.default_rng(0).standard_normal((300, 2))
    mixture, noise, rng = Mixture.fit(samples, 2), linear.seed_noise(range(5), 2), np.random.default_rng(3)
    sets = [samples[rng.choice(300, 50, replace=False)] for _ in range(2)]
    fits = [Mixture.fit(rows, 2, n_iterations=8, responsibilities=mixture.responsibilities(rows)) for rows in sets]
    expected = mse_per_seed(*(fitted.sample(noise) for fitted in fits)) / 2
    np.testing.assert_allclose(refit_variance(mixture, samples, noise, 50, 2, seed=3), expected, rtol=1e-9)


def test_pairs_have_their_part_in_the_error_of_a_rank_correlation():
    rng = np.random.default_rng(2)
    a, pairs = rng.standard_normal(300), rng.standard_normal((4, 300))
    pairs += np.outer([0, 1, 2, 3], a)
    r, error = rank_correlation(a, pairs)
    assert (r, rank_correlation(a, pairs[:2])[1]) == (
        rank_correlation(a, pairs.mean(axis=0))[0],
        rank_correlation(a, pairs[:2].mean(axis=0))[1],
    )
    without = [correlate(a, np.delete(pairs, one, axis=0).mean(axis=0)).spearman for one in range(4)]
    assert error**2 == pytest.approx(rank_correlation(a, pairs.mean(axis=0))[1] ** 2 + 3 * np.var(without))


@pytest.mark.parametrize("shape", [(3, 40), (3, 2, 40)], ids=["training seeds", "pairs of halves"])
def test_rankings_stand_beside_their_ceiling(shape):
    rng = np.random.default_rng(0)
    rankings, difference = rng.random((2, 40)), rng.random(shape)
    found = rank_correlations(rankings, difference)
    expected = [rank_correlation(one, difference.mean(axis=-2)) for one in rankings]
    assert found == [*expected, ceiling_and_error(difference)]


def test_error_of_a_rank_correlation_is_its_spread():
    rng = np.random.default_rng(0)
    x, noise = rng.standard_normal((2, 400, 200))
    found = np.array([rank_correlation(a, 0.5 * a + b) for a, b in zip(x, noise, strict=True)])
    # the spread of 400 values is known to 3.5%, and the formula holds to a few per cent
    assert abs(found[:, 0].std() / found[:, 1].mean() - 1) < 4 * 0.035


def test_a_member_of_the_family_is_matched_to_itself():
    family = [Tail(4.0, 2.0, 0.0, 0.3), Tail(2.0, 0.5, 0.0, 0.5), Tail(1.5, 0.1, 0.0, 0.6)]
    for one, n in zip(family, (100, 400, 3000), strict=True):
        np.testing.assert_allclose(match(one, family, (100, 400, 3000)), (n, 1.0, 0.0), atol=1e-9)
    beyond, *_ = match(Tail(1.0, 4.0, 0.0, 0.1), family, (100, 400, 3000))
    assert abs(beyond - 50) < 1e-9


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: flip_law(0.0, 1.0, 0.1, 100), "weight"),
        (lambda: flip_law(1.0, 1.0, 0.1, 100), "weight"),
        (lambda: flip_law(0.5, -1.0, 0.1, 100), "half_gap"),
        (lambda: flip_law(0.5, 1.0, 0.0, 100), "spread"),
        (lambda: flip_law(0.5, 1.0, 0.1, 0), "n_samples"),
        (lambda: flip_law(0.5, 1.0, 0.1, np.nan), "n_samples"),
        (lambda: rank_correlation([1.0, 2.0], [1.0, 2.0]), "a"),
        (lambda: match(Tail(1, 1, 0, 0), [Tail(1, 1, 0, 0)], [100]), "family"),
        (lambda: fragility(TWO, [0.0, 0.0]), "noise"),
        (lambda: fragility(TWO, [[0.0, 0.0]], eps=0.0), "eps"),
        (lambda: fragility(TWO, [[0.0, 0.0]], n_directions=0), "n_directions"),
        (lambda: refit_variance(TWO, np.zeros((5, 2)), [[0.0, 0.0]], 6), "n_samples"),
        (lambda: refit_variance(TWO, np.zeros((5, 2)), [[0.0, 0.0]], 5, n_fits=1), "n_fits"),
        (lambda: refit_variance(TWO, np.zeros((5, 3)), [[0.0, 0.0]], 5), "samples"),
    ],
)
def test_bad_input_is_named(call, named):
    with pytest.raises(ValueError, match=rf"^{named}\b"):
        call()
