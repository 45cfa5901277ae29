"""Resolvents at all the levels that functions of the covariance need, and what two of them fluctuate together.

For A = P the two-point map needs no equation to be solved: R - R' = (z' - z) R P R', so that n times its solution is

    u_i = (r_i - r_i') / (z' - z),    r_i = x_i^T M^-1 x_i = n q_i,

or -dr_i/dz where z' = z. The rest are sums over samples with the weights w_i = 1/((1 + q_i)(1 + q_i')).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rmt_utils.theory.population.blocks import Rows, product
from rmt_utils.theory.population.fixed_point import ladder

COARSE = 2  # double sums take every second level of a path, the spacing of which is then 1
STENCIL = 13  # levels from which a derivative is taken
BLOCK = 1 << 23  # entries of the products of rows and inverses that are held at once


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

    def weights(self, a, b, block=slice(None)):
        """w_i, and u_i for the response to A = P, of coarse nodes a and b, for a block of the rows: both (rows,)."""
        left, right = self.coarse[a], self.coarse[b]
        forms, others = left.forms[block], right.forms[block]
        response = self._slopes[a][block] if a == b else (forms - others) / (right.z - left.z)
        return 1 / ((1 + forms / left.n_samples) * (1 + others / right.n_samples)), response

    @cached_property
    def pairs(self):
        """Means over samples of w_i u_i p_ij, w_i p_ij^2 and w_i u_i^2 with p_ij = (M^-1 x_i)_j (M'^-1 x_i)_j.

        Shapes (a, b, columns), twice, and (a, b). The first is n (M^-1 T M'^-1)_jj with T for A = P, the second n times
        the bare rung of the ladder of mode j with itself.
        """
        size, coupled, (n_rows, columns) = len(self.coarse), self.rows.coupled, self.rows.values.shape
        left, right = np.tril_indices(size)
        ladders, rungs = np.zeros((2, left.size, columns))
        squares = np.zeros(left.size)
        step = max(1, BLOCK // (size * max(size, coupled)))
        for start in range(0, n_rows, step):
            block = slice(start, start + step)
            found = [self.weights(a, b, block) for a, b in zip(left, right, strict=True)]
            weights, response = np.swapaxes(found, 0, 1)  # (pairs, rows) each
            first, rest = self.rows.first[block], self.rows.squares[block]
            applied = [product(first, node.inverse.block) for node in self.coarse]  # (rows, coupled) each
            for pair, (a, b) in enumerate(zip(left, right, strict=True)):
                products = applied[a] * applied[b]
                ladders[pair, :coupled] += (weights[pair] * response[pair]) @ products
                rungs[pair, :coupled] += weights[pair] @ np.square(products, out=products)
            ladders[:, coupled:] += product(weights * response, rest)
            rungs[:, coupled:] += product(weights, np.square(rest))
            squares += np.sum(weights * response**2, axis=1)
        alone = np.stack([node.inverse.rest for node in self.coarse])
        ladders[:, coupled:] *= alone[left] * alone[right]
        rungs[:, coupled:] *= np.square(alone[left] * alone[right])
        both = np.empty((size, size), int)
        both[left, right] = both[right, left] = np.arange(left.size)
        return tuple(values[both] / n_rows for values in (ladders, rungs, squares))

    def projected_pairs(self, amplitudes, x):
        """sum_ab amplitudes_a amplitudes_b x^T M^-1 ((1/N) sum_i w_i u_i x_i x_i^T) M'^-1 x for x (seeds, columns).

        And the same sum of sizes: both (seeds,).
        """
        coupled = self.rows.coupled
        applied = [self.rows.first @ (node.inverse.block @ x[:, :coupled].T) for node in self.coarse]  # (N, seeds) each
        alone = self.pairs[0][..., coupled:] @ np.square(x[:, coupled:]).T  # (a, b, seeds)
        total = sizes = np.zeros(len(x))
        for a, left in enumerate(applied):
            for b, right in enumerate(applied[: a + 1]):
                weights, response = self.weights(a, b)
                form = (weights * response) @ (left * right) / len(left) + alone[a, b]
                term = (1 + (a != b)) * amplitudes[a] * amplitudes[b] * form
                total, sizes = total + term, sizes + np.abs(term)
        return total, sizes

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
        return slopes
