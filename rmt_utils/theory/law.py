"""The one place that chooses an engine: of Gaussian samples for a spectrum, of any samples for a ``Population``.

Both engines have a ``SpectralLaw``, a ``DenoiserLaw`` and a ``density`` that mean the same. ``pairing`` has one meaning
in all of them. For Gaussian samples the entry (j, k) of the fluctuation of f(Sigma_hat) is the entry (k, j), so that
the variance of v^T f x pairs v with v and x with x, and v with x too. pairing=True counts the second: this is the
variance that is measured. pairing=False leaves it out: the published law, which counts half of what a diagonal entry
varies. For a population see ``population.law.SpectralLaw``.
"""

from rmt_utils import checks
from rmt_utils.theory.gaussian import law as gaussian
from rmt_utils.theory.population import law as population
from rmt_utils.theory.population.samples import Population
from rmt_utils.theory.spectrum import as_spectrum


def spectral_law(f, spectrum, n_samples, mean="known"):
    """Moments of f(Sigma_hat): ``SpectralLaw`` of n_samples, with mean "known" or "estimated"."""
    n_samples = checks.number("n_samples", n_samples, checks.sample_size)
    engine, spectrum = _engine(spectrum)
    return engine.SpectralLaw(f, spectrum, n_samples, _estimated(mean, n_samples))


def denoiser_law(spectrum, z, n_samples, mean="known"):
    """Moments of the linear denoiser: ``DenoiserLaw`` at noise variances z and n_samples, arrays that broadcast."""
    engine, spectrum = _engine(spectrum)
    return engine.DenoiserLaw(spectrum, z, n_samples, _estimated(mean, n_samples))


def density(x, spectrum, n_samples, width):
    """Density of the eigenvalues of Sigma_hat at x, arrays that broadcast, smeared over ``width`` unless it is None."""
    engine, spectrum = _engine(spectrum)
    return engine.density(x, spectrum, n_samples, width)


def spectrum_of(spectrum):
    """The ``Spectrum``, that of a ``Population`` or of eigenvalues."""
    return spectrum.spectrum if isinstance(spectrum, Population) else as_spectrum(spectrum)


def _engine(spectrum):
    return (population, spectrum) if isinstance(spectrum, Population) else (gaussian, as_spectrum(spectrum))


def _estimated(mean, n_samples):
    """Whether the mean is estimated; ValueError for another word, or for no samples left."""
    estimated = checks.choice("mean", mean, ("known", "estimated")) == "estimated"
    smallest = checks.sample_size("n_samples", n_samples).min()
    if estimated and smallest <= 1:
        raise ValueError(f"n_samples must be > 1 to estimate the mean, got {smallest:g}")
    return estimated
