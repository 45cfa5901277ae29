r"""Renormalised noise kappa(z).

kappa solves  kappa - z = (kappa/n) sum_k lambda_k/(lambda_k + kappa):  theory page, eq. (kappa).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rmt_utils import checks
from rmt_utils.annotations import Eigenvalues
from rmt_utils.theory.spectrum import as_spectrum
from rmt_utils.theory.sums import blocks, off_cut, resolved, resolvent_sums

MAX_STEPS = 200  # of the real root: bisection alone needs 60
CONVERGED = 1e-8  # relative Newton step: the error left after it is of the order of its square


def solve_kappa(z: ArrayLike, spectrum: Eigenvalues, n_samples: ArrayLike) -> NDArray:
    """Renormalised noise of ``n_samples`` samples: the root of kappa - z = (kappa/n) df1(kappa).

    z: bare noise sigma^2, real >= 0 or complex off the negative real axis, unit of the eigenvalues, any shape.
    n_samples: > 0, inf allowed, a number or an array that broadcasts against z. Returns the broadcast shape; real z
    gives the largest root, which alone has kappa >= z, complex z its continuation off the positive axis.
    Raises ValueError for arguments outside these ranges, ArithmeticError if a root was not found.
    Source: Silverstein (1995); Bach (2024), section 2; theory page, eq. (kappa).

    >>> solve_kappa([0.0, 2.0], [1.0] * 4, n_samples=2)
    array([1.        , 3.56155281])
    """
    spectrum = as_spectrum(spectrum)
    z, n_samples = checks.broadcast(z=off_cut("z", z), n_samples=checks.sample_size("n_samples", n_samples))
    solve = _solve_complex if np.iscomplexobj(z) else _solve_real
    kappa = z.copy()  # what infinitely many samples leave of the noise is the noise
    flat, flat_z, flat_n = kappa.reshape(-1), z.reshape(-1), n_samples.reshape(-1)
    todo = np.flatnonzero(np.isfinite(flat_n))
    for measure in (spectrum.compressed, spectrum.measure):
        for block in blocks(todo, measure):
            flat[block] = solve(flat_z[block], measure, flat_n[block])
        todo = todo[~resolved(flat[todo], spectrum.measure)]
    missing = np.flatnonzero(~np.isfinite(flat))
    if missing.size:
        z, n = flat_z[missing[0]], flat_n[missing[0]]
        raise ArithmeticError(f"no root of the kappa equation found: z = {z}, n_samples = {n}")
    return kappa[()]


def _solve_real(z, measure, n):
    """Bracketed Newton in log(kappa) on log(P/Q), which falls with slope between -2 and -1/2.

    The equation is P = Q with, over modes below and above kappa,
    P = (above - n)_+ + sum_below lambda/(lambda+kappa) + n z/kappa,
    Q = (n - above)_+ + sum_above kappa/(lambda+kappa).
    All terms are positive and the counts are exact, so nothing cancels at n = rank and z -> 0. Else nan.
    """
    smallest = measure.nodes[0] if measure.nodes.size else 0.0
    low = np.maximum(z, smallest * (measure.rank - n) / n)  # the difference is exact beside the rank
    high = z + measure.trace / n
    kappa = np.where(low > 0, high, 0.0)
    active = np.flatnonzero((low > 0) & (high > low))
    if not measure.nodes.size:
        return kappa
    low, high = np.log(low, where=low > 0, out=np.zeros_like(z)), np.log(high, where=high > 0, out=np.zeros_like(z))
    t = _first_guess(z, measure, n, low, high)
    for _ in range(MAX_STEPS):
        if not active.size:
            break
        log_ratio, slope = _balance(z[active], np.exp(t[active]), measure, n[active])
        above = log_ratio > 0
        low[active] = np.where(above, t[active], low[active])
        high[active] = np.where(above, high[active], t[active])
        step = log_ratio / slope
        proposed = t[active] + step
        inside = (proposed >= low[active]) & (proposed <= high[active])
        t[active] = np.where(inside, proposed, (low[active] + high[active]) / 2)
        done = (inside & (np.abs(step) < CONVERGED)) | (
            high[active] - low[active] < 1e-15 * np.maximum(1, np.abs(high[active]))
        )
        kappa[active] = np.exp(t[active])
        active = active[~done]
    kappa[active] = np.nan
    return np.maximum(kappa, z)


def _first_guess(z, measure, n, low, high):
    """log(kappa) by interpolation of the explicit inverse, df1(kappa) + n z/kappa = n, on a coarse grid."""
    grid = np.linspace(low.min(), high.max(), 48)
    visible = (measure.nodes / (measure.nodes + np.exp(grid)[:, None])) @ measure.weights  # (grid,)
    with np.errstate(over="ignore"):
        excess = np.log((visible + (n * z)[:, None] * np.exp(-grid)) / n[:, None])  # (values, grid), falling
    index = np.clip(np.count_nonzero(excess > 0, axis=1), 1, grid.size - 1)
    left, right = np.take_along_axis(excess, np.stack([index - 1, index], axis=1), axis=1).T
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = np.nan_to_num(left / (left - right), nan=0.5)
    return np.clip(grid[index - 1] + np.clip(fraction, 0, 1) * (grid[1] - grid[0]), low, high)


def _balance(z, kappa, measure, n):
    """log(P/Q) and minus its derivative in log(kappa), each (values,)."""
    split = np.searchsorted(measure.nodes, kappa, side="right")
    # in place, because fresh memory costs as much as the sums
    above = np.minimum(measure.nodes, kappa[:, None])  # (values, nodes)
    above /= measure.nodes + kappa[:, None]
    below = above * (np.arange(measure.nodes.size) < split[:, None])
    above -= below
    excess = measure.above[split] - n
    noise = n * z / kappa
    seen, hidden = below @ measure.weights, above @ measure.weights
    p = np.maximum(excess, 0) + seen + noise
    q = np.maximum(-excess, 0) + hidden
    slope = (seen - np.square(below, out=below) @ measure.weights + noise) / p
    slope += (hidden - np.square(above, out=above) @ measure.weights) / q
    return np.log(p / q), slope


def _solve_complex(z, measure, n):
    """Newton's method from near kappa(abs(z)), in one turn to z or, where that fails, in many; certify the half plane.

    One root has Im kappa > 0 for Im z > 0 (Silverstein and Bai 1995): a root found there is the root. Else nan.
    """
    if not measure.nodes.size:
        return z
    lower = z.imag < 0
    target = np.where(lower, z.conj(), z)
    radius, angle = np.abs(target), np.angle(target)
    kappa = np.full(z.shape, np.nan, dtype=complex)
    real, todo = np.flatnonzero(angle == 0), np.flatnonzero(angle > 0)
    if real.size:
        kappa[real] = _solve_real(radius[real], measure, n[real])
    for n_turns in (1, 16, 128, 512):
        if not todo.size:
            break
        low, high = np.log(radius[todo]), np.log(radius[todo] + measure.trace / n[todo])
        start = np.exp(_first_guess(radius[todo], measure, n[todo], low, high)).astype(complex)
        for turn in range(1, n_turns + 1):
            aim = radius[todo] * np.exp(1j * angle[todo] * turn / n_turns) if turn < n_turns else target[todo]
            start, step = _newton(aim, start, measure, n[todo], iterations=4 if turn < n_turns else 40)
        found = (step < CONVERGED) & (start.imag > 0)
        kappa[todo[found]] = start[found]
        todo = todo[~found]
    return np.where(lower, kappa.conj(), kappa)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # a step that diverges is seen by its size
def _newton(z, kappa, measure, n, iterations):
    """Newton's method for z(kappa) = z, its first step in log(kappa) and log(z): kappa and its last relative step."""
    kappa, size = kappa.copy(), np.full(kappa.shape, np.inf)
    active = np.arange(kappa.size)
    for iteration in range(iterations):
        k, samples = kappa[active], n[active]
        seen, hidden, square = resolvent_sums(measure, k)
        # n z/kappa of this kappa, which must not cancel at n = rank, and as it should be
        found = np.where(np.abs(seen) < np.abs(hidden), samples - seen, samples - measure.rank + hidden)
        wanted = samples * z[active] / k
        slope = found + k * square  # n dz/dkappa
        ratio = 1 + (wanted - found) / slope
        if iteration == 0:  # from afar kappa is closer to a power of z than to a straight line
            power = found.real > 0
            ratio[power] = (wanted[power] / found[power]) ** (found[power] / slope[power])
        kappa[active] = k * ratio
        size[active] = np.abs(ratio - 1)
        active = active[size[active] >= CONVERGED]
        if not active.size:
            break
    return kappa, size
