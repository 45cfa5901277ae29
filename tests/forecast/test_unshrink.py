import numpy as np
import pytest

from rmt_utils import Spectrum, exact_map, solve_kappa, spectral_variance
from rmt_utils.forecast.unshrink import unshrunk


@pytest.fixture(params=[60, 120, 500])
def case(request):
    """A population, and the spectrum of n_samples Gaussian samples of it."""
    population, n_samples = Spectrum.power_law(200, 1.2), request.param
    rng = np.random.default_rng(n_samples)
    rows = rng.standard_normal((n_samples + 1, 200)) * np.sqrt(population.eigenvalues)
    return population, Spectrum(Spectrum.from_samples(rows).eigenvalues), n_samples


def disagreement(spectrum, n):
    return spectral_variance(exact_map(80.0), spectrum, n).sum()


# The trace of a sample fluctuates by sqrt(2 sum lambda^2 / n) / trace = 3% at n = 60 here; the laws are proportional to
# it, and two standard errors are allowed, beside 1% for the fit.
@pytest.mark.parametrize("factor", [0.25, 1.0, 2.0])
def test_law_of_the_population_is_recovered(case, factor):
    population, sample, n_samples = case
    trace_error = np.sqrt(2 * np.square(population.eigenvalues).sum() / n_samples) / population.trace
    n = factor * n_samples
    true, found, naive = (disagreement(s, n) for s in (population, unshrunk(sample, n_samples), sample))
    assert found == pytest.approx(true, rel=2 * trace_error + 0.01)
    assert abs(naive - true) > abs(found - true)


def test_renormalised_noise_of_the_population_is_recovered(case):
    population, sample, n_samples = case
    true, found, naive = (solve_kappa(0.05, s, n_samples) for s in (population, unshrunk(sample, n_samples), sample))
    assert found == pytest.approx(true, rel=0.03)
    assert naive < 0.98 * true


def test_trace_dimension_and_order(case):
    _, sample, n_samples = case
    found = unshrunk(sample, n_samples)
    assert found.trace == pytest.approx(sample.trace)
    assert found.dim == sample.dim
    assert (np.diff(found.eigenvalues) <= 1e-12).all()


def test_many_samples_change_little():
    spectrum = Spectrum.power_law(50, 1.0)
    # the fit returns means of bins of eigenvalues
    assert disagreement(unshrunk(spectrum, 1e9), 100) == pytest.approx(disagreement(spectrum, 100), rel=0.01)


def test_nothing_to_unshrink():
    with pytest.raises(ValueError, match="eigenvalues above 0"):
        unshrunk(Spectrum([0.0, 0.0]), 5)
    with pytest.raises(ValueError, match="n_samples"):
        unshrunk(Spectrum([1.0]), 0)
