"""Two-point deterministic equivalents: second moments of a resolvent, and the variance of the linear denoiser."""

import numpy as np

from rmt_utils import checks
from rmt_utils.theory.kappa import solve_kappa, spare
from rmt_utils.theory.population.law import DenoiserLaw, each
from rmt_utils.theory.population.samples import Population
from rmt_utils.theory.spectrum import as_spectrum


def resolvent_two_point(v, a, x, z, z_prime, spectrum, n_samples):
    """Mean of z z' v^T (Sigma_hat + z)^-1 A (Sigma_hat + z')^-1 x, all in the population eigenbasis.

    v, x: probes (..., modes), broadcast against each other. a: a fixed symmetric A, (modes, modes), or its diagonal
    (modes,). z, z_prime: numbers as in ``solve_kappa``, not 0 where n_samples reaches the rank: kappa is then 0.
    Returns the broadcast shape of the probes without modes. ValueError for anything else.
    Source: theory page, eq. (two-point); Bach (2024), section 2.

    >>> one = [1.0, 0.0]
    >>> float(resolvent_two_point(one, [1.0, 1.0], one, 1.0, 1.0, [1.0, 3.0], n_samples=1e12).round(6))
    0.25
    """
    spectrum = as_spectrum(spectrum)
    v, x = _probes(spectrum, v=v, x=x)
    eigenvalues, modes = spectrum.eigenvalues, spectrum.eigenvalues.size
    a = checks.finite("a", a)
    if a.shape not in ((modes,), (modes, modes)) or (a.ndim == 2 and not np.array_equal(a, a.T)):
        raise ValueError(f"a must be symmetric ({modes}, {modes}) or its diagonal ({modes},), got shape {a.shape}")
    kappa, prime = (solve_kappa(value, spectrum, n_samples) for value in (z, z_prime))
    if np.ndim(kappa) or np.ndim(prime):
        raise ValueError("z, z_prime and n_samples must be numbers")
    if kappa == 0 or prime == 0:
        raise ValueError(f"z and z_prime must not be 0 for n_samples = {n_samples} >= rank {spectrum.measure.rank:g}")
    left, right = kappa * v / (eigenvalues + kappa), prime * x / (eigenvalues + prime)  # (..., modes)
    diagonal = a if a.ndim == 1 else np.diagonal(a)
    trace = np.sum(spectrum.multiplicities * diagonal * eigenvalues / ((eigenvalues + kappa) * (eigenvalues + prime)))
    feedback = trace / spare(kappa, spectrum, n_samples, prime)
    right = (a * right if a.ndim == 1 else right @ a) + feedback * eigenvalues * right
    return np.sum(left * right, axis=-1)


def denoiser_variance(v, x, spectrum, sigma2, n_samples, mean="estimated", pairing=True):
    """Variance over data sets of v^T D(x), D the empirical linear denoiser at noise variance sigma2; Gaussian data:

    kappa^2 / (m - df2) ( <v,v> (<x,x> + e) + <v,x>^2 ),  <a,b> = sum_k a_k b_k lambda_k / (lambda_k + kappa)^2.

    v, x: coordinates in the eigenbasis (..., modes), x relative to the population mean, broadcast against each other.
    sigma2: > 0, any shape. n_samples: > 0, broadcasts against sigma2. Returns their shape + that of the probes.
    mean: "estimated" from the samples, with the centred covariance (m = n - 1, e = m/n), or "known" (m = n, e = 0).
    pairing: whether to keep <v,x>^2, which doubles the variance where v and x are aligned. It is a square and does not
    vanish, but for random probes it is only the share sum w^2 x^2 / (sum w sum w x^2) of <v,v> <x,x>, with the weights
    w = lambda / (lambda + kappa)^2. The published law is mean="known", pairing=False. The law's own error is of order
    1/n. kappa is that of m samples, m > 0. ValueError otherwise.
    Source: Proposition 4.2 of the paper; theory page, eq. (variance), for e and the pairing. For a ``Population`` see
    ``population_law.DenoiserLaw``: the time is proportional to the number of inputs x, and does not depend on v.

    >>> float(denoiser_variance([1.0], [0.0], [1.0], sigma2=1e9, n_samples=10).round(6))  # of the mean: lambda/n
    0.1
    """
    if isinstance(spectrum, Population):
        v, x = _probes(spectrum, v=v, x=x)
        row = v[..., None, : spectrum.rank]

        def form(covariance):
            return (row @ covariance @ row.swapaxes(-1, -2))[..., 0, 0]

        return _from_population(form, x, spectrum, sigma2, n_samples, mean, pairing)
    spectrum = as_spectrum(spectrum)
    v, x = _probes(spectrum, v=v, x=x)
    kappa, strength, from_mean = _denoiser_law(spectrum, sigma2, n_samples, mean)

    def each_probe(values):
        """Shape (sigma2) to sigma2 + (1 for every axis of the probes)."""
        return values.reshape(values.shape + (1,) * (max(v.ndim, x.ndim) - 1))

    weights = spectrum.eigenvalues / (spectrum.eigenvalues + each_probe(kappa)[..., None]) ** 2  # (sigma2, 1.., modes)
    vv, xx = (np.sum(weights * probe**2, axis=-1) for probe in (v, x))
    total = vv * (xx + each_probe(from_mean))
    if pairing:
        total = total + np.sum(weights * (v * x), axis=-1) ** 2
    return each_probe(strength) * total


def denoiser_mode_variance(x, spectrum, sigma2, n_samples, mean="estimated", pairing=True):
    """``denoiser_variance`` of every output mode, v = e_1, ..., e_modes, at the cost of one: sigma2's shape + x's.

    Its sum over the last axis is the total variance of the output, half the cross-split squared difference.

    >>> denoiser_mode_variance([0.0, 0.0], [2.0, 1.0], sigma2=1e9, n_samples=10).round(6)
    array([0.2, 0.1])
    """
    if isinstance(spectrum, Population):
        (x,) = _probes(spectrum, x=x)

        def diagonal(covariance):
            return spectrum.to_modes(np.diagonal(covariance, axis1=-2, axis2=-1))

        return _from_population(diagonal, x, spectrum, sigma2, n_samples, mean, pairing)
    spectrum = as_spectrum(spectrum)
    (x,) = _probes(spectrum, x=x)
    law = _denoiser_law(spectrum, sigma2, n_samples, mean)
    kappa, strength, from_mean = (values.reshape(values.shape + (1,) * x.ndim) for values in law)
    weights = spectrum.eigenvalues / (spectrum.eigenvalues + kappa) ** 2  # (sigma2, 1.., modes)
    total = weights * (np.sum(weights * x**2, axis=-1, keepdims=True) + from_mean)
    if pairing:
        total = total + (weights * x) ** 2
    return strength * total


def _denoiser_law(spectrum, sigma2, n_samples, mean):
    """kappa, kappa^2/(m - df2) and e of ``denoiser_variance``, each of sigma2's and n_samples' broadcast shape."""
    sigma2, n_samples = _checked(sigma2, n_samples, mean)
    freedom = n_samples - 1 if mean == "estimated" else n_samples
    from_mean = freedom / n_samples if mean == "estimated" else 0.0
    kappa = np.asarray(solve_kappa(sigma2, spectrum, freedom))
    return kappa, kappa**2 / spare(kappa, spectrum, freedom), np.broadcast_to(from_mean, kappa.shape)


def _from_population(read, x, population, sigma2, n_samples, mean, pairing):
    """read(covariance of the outputs, x's shape + (rank,)) at every sigma2 and n_samples."""

    def law(z, n_samples):
        denoiser = DenoiserLaw(population, z, n_samples, estimated=mean == "estimated")
        covariances = [denoiser.covariance(one, pairing) for one in x.reshape(-1, x.shape[-1])]
        return read(np.reshape(covariances, (*x.shape[:-1], population.rank, population.rank)))

    return each(law, *_checked(sigma2, n_samples, mean))


def _checked(sigma2, n_samples, mean):
    """sigma2 and n_samples as arrays; ValueError for what ``denoiser_variance`` does not allow."""
    sigma2, n_samples = checks.positive("sigma2", sigma2), checks.positive("n_samples", n_samples)
    checks.broadcast(sigma2=sigma2, n_samples=n_samples)
    if checks.choice("mean", mean, ("known", "estimated")) == "estimated" and (n_samples <= 1).any():
        raise ValueError(f"n_samples must be > 1 to estimate the mean, got {n_samples.min():g}")
    return sigma2, n_samples


def _probes(spectrum, **probes):
    """The named probes as finite float arrays whose last axis runs over the modes, and that broadcast."""
    probes = {name: checks.vectors(name, value, spectrum.eigenvalues.size) for name, value in probes.items()}
    checks.broadcast(**probes)
    return probes.values()
