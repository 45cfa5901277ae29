"""One meaning of every law for a spectrum and for a population: both engines against one simulation."""

import numpy as np
import pytest

from rmt_utils import (
    Population,
    Spectrum,
    denoiser,
    denoiser_gain,
    denoiser_mode_variance,
    denoiser_variance,
    mean_estimate_variance,
    seed_variance,
    spectral_kernel,
    spectral_mean,
    spectral_variance,
)
from rmt_utils.theory.gaussian import law
from rmt_utils.theory.population import law as population_law

N, PASSES, DIM = 200, 120, 8
SEEDS = np.concatenate([np.random.default_rng(1).standard_normal((3, DIM)), np.eye(DIM)[[0, 1]]])


@pytest.fixture(scope="module")
def gaussian():
    """Gaussian samples with one dominant mode, so that what a mode does to itself matters."""
    return Population(np.random.default_rng(0).standard_normal((8000, DIM)) * np.append(3.0, np.full(DIM - 1, 0.3)))


@pytest.fixture(scope="module")
def simulated(gaussian):
    """Variance of every entry of the root of a covariance of N samples, (modes, modes), and for SEEDS of the output.

    Among disjoint sets of one pass through the population: 4,800 draws, a standard error of sqrt(2/4800) = 2 %.
    """
    rng, entries, outputs = np.random.default_rng(2), [], []
    for _ in range(PASSES):
        rows = gaussian.coordinates[rng.permutation(8000)].reshape(-1, N, DIM)
        values, vectors = np.linalg.eigh(rows.swapaxes(1, 2) @ rows / N)
        roots = (vectors * np.sqrt(values)[:, None]) @ vectors.swapaxes(1, 2)
        entries.append(roots.var(axis=0, ddof=1))
        outputs.append((SEEDS @ roots).var(axis=0, ddof=1))
    return np.mean(entries, axis=0), np.mean(outputs, axis=0)


@pytest.mark.parametrize("pairing", [True, False])
@pytest.mark.parametrize("kind", ["spectrum", "population"])
def test_pairing_means_the_same_everywhere(gaussian, simulated, kind, pairing):
    law = gaussian.spectrum if kind == "spectrum" else gaussian
    entries, outputs = simulated
    published = np.diag(np.diag(entries)) / 2  # half of what a diagonal entry varies is the second pairing
    entries = entries - (not pairing) * published
    kernel = spectral_kernel(np.sqrt, law, N, pairing=pairing)
    # Fourth moments of 8,000 samples are known to sqrt(96/8000)/3 = 4 %: three standard errors with those of the draws.
    np.testing.assert_allclose(np.diag(kernel) / np.diag(entries), 1, atol=0.13)
    off = ~np.eye(DIM, dtype=bool)
    assert np.median(kernel[off] / entries[off]) == pytest.approx(1, abs=0.03)
    variance = spectral_variance(np.sqrt, law, N, pairing=pairing)
    np.testing.assert_allclose(variance / entries.sum(axis=1), 1, atol=0.13)
    np.testing.assert_allclose(variance, kernel.sum(axis=1), rtol=2e-3)  # of the double sum of a population
    total = outputs.sum(axis=1) - (not pairing) * np.square(SEEDS) @ np.diag(published)
    found = seed_variance(np.sqrt, law, N, SEEDS, mean="known", pairing=pairing)
    np.testing.assert_allclose(found / total, 1, atol=0.13)
    every = seed_variance(np.sqrt, law, N, np.eye(DIM), mean="known", pairing=pairing)
    assert every.sum() == pytest.approx(variance.sum(), rel=1e-6)
    by_input = denoiser_mode_variance(np.eye(DIM), law, 0.3, N, mean="known", pairing=pairing)
    np.testing.assert_allclose(by_input.sum(axis=0), spectral_variance(denoiser(0.3), law, N, pairing), rtol=1e-3)


def test_the_second_pairing_is_counted_unless_it_is_left_out():
    assert spectral_variance(lambda s: s, [1.0], 100) == pytest.approx([0.02])  # that of a mean of squares
    assert spectral_variance(lambda s: s, [1.0], 100, pairing=False) == pytest.approx([0.01])
    assert spectral_kernel(lambda s: s, [1.0], 100) == pytest.approx(0.02)


def test_one_dominant_mode_among_sixteen_against_draws():
    """Two laws and 10,000 draws: the published law has half the variance of a mode that varies by itself."""
    eigenvalues, rng = np.append(9.0, np.full(15, 0.018)), np.random.default_rng(3)
    first_rows = []
    for _ in range(10):
        factors = rng.standard_normal((1000, N, 16)) * np.sqrt(eigenvalues)
        values, vectors = np.linalg.eigh(factors.swapaxes(1, 2) @ factors / N)
        first_rows.append(np.einsum("dk,dk,djk->dj", vectors[:, 0], np.sqrt(values), vectors))
    simulated = np.concatenate(first_rows).var(axis=0, ddof=1).sum()
    rows = rng.standard_normal((8000, 16))
    rows -= rows.mean(axis=0)
    rows = np.linalg.solve(np.linalg.cholesky(rows.T @ rows / len(rows)), rows.T).T  # so that the covariance is exact
    population = Population(rows * np.sqrt(eigenvalues))
    # Draws: a standard error of sqrt(2/10,000) = 1.4 %. The law's own error is 1/n; the fourth moment of 8,000 samples
    # is known to 4 %, as above.
    assert spectral_variance(np.sqrt, eigenvalues, N)[0] == pytest.approx(simulated, rel=0.05)
    assert spectral_variance(np.sqrt, population, N)[0] == pytest.approx(simulated, rel=0.13)
    for either in (eigenvalues, population):
        published = spectral_variance(np.sqrt, either, N, pairing=False)[0]
        assert simulated / published == pytest.approx(1.88, rel=0.15)  # 2 without the other modes, which share 10 %
    assert simulated == pytest.approx(0.0235, rel=0.05)


def test_an_f_that_does_not_begin_at_zero_has_the_same_law_for_both(gaussian):
    def f(s):
        return 1 / (1 + s)

    # as above: fourth moments of 8,000 samples
    expected = mean_estimate_variance(f, gaussian.spectrum, N)
    np.testing.assert_allclose(mean_estimate_variance(f, gaussian, N), expected, rtol=0.13)
    expected = seed_variance(f, gaussian.spectrum, N, SEEDS)
    np.testing.assert_allclose(seed_variance(f, gaussian, N, SEEDS), expected, rtol=0.13)


def test_population_variances_do_not_cancel():
    rows = np.random.default_rng(0).standard_normal((4000, 5))
    population, f = Population(rows), denoiser(1e-6)
    modes = denoiser_mode_variance(np.eye(5), population, 1e-6, 100, mean="known").sum(axis=0)
    np.testing.assert_allclose(spectral_variance(f, population, 100), modes, rtol=0.01)
    total = seed_variance(f, population, 100, np.eye(5), mean="known")
    np.testing.assert_allclose(total.sum(), modes.sum(), rtol=0.01)


SMALL = {"spectrum": [4.0, 1.0, 0.2], "population": Population(np.diag([3.0, 1.0, 0.5])[[0, 0, 1, 2]])}


@pytest.mark.parametrize("kind", SMALL)
def test_infinitely_many_samples_are_the_limit(kind):
    law, eigenvalues, one = SMALL[kind], getattr(SMALL[kind], "eigenvalues", SMALL[kind]), np.ones(3)
    for f in (np.sqrt, denoiser(0.1)):
        np.testing.assert_allclose(spectral_mean(f, law, np.inf), f(np.asarray(eigenvalues)), atol=1e-6)
        for variance in (spectral_variance, spectral_kernel, mean_estimate_variance):
            np.testing.assert_array_equal(variance(f, law, np.inf), 0)
        np.testing.assert_array_equal(seed_variance(f, law, np.inf, [one]), 0)
    np.testing.assert_allclose(denoiser_gain(law, 0.1, np.inf), denoiser(0.1)(np.asarray(eigenvalues)), rtol=1e-9)
    assert denoiser_variance(one, one, law, 0.1, np.inf) == 0
    assert denoiser_mode_variance(one, law, 0.1, [np.inf, 10]).any(axis=1).tolist() == [False, True]


@pytest.mark.parametrize("kind", SMALL)
def test_what_hardly_varies_has_its_mean_and_what_does_not_has_no_variance(kind, capfd):
    law, small = SMALL[kind], 1e-6
    mean = spectral_mean(lambda s: 1 + small * s, law, 20)
    np.testing.assert_allclose(mean - 1, small * spectral_mean(lambda s: s, law, 20), rtol=1e-6)
    scaled = small**2 * spectral_variance(lambda s: s, law, 20)
    np.testing.assert_allclose(spectral_variance(lambda s: 1 + small * s, law, 20), scaled, rtol=1e-2)
    for variance in (spectral_variance, spectral_kernel, mean_estimate_variance):
        np.testing.assert_array_equal(variance(lambda s: 1 + 0 * s, law, 20), 0)
    assert capfd.readouterr() == ("", "")  # nor has LAPACK anything to say
    with pytest.raises(ArithmeticError, match="rounding"):
        spectral_variance(lambda s: 1 + 1e-15 * s, law, 20)


@pytest.mark.parametrize(
    ("kind", "wanted", "variance"),
    [
        ("spectrum", 0, lambda f, law: spectral_variance(f, law, 20, pairing=False)),
        ("spectrum", np.inf, lambda f, law: spectral_variance(f, law, 20)),
        ("spectrum", np.inf, lambda f, law: seed_variance(f, law, 20, np.eye(3), pairing=False)),
        ("spectrum", np.inf, lambda f, law: mean_estimate_variance(f, law, 20)),
        ("spectrum", np.inf, lambda f, law: spectral_kernel(f, law, 20)),
        ("population", 0, lambda f, law: spectral_variance(f, law, 20)),
        ("population", 0, lambda f, law: seed_variance(f, law, 20, np.eye(3))),
    ],
    ids=["double sum", "pairing", "mean of seeds", "mean", "kernel", "population", "population of seeds"],
)
def test_every_difference_has_its_error_looked_at(kind, wanted, variance, monkeypatch):
    variance(np.sqrt, SMALL[kind])  # is accurate enough
    module = population_law if kind == "population" else law
    monkeypatch.setattr(module, "WANTED", wanted)  # 0: every difference is taken as a double sum, inf: none
    monkeypatch.setattr(module, "ALLOWED", 0.0)
    with pytest.raises(ArithmeticError, match="rounding"):
        variance(np.sqrt, SMALL[kind])


def test_maps_are_remembered_and_other_functions_are_not():
    class Scaled:
        factor = 1.0

        def __call__(self, s):
            return self.factor * s / (s + 1)

    spectrum, own = Spectrum([4.0, 1.0, 0.25]), Scaled()
    first = spectral_mean(own, spectrum, 10)
    own.factor = 2.0
    np.testing.assert_allclose(spectral_mean(own, spectrum, 10), 2 * first)
    np.testing.assert_allclose(spectral_mean(denoiser(1.0), spectrum, 10), first)
    for n in (10, 20):  # each under its own name
        found = spectral_mean(denoiser(1.0), spectrum, n)
        np.testing.assert_array_equal(found, spectral_mean(denoiser(1.0), Spectrum([4.0, 1.0, 0.25]), n))
        np.testing.assert_allclose(found, denoiser_gain(spectrum, 1.0, n), rtol=1e-11)
    before = law._remembered.cache_info()
    spectral_variance(denoiser(1.0), spectrum, 20)
    after = law._remembered.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)
