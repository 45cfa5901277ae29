r"""Resolvents of sample covariances of images: what takes the place of kappa where samples are not Gaussian.

For samples x_1..x_N of the population, the mean resolvent E[(Sigma_hat + z)^-1] at z > 0 or complex is M^-1 with

    M = z + (1/N) sum_i x_i x_i^T / (1 + q_i),    q_i = x_i^T M^-1 x_i / n.

Gaussian samples make all q_i equal, and then M = (z/kappa) (Sigma + kappa). All that is needed of the samples is that
x^T (Sigma_hat + z)^-1 x concentrates for a fixed x. Source: Couillet and Liao (2022), chapter 2, concentrated vectors.

At real z > 0 everything is positive, and M has a Cholesky factor. At complex z, M is complex symmetric; the 1 + q_i of
the resolvent are those with arg(1 + q_i) between -arg(z) and 0, which the map q -> q keeps.

A mean estimated from the samples is one more coordinate, 1 for all of them, on which z does not act: with z P for z,
P = diag(1, ..., 1, 0), and x the sample with its 1, the blocks of (Sigma_hat + z P)^-1 are those of the centred
covariance C and the estimated mean m: (C + z)^-1, -(C + z)^-1 m, and 1 + m^T (C + z)^-1 m.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import inv, lstsq
from scipy.linalg.blas import dgemm
from scipy.linalg.lapack import dpotrf, dtrtri

from rmt_utils import checks
from rmt_utils.theory.population.blocks import Blocks

CONVERGED = 1e-10  # largest change of log(1 + q)
MEMORY = 20  # secant pairs kept by the acceleration, also from one z to the next
# Pairs of an earlier z fit the present map only roughly: combinations of them smaller than this are that misfit.
DEPENDENT = 1e-3
DEGREE = 3  # of the extrapolation of log(1 + q) in log(z)
MAX_ITERATIONS = 1000  # far more than ever taken but where n is the rank: there hundreds at the lowest z


@dataclass(frozen=True, eq=False)
class Resolvent:
    """M(z)^-1 of ``n_samples`` samples: z, inverse, forms x_i^T M^-1 x_i (N,), iterations taken."""

    z: float | complex
    n_samples: float
    inverse: Blocks
    forms: np.ndarray
    n_iterations: int

    def __post_init__(self):
        checks.own(self)

    @property
    def q(self):
        """forms / n: (N,)."""
        return self.forms / self.n_samples

    def influence(self, penalty):
        """M^-1 - z M^-1 P M^-1: what one sample changes in the resolvent on average, in units of -1/(n z)."""
        return self.inverse + -self.z * self.inverse.through(penalty)


def resolvents(rows, start, levels, n_samples, penalty=1.0):
    """``Resolvent`` at every one of ``levels``, a generator: real z > 0, or complex z off the negative real axis.

    rows: the ``Rows`` x_i. penalty: diagonal of P, (columns,). start: q at the first level, (N,). Later levels
    start from the extrapolation of those before, so each should be near the last. The fixed point is found by
    Anderson's acceleration (1965), whose memory is handed on from level to level: the map's derivative changes little
    between them. An iteration is one product X^T W X and one X L^-T, three times the work at complex z.
    ValueError for z on the negative axis or 0, ArithmeticError if it does not converge.

    >>> from rmt_utils.theory.population.blocks import Rows
    >>> [node] = resolvents(Rows(np.array([[1.0], [-1.0]])), np.ones(2), [1.0], n_samples=1)
    >>> round(float(node.inverse.diagonal[0]), 9)  # kappa/(lambda + kappa) of one sample of variance 1
    0.618033989
    """
    penalty = np.broadcast_to(penalty, rows.values.shape[1])
    levels = np.asarray(levels, complex if np.iscomplexobj(levels) else float)
    if (np.isreal(levels) & (levels.real <= 0)).any() or not np.isfinite(levels).all():
        raise ValueError(f"z must be finite and > 0, or complex off the negative real axis, got {levels}")
    unknowns = np.log1p(np.asarray(start, levels.dtype))
    places, found, memory = [], [], []
    for z in levels:
        if found:
            unknowns = _admitted(_extrapolated(np.log(z), places, found), z)
        forms, inverse, n_iterations = _solve(rows, unknowns, z, penalty, n_samples, memory)
        places, found = [*places, np.log(z)][-DEGREE - 1 :], [*found, np.log1p(forms / n_samples)][-DEGREE - 1 :]
        yield Resolvent(z.item(), n_samples, inverse, forms, n_iterations)


def _solve(rows, unknowns, z, penalty, n_samples, memory):
    """x_i^T M^-1 x_i, M^-1, and the iterations taken; ``memory`` is used and updated."""
    last, step = None, _complex_step if np.iscomplexobj(z) else _real_step
    for iteration in range(1, MAX_ITERATIONS + 1):
        forms, inverse = step(rows, np.exp(-unknowns), z * penalty)
        image = np.log1p(forms / n_samples)
        change = image - unknowns
        if np.abs(change).max() < CONVERGED:
            return forms, inverse(), iteration
        if last is not None:
            memory.append((image - last[0], change - last[1]))
            del memory[:-MEMORY]
        last = image, change
        unknowns = image
        if memory:
            images, changes = (np.stack(part) for part in zip(*memory, strict=True))
            scale = np.linalg.norm(changes, axis=1)
            weights = lstsq((changes / scale[:, None]).T, change, cond=DEPENDENT, check_finite=False)[0] / scale
            unknowns = _admitted(image - weights @ images, z)
    raise ArithmeticError(f"the fixed point of the population's resolvent was not found: z = {z}, n = {n_samples}")


def _admitted(unknowns, z):
    """log(1 + q) moved to where the resolvent's are: >= 0 for real z, else with arg(1 + q) between -arg(z) and 0."""
    if not np.iscomplexobj(z):
        return np.maximum(unknowns, 0.0)
    return unknowns.real - 1j * np.clip(-unknowns.imag, *sorted((0.0, np.angle(z))))


def _real_step(rows, weights, ridge):
    """x_i^T M^-1 x_i (N,) for M = ridge + X^T W X / N, and M^-1 when called for."""
    matrix = rows.weighted(weights / len(rows)) + Blocks.of_diagonal(ridge, rows.coupled)
    lower, failed = dpotrf(matrix.block, lower=True, overwrite_a=True)
    if failed:
        raise ArithmeticError(f"the population's resolvent is not finite at z = {np.max(ridge)}")
    root = dtrtri(lower, lower=True, overwrite_c=True)[0]  # L^-1
    forms = rows.square_norms(root) + rows.squares @ (1 / matrix.rest)
    return forms, lambda: Blocks(dgemm(1.0, root, root, trans_a=True), 1 / matrix.rest)


def _complex_step(rows, weights, ridge):
    """``_real_step`` for complex weights and ridge."""
    matrix = rows.weighted(weights / len(rows)) + Blocks.of_diagonal(ridge, rows.coupled)
    inverse = Blocks(inv(matrix.block, overwrite_a=True, check_finite=False), 1 / matrix.rest)
    return rows.quadratic(inverse), lambda: inverse


def _extrapolated(place, places, found):
    """Value at ``place`` of the polynomial through ``found`` at ``places``."""
    weights = [np.prod([(place - b) / (a - b) for b in places if b != a]) for a in places]
    return sum(weight * values for weight, values in zip(weights, found, strict=True))


def ladder(rows, left, right, bare, tolerance=1e-9):
    """y_i = x_i^T E[R A R'] x_i for R, R' of the ``Resolvent``s left and right, at any two z: (N,).

    bare: x_i^T M^-1 A M'^-1 x_i, the same without the samples' common fluctuation, (N,). In general
    E[R A R'] = M^-1 A M'^-1 + M^-1 T M'^-1, T = (1/nN) sum_i x_i x_i^T y_i / ((1 + q_i)(1 + q_i')), and y solves
    (1 - K) y = bare, K_ij = (x_i^T M^-1 x_j)(x_i^T M'^-1 x_j) / (n N (1 + q_j)(1 + q_j')). K is symmetric and positive
    in the product weighted with 1/((1 + q)(1 + q')), with all eigenvalues below 1: conjugate gradients. At complex z
    it is symmetric without conjugation, and so are the products of the method (van der Vorst and Melissen 1990).
    """
    weights = 1 / ((1 + left.q) * (1 + right.q))
    scale = 1 / (len(rows) * left.n_samples)

    def fluctuation(y):
        return scale * rows.quadratic(left.inverse @ rows.weighted(weights * y) @ right.inverse)

    y, residual = bare, fluctuation(bare)
    direction, size = residual, weights @ residual**2
    enough = tolerance * np.linalg.norm(np.abs(weights) ** 0.5 * bare)
    for _ in range(MAX_ITERATIONS):
        if np.linalg.norm(np.abs(weights) ** 0.5 * residual) <= enough:
            return y
        image = direction - fluctuation(direction)
        step = size / (weights @ (direction * image))
        y, residual = y + step * direction, residual - step * image
        size, previous = weights @ residual**2, size
        direction = residual + size / previous * direction
    raise ArithmeticError(f"second moments of the resolvents at z = {left.z} and {right.z} were not found")
