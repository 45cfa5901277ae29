"""Mean and covariance of images that pass by once, in shares whose unions are training sets."""

from dataclasses import dataclass

import numpy as np

from rmt_utils.theory.spectrum import Spectrum


@dataclass(eq=False)
class Moments:
    """Sums over rows x about a reference point: count, sum (dim,), sum of squares (dim, dim). They add up."""

    count: int
    total: np.ndarray
    second: np.ndarray

    @classmethod
    def of(cls, rows):
        """Moments of rows (count, dim), already about the reference."""
        rows = np.asarray(rows, dtype=np.float64)
        return cls(len(rows), rows.sum(axis=0), rows.T @ rows)

    @classmethod
    def nothing(cls, dim):
        return cls(0, np.zeros(dim), np.zeros((dim, dim)))

    def __iadd__(self, other):
        self.count += other.count
        self.total += other.total
        self.second += other.second
        return self

    def projected(self, basis):
        """The same of basis.T x, basis (dim, modes)."""
        return Moments(self.count, self.total @ basis, basis.T @ self.second @ basis)

    def spectrum(self):
        """``Spectrum.from_samples`` of the rows, from their sums: mean relative to the reference.

        >>> Moments.of([[1.0, 0.0], [-1.0, 0.0]]).spectrum().eigenvalues
        array([2., 0.])
        """
        eigenvalues, vectors = self.modes()
        eigenvalues = np.pad(eigenvalues, (0, len(vectors) - eigenvalues.size))
        return Spectrum(eigenvalues, eigenvectors=vectors, mean=self.total / self.count)

    def modes(self):
        """Eigenvalues above rounding, falling, at least one, and their vectors: (rank,), (dim, rank)."""
        eigenvalues, vectors = np.linalg.eigh(self._covariance())
        eigenvalues = self._settled(eigenvalues)
        return eigenvalues, vectors[:, ::-1][:, : eigenvalues.size]

    def eigenvalues(self):
        """Those of ``spectrum``, in a third of its time: (dim,), falling."""
        eigenvalues = self._settled(np.linalg.eigvalsh(self._covariance()))
        return np.pad(eigenvalues, (0, self.total.size - eigenvalues.size))

    def _covariance(self):
        return (self.second - np.outer(self.total, self.total) / self.count) / (self.count - 1)

    def _settled(self, eigenvalues):
        """Of rising eigenvalues, falling, those above rounding, and no more than ``count`` rows can have; the first."""
        eigenvalues = eigenvalues[::-1]
        rounding = np.finfo(float).eps * max(eigenvalues.size, self.count) * max(eigenvalues[0], 0.0)
        rank = max(1, min(int(np.count_nonzero(eigenvalues > rounding)), self.count - 1))
        return np.maximum(eigenvalues[:rank], 0)


def union(shares):
    """Moments of several shares together."""
    together = Moments.nothing(shares[0].total.size)
    for share in shares:
        together += share
    return together


def shared_moments(batches, dim, n_shares):
    """Moments of ``n_shares`` shares of the rows of ``batches``, dealt out in turn, and what they are about (dim,):

    the mean of the first batch.

    batches: arrays (rows, dim) in random order, so that every union of shares is a random subset.
    """
    shares, reference, seen = [Moments.nothing(dim) for _ in range(n_shares)], None, 0
    for rows in batches:
        rows = np.asarray(rows, dtype=np.float64)
        reference = rows.mean(axis=0) if reference is None else reference
        rows = rows - reference
        for share in range(n_shares):
            mine = rows[(share - seen) % n_shares :: n_shares]
            if len(mine):
                shares[share] += Moments.of(mine)
        seen += len(rows)
    return shares, reference
