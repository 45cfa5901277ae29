"""Laws on every mode from a few hundred points.

What the laws say of a mode is a smooth function of log(lambda). Piecewise Chebyshev interpolation on a grid in
log(lambda) carries it to any number of modes, so that no double sum over a contour is ever done mode by mode.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.chebyshev import chebpts1, chebvander

from rmt_utils import checks

# Width of a piece in log(lambda) and its points. Poles on contours keep 1.4 from the spectrum in log(lambda), which
# leaves an error of 1e-12 (tests).
PIECE = 1.0
ORDER = 16


@dataclass(frozen=True, eq=False)
class Grid:
    """Points (points,) > 0 that stand for the non-zero among ``modes`` eigenvalues, and the way back to the modes.

    Where interpolation would not save work the points are the non-zero eigenvalues themselves.
    """

    points: np.ndarray
    positive: np.ndarray  # (modes,), bool
    matrix: object  # sparse (modes, points); rows of modes with eigenvalue 0 are empty

    def __post_init__(self):
        checks.own(self)

    @classmethod
    def of(cls, eigenvalues):
        """Grid for eigenvalues (modes,) >= 0 in any order."""
        from scipy.sparse import csr_array

        positive = eigenvalues > 0
        values = eigenvalues[positive]
        starts = np.concatenate([[0], np.cumsum(positive)])  # of each mode's entries, counted in modes
        start, end = np.log([values.min(), values.max()]) if values.size else (0.0, 0.0)
        pieces = max(1, int(np.ceil((end - start) / PIECE)))
        if pieces * ORDER >= values.size:
            matrix = csr_array((np.ones(values.size), np.arange(values.size), starts), (positive.size, values.size))
            return cls(values, positive, matrix)
        half = max(end - start, np.finfo(float).tiny) / pieces / 2
        nodes = chebpts1(ORDER)
        points = np.exp(start + half * (2 * np.arange(pieces)[:, None] + 1 + nodes)).ravel()
        position = (np.log(values) - start) / (2 * half)
        piece = np.clip(position.astype(np.int32), 0, pieces - 1)
        lagrange = chebvander(2 * (position - piece) - 1, ORDER - 1) @ np.linalg.inv(chebvander(nodes, ORDER - 1))
        columns = piece[:, None] * ORDER + np.arange(ORDER, dtype=np.int32)  # (modes, ORDER)
        matrix = csr_array((lagrange.ravel(), columns.ravel(), starts * ORDER), (positive.size, points.size))
        return cls(points, positive, matrix)

    def to_modes(self, values):
        """Values (points, ...) at every mode, (modes, ...); 0 where the eigenvalue is 0."""
        return self.matrix @ values
