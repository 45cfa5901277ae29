"""Symmetric matrices that couple the leading modes only, and the samples that they are made of.

A resolvent of images couples two modes by how much their squares rise together over the samples. Of many modes only the
leading ones hold enough of the variance for this to matter: the others each have their own entry on the diagonal, and
what the laws cost grows with the square of the modes that are coupled. How far off that is: ``Population``.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import dgemm, dsyrk, dtrmm, zgemm

# Every product here is scipy's: numpy brings a BLAS of its own, and the threads of either, waiting for more work, keep
# the cores from the other. Taking turns, the two are four times slower.

PANEL = 1 << 19  # entries of the rows that one product takes: memory that large need not be mapped anew each time


@dataclass(frozen=True, eq=False)
class Blocks:
    """A full block (coupled, coupled) and, behind it, the rest of a diagonal (rest,)."""

    block: np.ndarray
    rest: np.ndarray
    __array_ufunc__ = None  # numpy's numbers leave their products with it to it

    @classmethod
    def of_diagonal(cls, values, coupled):
        """diag(values)."""
        return cls(np.diag(values[:coupled]), values[coupled:])

    def __add__(self, other):
        return Blocks(self.block + other.block, self.rest + other.rest)

    def __rmul__(self, factor):
        return Blocks(factor * self.block, factor * self.rest)

    def __matmul__(self, other):
        return Blocks(product(self.block, other.block), self.rest * other.rest)

    @property
    def diagonal(self):
        """(columns,)."""
        return np.append(np.diag(self.block), self.rest)

    def dense(self):
        """(columns, columns)."""
        full = np.diag(self.diagonal)
        full[: len(self.block), : len(self.block)] = self.block
        return full

    def through(self, diagonal):
        """A D A for the diagonal of D (columns,)."""
        coupled = len(self.block)
        return Blocks(self.block * diagonal[:coupled], self.rest * diagonal[coupled:]) @ self

    def square_sums(self):
        """Sum of the squares of each row's entries: (columns,)."""
        return np.append(np.square(self.block).sum(axis=1), np.square(self.rest))

    def applied(self, x):
        """A x of every row of x (rows, columns): that shape."""
        coupled = len(self.block)
        return np.hstack([product(x[:, :coupled], self.block), x[:, coupled:] * self.rest])


class Rows:
    """Samples x_i (N, columns), of which ``Blocks`` couple the first ``coupled`` columns, by default all."""

    def __init__(self, values, coupled=None):
        self.values = values
        self.first = np.ascontiguousarray(values[:, :coupled])
        self.squares = np.square(values[:, self.first.shape[1] :])

    def __len__(self):
        return len(self.values)

    @property
    def coupled(self):
        return self.first.shape[1]

    def weighted(self, weights):
        """The ``Blocks`` of X^T W X."""
        if np.iscomplexobj(weights):
            return self.weighted(weights.real) + 1j * self.weighted(weights.imag)
        lower = np.zeros((self.coupled, self.coupled), order="F")
        for panel, rows in self._panels():
            for sign in (1.0, -1.0):  # half the work of a product for weights of both signs
                chosen = sign * weights[panel] > 0
                if chosen.any():
                    scaled = rows[chosen] * np.sqrt(np.abs(weights[panel][chosen]))[:, None]
                    lower = dsyrk(sign, scaled.T, beta=1.0, c=lower, lower=True, overwrite_c=True)
        return Blocks(lower + np.tril(lower, -1).T, weights @ self.squares)

    def square_norms(self, triangle):
        """|L x_i|^2 of the coupled columns, for a lower triangle L: (N,)."""
        norms = np.empty(len(self))
        for panel, rows in self._panels():
            image = dtrmm(1.0, triangle, rows.T.copy("F"), lower=True, overwrite_b=True)
            np.einsum("ij,ij->j", image, image, out=norms[panel])
        return norms

    def quadratic(self, matrix):
        """x_i^T A x_i for ``Blocks`` A, of A + A^T one triangle: (N,)."""
        if np.iscomplexobj(matrix.block):
            real, imaginary = (Blocks(part(matrix.block), part(matrix.rest)) for part in (np.real, np.imag))
            return self.quadratic(real) + 1j * self.quadratic(imaginary)
        triangle = np.triu(matrix.block + matrix.block.T, 1)
        np.fill_diagonal(triangle, np.diag(matrix.block))
        forms = self.squares @ matrix.rest
        for panel, rows in self._panels():
            half = dtrmm(1.0, triangle, rows.T.copy("F"), overwrite_b=True)
            forms[panel] += np.einsum("ij,ji->j", half, rows)
        return forms

    def _panels(self):
        """Slices of the rows, each with its coupled columns."""
        step = max(1, PANEL // max(1, self.coupled))
        for start in range(0, len(self), step):
            panel = slice(start, start + step)
            yield panel, self.first[panel]


def product(a, b):
    """a b, of matrices whose rows are contiguous."""
    if np.iscomplexobj(a) or np.iscomplexobj(b):
        return zgemm(1.0, b.T, a.T).T
    return dgemm(1.0, b.T, a.T).T


def product_transposed(a, b):
    """a b^T, of matrices whose rows are contiguous."""
    return dgemm(1.0, b.T, a.T, trans_a=True).T
