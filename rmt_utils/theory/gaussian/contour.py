"""Quadrature round the spectrum of a sample covariance, for any function f that is analytic off the negative axis.

f(A) = f(0) + Im sum_j c_j A (zeta_j - A)^-1 for every A with eigenvalues in {0} and [low, high]. The map
zeta = high dn(u)^2 takes a ring to the plane without [low, high] and the negative axis; the trapezoidal rule along
the ring's middle converges geometrically. Source: Hale, Higham and Trefethen (2008), method 1, with dn as the sum of
sech over its real periods (Poisson's sum of DLMF 22.11.3), which keeps its accuracy at low/high -> 0.

Entire functions such as exp(-s) grow beyond the imaginary axis: a narrower ring, whose outer edge is at a smaller angle
than the negative axis, lies where they are bounded, and takes nodes in inverse proportion to the angle.
"""

from dataclasses import dataclass, replace

import numpy as np

from rmt_utils import checks
from rmt_utils.theory.kappa import solve_kappa
from rmt_utils.theory.sums import cached, inverse_square

DIGITS = 32  # natural logarithm of the discretisation error aimed at: 1e-14
TOLERANCE = 1e-12  # of the largest abs(f - f(0)) up to s
ROUNDING = 1e-14  # of the largest abs(f - f(0))
ROUNDINGS = 8  # units of the last digit of f that a map of many steps may be off by
NEGLIGIBLE = 1e-10  # share of a mode's weight below the contour's left end where the spectrum reaches down to 0
EPS, TINY = np.finfo(float).eps, np.finfo(float).tiny
FRACTIONS, STEPS = np.linspace(0, 1, 49), 4  # of the bracket of the spectrum's edge; of Newton's method from there
MANY = 1e20  # samples; more, and inf, leave the support where it is
PERIODS = 18  # half periods; sech(2 * PERIODS) is below rounding


@dataclass(frozen=True, eq=False)
class Contour:
    """Nodes (nodes,) in the upper half plane, coefficients of f and of (f - f(0))^2 (nodes,), and the constant f(0).

    rounding: of f, relative to the largest abs(f - f(0)). square_error: of the values of (f - f(0))^2, relative to the
    largest of them up to s.
    """

    nodes: np.ndarray
    coefficients: np.ndarray
    square_coefficients: np.ndarray
    constant: float
    rounding: float = EPS
    square_error: float = np.inf

    def __post_init__(self):
        checks.own(self)

    def scalar(self, s):
        """The quadrature's values of f and of (f - f(0))^2 at s >= 0: (2, ...)."""
        s = np.asarray(s)
        sums = -resolvent_sum(s.ravel(), -self.nodes, np.stack([self.coefficients, self.square_coefficients], axis=1))
        return sums.T.reshape(2, *s.shape) + np.reshape([self.constant, 0.0], (2,) + (1,) * s.ndim)


def contour(f, low, high):
    """Contour for f on {0} and [low, high]: the fewest nodes, of rings of four widths, that give f - f(0) back there.

    f: any function of an array that is real on [0, inf) and analytic off the negative axis, finite at 0.
    ValueError if f does not return finite numbers of its argument's shape, ArithmeticError if no quadrature returns f
    on [low, high]: f then has a singularity off the negative axis, or grows or oscillates too fast.
    f^2 may need more nodes than f; the error that these leave it is known: ``Contour.square_error``.

    >>> round(float(contour(np.sqrt, 1e-6, 1e3).scalar(2.0)[0]), 12)
    1.414213562373
    """
    points = np.append(0.0, np.geomspace(low, high, 97))
    values = checks.function_values(f, points, "iuf")
    constant = float(values[0])
    rise = values - constant
    truth = np.stack([rise, np.square(rise)])
    scale = np.maximum.accumulate(np.abs(truth), axis=1)
    # What rounding of f itself leaves of f - f(0); no more is asked of the quadrature.
    own = ROUNDINGS * EPS * (np.abs(values) + abs(constant)) * np.stack([np.ones_like(rise), 2 * np.abs(rise)])
    allowed = TOLERANCE * scale[0] + ROUNDING * scale[0, -1] + own[0]
    first = int(np.ceil(2 * DIGITS * _half_period(low, high) / np.pi**2))
    for doublings in range(4):
        n_nodes = first * 2**doublings
        for halvings in range(doublings + 1):
            found = quadrature(f, low, high, n_nodes, np.pi / 2**halvings / 2)
            error = np.abs(found.scalar(points) - [[constant], [0.0]] - truth)
            if (error[0] <= allowed).all():
                square_error = np.max(np.maximum(error[1], own[1])[1:] / np.maximum(scale[1, 1:], TINY))
                rounding = min(1.0, float(EPS * np.abs(values).max() / max(scale[0, -1], TINY)))
                return replace(found, rounding=rounding, square_error=max(float(square_error), ROUNDING))
    worst = np.argmax(error[0] - allowed)
    raise ArithmeticError(
        f"the contour integral of f does not return f: error {error[0, worst]:.1e} at s = {points[worst]:.3g} with "
        f"{n_nodes} nodes; f must be analytic off the negative real axis, and not grow or oscillate too fast"
    )


def quadrature(f, low, high, n_nodes, angle=np.pi / 2):
    """Contour of exactly ``n_nodes`` nodes, f as in ``contour``, not checked; its error falls geometrically.

    angle: the argument of the ring's middle far from its ends, in (0, pi/2].
    """
    nodes, weights = _ring(high, _half_period(low, high), n_nodes, angle)
    constant = float(checks.function_values(f, np.zeros(1), "iuf")[0])
    rising = checks.function_values(f, nodes, "iufc") - constant
    coefficients = weights * rising / nodes
    return Contour(nodes, coefficients, coefficients * rising, constant)


def resolvent_sum(points, shifts, coefficients):
    """Im sum_j c_j s/(s + z_j) at points s >= 0, for c (nodes, sums) and shifts z (nodes,): (points, sums)."""
    # s/(s + z) = s (s + conj(z))/abs(s + z)^2
    both = np.concatenate([coefficients.imag, (coefficients * shifts.conj()[:, None]).imag], axis=1)
    sums = np.empty((points.size, both.shape[1]))
    for block in cached(points.size, shifts.size):
        sums[block] = inverse_square(points[block, None], shifts) @ both
    rising, level = np.split(sums, 2, axis=1)
    return points[:, None] * (points[:, None] * rising + level)


def support(spectrum, n_samples):
    """Interval (low, high) that holds all eigenvalues but 0 of the covariance of ``n_samples`` samples.

    Beside these eigenvalues kappa is real, below -lambda_max or above -lambda_min, and -z(kappa) turns back at their
    edges, where df2(kappa) = n: Silverstein and Choi (1995). The ends lie well inside the two gaps, where kappa keeps
    away from the eigenvalues. At n = rank there is no lower gap; low then cuts off a negligible weight.
    """
    nodes, weights = spectrum.compressed.nodes, spectrum.compressed.weights
    if not nodes.size:
        return 1.0, 2.0  # any interval will do
    n_samples = min(n_samples, MANY)
    # -z(kappa) at kappa = -4 lambda_max, or a little more.
    high = 4 * spectrum.measure.nodes[-1] + 4 / 3 * spectrum.trace / n_samples
    # The edge from within: in log(1 + kappa/lambda_min), between a root of one term alone and a bound on all, then by
    # Newton's method for df2^(-1/2), which is concave, so that no step goes too far, and for one term a line.
    inner = np.sqrt(weights[0] / n_samples)
    outer = 1 + np.sqrt(weights @ (nodes / nodes[0]) ** 2 / n_samples)
    edges = (inner * (outer / inner) ** FRACTIONS - 1) * nodes[0]
    edge = edges[np.count_nonzero(np.square(nodes / (nodes + edges[1:-1, None])) @ weights > n_samples)]
    for _ in range(STEPS):
        terms = np.square(nodes / (nodes + edge)) * weights
        df2 = terms.sum()
        edge += (np.sqrt(df2 / n_samples) - 1) * df2 / (terms @ (1 / (nodes + edge)))
    zero = solve_kappa(0.0, spectrum, n_samples) if n_samples < spectrum.measure.rank else 0.0
    kappa = zero + (edge - zero) / 4
    gap = -kappa * (1 - (spectrum.measure.rank - weights @ (kappa / (nodes + kappa))) / n_samples)
    # At n = rank z(kappa) is kappa^2 sum 1/lambda / n, and kappa/lambda the share of a mode's weight below abs(z).
    cut = NEGLIGIBLE**2 * nodes[0] * (weights @ (nodes[0] / nodes)) / n_samples
    return max(gap, cut), high


def _half_period(low, high):
    """Half the real period of dn for dn^2 to run from low/high to 1."""
    return np.log(4 * np.sqrt(high / low))


def _ring(high, half_period, n_nodes, angle):
    """Nodes and weights of (1/pi) Im integral over the upper half of the ring's image, both (n_nodes,)."""
    y = (np.arange(n_nodes) + 0.5) * half_period / n_nodes - 0.5j * angle
    shifts = 2 * half_period * np.arange(np.ceil(PERIODS / half_period))[:, None]
    right, left = np.exp(-y - shifts), np.exp(y - shifts - 2 * half_period)  # (periods, n_nodes)
    dn = np.sum(_sech(right) + _sech(left), axis=0)
    slope = np.sum(_sech(left) * _tanh(left) - _sech(right) * _tanh(right), axis=0)
    return high * dn**2, 2 * high * dn * slope * half_period / (n_nodes * np.pi)


def _sech(decay):
    """sech(w) from exp(-w)."""
    return 2 * decay / (1 + decay**2)


def _tanh(decay):
    """tanh(w) from exp(-w)."""
    return (1 - decay**2) / (1 + decay**2)
