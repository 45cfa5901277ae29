"""The spectrum of a population from the spectrum of its sample, which is spread out by having few samples.

The sample's own resolvent gives points of the population's df1: at kappa(z) = z / (1 - df1_hat(z)/N) it is df1_hat(z).
A population with these values is a non-negative least-squares fit. Source: El Karoui (2008), with the one-point law.
"""

import numpy as np

from rmt_utils import checks
from rmt_utils.theory.degrees import df1
from rmt_utils.theory.spectrum import Spectrum

LEVELS = 200  # noise levels at which df1 is matched
ATOMS = 160  # eigenvalues on offer
HEAVY = 100.0  # weight of trace and dimension, which hold exactly, among relative errors of df1


def unshrunk(spectrum, n_samples):
    """Population ``Spectrum`` (modes,) that explains the ``spectrum`` (modes,) found in ``n_samples`` samples.

    n_samples: > 0, counted about a known mean. The trace is kept. Exact for Gaussian data as modes and samples grow;
    what lies below the resolution of the samples, kappa(0), is known by its trace only. Eigenvalues fall;
    there are no eigenvectors.
    ValueError for a spectrum without eigenvalues above 0.

    >>> sample = Spectrum([3.0, 1.8, 1.0, 0.2])  # of equal eigenvalues with few samples
    >>> bool(np.ptp(unshrunk(sample, n_samples=6).eigenvalues) < np.ptp(sample.eigenvalues))
    True
    """
    from scipy.optimize import nnls

    n_samples = checks.number("n_samples", n_samples, checks.sample_size)
    positive = spectrum.eigenvalues[spectrum.eigenvalues > 0]
    if not positive.size:
        raise ValueError("spectrum must have eigenvalues above 0")
    z = np.geomspace(positive.min() / 10, positive.max() * 10, LEVELS)
    visible = df1(z, spectrum)
    free = 1 - visible / n_samples
    z, visible, free = (values[free > 1e-6] for values in (z, visible, free))
    kappa = z / free
    atoms = np.append(0.0, np.geomspace(min(positive.min(), kappa.min()) / 30, 2 * positive.max(), ATOMS))
    matched = atoms / (atoms + kappa[:, None]) / visible[:, None]  # (levels, atoms)
    trace = HEAVY * atoms / spectrum.trace
    dimension = np.full(atoms.size, HEAVY / spectrum.dim)
    target = np.append(np.ones(visible.size), [HEAVY, HEAVY])
    weights, _ = nnls(np.vstack([matched, trace, dimension]), target, maxiter=50 * atoms.size)
    weights *= spectrum.dim / weights.sum()
    # Mode k is the mean of the k-th of dim equal shares of the weight, counted from the top.
    mass = np.append(0.0, np.cumsum(weights[::-1]))
    value = np.append(0.0, np.cumsum((weights * atoms)[::-1]))
    eigenvalues = np.diff(np.interp(np.arange(spectrum.eigenvalues.size + 1), mass, value))
    return Spectrum(np.maximum(eigenvalues, 0) * spectrum.trace / eigenvalues.sum())
