"""Sums over a spectrum of resolvents at any kappa: over the compressed spectrum where that keeps their accuracy."""

import numpy as np

from rmt_utils import checks
from rmt_utils.theory.spectrum import as_spectrum

# Compressed sums keep their accuracy for kappa up to this angle (``Measure.compress``), and at any angle from this
# factor below the smallest or above the largest eigenvalue on.
MAX_ANGLE = 3 * np.pi / 4
CLEARANCE = 4
BLOCK = 1 << 21  # entries of a (values, nodes) block: 16 MB of float64
CACHED = 3 << 12  # the same of a block that stays in the cache of one core


def spectral_sum(term, spectrum, *kappas):
    """sum_k term(lambda_k, *kappas) over the non-zero eigenvalues, for kappas of any shape."""
    names = ("kappa", "kappa_prime")[: len(kappas)]
    kappas = checks.broadcast(**{name: off_cut(name, kappa) for name, kappa in zip(names, kappas, strict=True)})
    total = np.empty(kappas[0].shape, np.result_type(*kappas))
    flat, flat_kappas = total.reshape(-1), [k.reshape(-1) for k in kappas]
    far = np.all([resolved(k, spectrum.measure) for k in flat_kappas], axis=0)
    for measure, chosen in ((spectrum.compressed, far), (spectrum.measure, ~far)):
        for block in blocks(np.flatnonzero(chosen), measure):
            flat[block] = term(measure.nodes, *(k[block, None] for k in flat_kappas)) @ measure.weights
    return total[()]


def second_df(spectrum, kappa, kappa_prime):
    """``degrees.df2``, of a ``Spectrum``."""
    return spectral_sum(
        lambda nodes, kappa, prime: (nodes / (nodes + kappa)) * (nodes / (nodes + prime)), spectrum, kappa, kappa_prime
    )


def residual_df(kappa, spectrum, n_samples, kappa_prime=None):
    """Residual degrees of freedom n - df2(kappa, kappa'), without cancellation at n = rank and small kappa.

    Where most modes are visible it is (n - rank) + sum_k (1 - term of df2). Arguments as in ``degrees.df2``; n_samples
    broadcasts against kappa. It is n dz/dkappa for equal arguments, and n (z - z')/(kappa - kappa') otherwise.
    Source: theory page, eq. (kappa).

    >>> float(residual_df(1.0, [1.0, 1.0], n_samples=2))
    1.5
    """
    spectrum = as_spectrum(spectrum)
    kappa_prime = kappa if kappa_prime is None else kappa_prime
    visible = second_df(spectrum, kappa, kappa_prime)
    hidden = spectral_sum(
        lambda nodes, kappa, prime: (nodes * (kappa + prime) + kappa * prime) / ((nodes + kappa) * (nodes + prime)),
        spectrum,
        kappa,
        kappa_prime,
    )
    mostly_hidden = np.abs(visible) < np.abs(hidden)
    return np.where(mostly_hidden, n_samples - visible, n_samples - spectrum.measure.rank + hidden)[()]


def resolved(kappa, measure):
    """Whether sums at kappa (values,) may be taken over the compressed spectrum: -kappa is far from all eigenvalues."""
    if not measure.nodes.size:
        return np.ones(kappa.shape, dtype=bool)
    size = np.abs(kappa)
    beyond = (size < measure.nodes[0] / CLEARANCE) | (size > measure.nodes[-1] * CLEARANCE)
    return beyond | (np.abs(np.angle(kappa)) <= MAX_ANGLE)


def off_cut(name, value):
    """Array of ``value``; ValueError unless it is real and >= 0, or complex and off the negative axis, and no giant."""
    array = np.asarray(checks.numbers(name, value)) + 0.0  # -0 becomes 0, also that of a real part
    wrong = (array.imag == 0) & (array.real < 0) | ~(np.abs(array) <= checks.LARGEST_VALUE)
    if wrong.any():
        raise ValueError(
            f"{name} must be >= 0 or complex off the negative real axis, at most {checks.LARGEST_VALUE:g} in size, "
            f"got {array[wrong].ravel()[0]}"
        )
    return array


def blocks(indices, measure):
    """Parts of ``indices`` that make blocks of BLOCK entries with the nodes."""
    size = max(1, BLOCK // max(1, measure.nodes.size))
    return (indices[start : start + size] for start in range(0, indices.size, size))


def resolvent_sums(measure, kappa):
    """Sums of lambda/(lambda + kappa), kappa/(lambda + kappa), their sum being the rank, and lambda/(lambda + kappa)^2.

    kappa: complex (values,). Returns (3, values). As 1/(lambda + kappa) = (lambda + conj(kappa))/q with the square q of
    abs(lambda + kappa), they come from sums of powers of lambda over q and over q^2.
    """
    unit = np.exp2(np.rint(np.log2(measure.nodes[[0, -1]]).mean()))  # in which fourth powers are numbers, too
    nodes, kappa = measure.nodes / unit, kappa / unit
    moments = measure.weights[:, None] * nodes[:, None] ** np.arange(4.0)  # (nodes, powers)
    over, twice = np.empty((2, 3, kappa.size))
    for block in cached(kappa.size, nodes.size):
        inverse = inverse_square(nodes, kappa[block, None])  # (values, nodes)
        over[:, block] = (inverse @ moments[:, :3]).T
        twice[:, block] = (np.square(inverse, out=inverse) @ moments[:, 1:]).T
    conjugate = kappa.conj()
    visible = over[2] + conjugate * over[1]
    hidden = kappa * (over[1] + conjugate * over[0])
    return visible, hidden, (twice[2] + conjugate * (2 * twice[1] + conjugate * twice[0])) / unit


def inverse_square(points, shifts):
    """1/abs(points + shifts)^2, for complex shifts that broadcast against points: their shape.

    In real arithmetic, because numpy divides complex numbers one at a time.
    """
    square = points + shifts.real
    np.square(square, out=square)
    square += np.square(shifts.imag)
    return np.divide(1.0, square, out=square)


def cached(size, others):
    """Slices of ``size`` values that make blocks of CACHED entries with ``others``: fresh memory would cost more."""
    step = max(1, CACHED // max(1, others))
    return (slice(start, start + step) for start in range(0, size, step))
