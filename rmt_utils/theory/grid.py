"""Laws on every mode from a few hundred points.

What the laws say of a mode is a smooth function of log(lambda). Piecewise Chebyshev interpolation on a grid in
log(lambda) carries it to any number of modes, so that no double sum over a contour is ever done mode by mode.
"""

from itertools import pairwise

import numpy as np
from numpy.polynomial.chebyshev import chebpts1, chebvander

# Width of a piece in log(lambda) and its points. Poles on contours keep 1.4 from the spectrum in log(lambda), which
# leaves an error of 1e-12 (tests).
PIECE = 1.0
ORDER = 16
NODES = chebpts1(ORDER)
TO_COEFFICIENTS = np.linalg.inv(chebvander(NODES, ORDER - 1))  # of the Chebyshev series through values at NODES


class Grid:
    """Points (points,) > 0 that stand for the non-zero among eigenvalues (modes,), and the way back to the modes.

    Where interpolation would not save work the points are the non-zero eigenvalues themselves, and there is no series.
    """

    def __init__(self, eigenvalues):
        """eigenvalues: (modes,) >= 0 in any order."""
        self.n_modes, self.modes = eigenvalues.size, np.flatnonzero(eigenvalues > 0)
        self.points, self.series = eigenvalues[self.modes], None
        start, end = np.log([self.points.min(), self.points.max()]) if self.points.size else (0.0, 0.0)
        pieces = max(1, int(np.ceil((end - start) / PIECE)))
        if pieces * ORDER < self.points.size:
            half = max(end - start, np.finfo(float).tiny) / pieces / 2
            position = (np.log(self.points) - start) / (2 * half)
            piece = np.clip(position.astype(np.int16), 0, pieces - 1)
            order = np.argsort(piece, kind="stable")
            self.modes, self.starts = self.modes[order], np.searchsorted(piece[order], np.arange(pieces + 1))
            self.series = _chebyshev(2 * (position - piece)[order] - 1)
            self.points = np.exp(start + half * (2 * np.arange(pieces)[:, None] + 1 + NODES)).ravel()
        self.points.setflags(write=False)

    def to_modes(self, values):
        """Values (points, ...) at every mode, (modes, ...); 0 where the eigenvalue is 0."""
        found = np.zeros((self.n_modes, *values.shape[1:]), values.dtype)
        if self.series is None:
            found[self.modes] = values
            return found
        coefficients = TO_COEFFICIENTS @ values.reshape(self.starts.size - 1, ORDER, -1)
        sums = np.empty((self.modes.size, coefficients.shape[-1]), values.dtype)
        for (start, end), terms in zip(pairwise(self.starts), coefficients, strict=True):
            np.matmul(self.series[:, start:end].T, terms, out=sums[start:end])
        found[self.modes] = sums.reshape(-1, *values.shape[1:])
        return found


def _chebyshev(x):
    """Chebyshev polynomials at x (modes,): (ORDER, modes), whose rows are written one after the other."""
    polynomials = np.empty((ORDER, x.size))
    polynomials[0], polynomials[1] = 1.0, x
    for k in range(2, ORDER):
        np.multiply(2 * x, polynomials[k - 1], out=polynomials[k])
        polynomials[k] -= polynomials[k - 2]
    return polynomials
