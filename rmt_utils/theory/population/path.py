"""Resolvents at all the levels that functions of the covariance need, and what two of them fluctuate together.

For A = P the two-point map needs no equation to be solved: R - R' = (z' - z) R P R', so that n times its solution is

    u_i = (r_i - r_i') / (z' - z),    r_i = x_i^T M^-1 x_i = n q_i,

or -dr_i/dz where z' = z. The rest are sums over samples with the weights w_i = 1/((1 + q_i)(1 + q_i')).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rmt_utils.theory.population.blocks import Rows, product, product_transposed
from rmt_utils.theory.population.fixed_point import ladder

COARSE = 2  # double sums take every second level of a path, the spacing of which is then 1
STENCIL = 13  # levels from which a derivative is taken
BLOCK = 1 << 22  # entries of the products of rows and inverses that are held at once


@dataclass(frozen=True, eq=False)
class Path:
    """``Resolvent`` nodes at falling real levels, of the ``Rows`` with the diagonal ``penalty`` of P."""

    nodes: list
    rows: Rows
    penalty: np.ndarray

    @cached_property
    def z(self):
        """(levels,)."""
        return np.array([node.z for node in self.nodes])

    @property
    def coarse(self):
        """The nodes of double sums."""
        return self.nodes[::COARSE]

    @cached_property
    def pairs(self):
        """Means over samples of w_i u_i p_ij, w_i p_ij^2 and w_i u_i^2 with p_ij = (M^-1 x_i)_j (M'^-1 x_i)_j.

        Shapes (columns, a, b), twice, and (a, b). The first is n (M^-1 T M'^-1)_jj with T for A = P, the second n times
        the bare rung of the ladder of mode j with itself.
        """
        size, coupled, (n_rows, columns) = len(self.coarse), self.rows.coupled, self.rows.values.shape
        ladders, rungs = np.zeros((2, columns, size, size))
        squares = np.zeros((size, size))
        blocks = [node.inverse.block for node in self.coarse]
        for chunk in self._chunks(coupled):
            applied = self._applied(blocks, chunk)
            ladders[:coupled] += self._ladders(applied, chunk)
            shares = self._shares[:, chunk] * np.square(applied)
            rungs[:coupled] += _grams(shares, shares)
            weights = self._shares[:, None, chunk] * self._shares[:, chunk]
            responses = weights * self._responses(chunk)
            rest = self.rows.squares[chunk]
            for sums, terms, values in ((ladders, responses, rest), (rungs, weights, np.square(rest))):
                flat = product(terms.reshape(size**2, -1), values)  # (pairs, rest)
                sums[coupled:] += flat.T.reshape(-1, size, size)
            squares += np.sum(responses**2 / weights, axis=2)
        alone = np.stack([node.inverse.rest for node in self.coarse], axis=1)
        both = alone[:, :, None] * alone[:, None]
        ladders[coupled:] *= both
        rungs[coupled:] *= np.square(both)
        return ladders / n_rows, rungs / n_rows, squares / n_rows

    def projected_pairs(self, amplitudes, x):
        """sum_ab amplitudes_a amplitudes_b x^T M^-1 ((1/N) sum_i w_i u_i x_i x_i^T) M'^-1 x for x (seeds, columns).

        And the same sum of sizes: both (seeds,).
        """
        first, rest = np.hsplit(x, [self.rows.coupled])
        images = [product(first, node.inverse.block) for node in self.coarse]
        chunks = self._chunks(len(x))
        forms = sum(self._ladders(self._applied(images, chunk), chunk) for chunk in chunks) / len(self.rows)
        forms = forms + np.tensordot(np.square(rest), self.pairs[0][self.rows.coupled :], 1)
        products = np.outer(amplitudes, amplitudes)
        return np.tensordot(forms, products), np.tensordot(np.abs(forms), np.abs(products))

    def _chunks(self, width):
        """Slices of the rows, so many that ``width`` numbers for each at every coarse level can be held."""
        step = max(1, BLOCK // (len(self.coarse) * max(width, len(self.coarse))))
        return [slice(start, start + step) for start in range(0, len(self.rows), step)]

    def _applied(self, matrices, chunk):
        """A x_i for a chunk of rows and a matrix A (k, coupled) at every coarse level: (k, coarse, rows)."""
        return np.stack([product_transposed(matrix, self.rows.first[chunk]) for matrix in matrices], axis=1)

    def _ladders(self, applied, chunk):
        """Sums over a chunk of rows of w_i u_i p_i p_i' for p (k, coarse, rows): (k, a, b)."""
        shared = self._shares[:, chunk] * applied
        # u_i is a difference of two numbers, one for each level: the sum over rows is a product of matrices
        rising = _grams(self._forms[:, chunk] * shared, shared)
        sums = (rising - rising.swapaxes(1, 2)) / self._gaps
        diagonal = np.arange(len(self.coarse))
        sums[:, diagonal, diagonal] = np.sum(self._slopes[:, chunk] * np.square(shared), axis=2)
        return sums

    def _responses(self, chunk):
        """u_i of a chunk of rows for A = P: (a, b, rows)."""
        forms = self._forms[:, chunk]
        responses = (forms[:, None] - forms) / self._gaps[..., None]
        diagonal = np.arange(len(self.coarse))
        responses[diagonal, diagonal] = self._slopes[:, chunk]
        return responses

    @cached_property
    def _forms(self):
        """(coarse, N)."""
        return np.stack([node.forms for node in self.coarse])

    @cached_property
    def _shares(self):
        """1/(1 + q): (coarse, N)."""
        return 1 / (1 + np.stack([node.q for node in self.coarse]))

    @cached_property
    def _gaps(self):
        """z' - z of a pair, 1 where they are the same level: (a, b)."""
        z = self.z[::COARSE]
        return z - z[:, None] + np.eye(z.size)

    @cached_property
    def _slopes(self):
        """-dr/dz at the coarse nodes: (coarse, N).

        From the polynomial of log(r - r(inf)) in log(z) through the nearest levels, where these lie on both sides or z
        is so large that it is nearly a line.
        """
        limit = np.square(self.rows.values) @ (1 - self.penalty)  # of a mean's coordinate, on which z does not act
        place, values = np.log(self.z), [np.log(node.forms - limit) for node in self.nodes]
        slopes = []
        for index, node in zip(range(0, place.size, COARSE), self.coarse, strict=True):
            first = index - STENCIL // 2
            if first + STENCIL > place.size:
                bare = self.rows.quadratic(node.inverse.through(self.penalty))
                slopes.append(ladder(self.rows, node, node, bare))
                continue
            near = slice(max(first, 0), max(first, 0) + STENCIL)
            powers = np.vander(place[near] - place[index], increasing=True)
            rule = np.linalg.solve(powers.T, np.eye(STENCIL)[1])  # weights of the first derivative
            rate = sum(weight * one for weight, one in zip(rule, values[near], strict=True))
            slopes.append((limit - node.forms) / node.z * rate)
        return np.stack(slopes)


def _grams(left, right):
    """Products left right^T of matrices (rows,) long: (k, a, b) of (k, a, rows) and (k, b, rows)."""
    return np.stack([product_transposed(a, b) for a, b in zip(left, right, strict=True)])
