"""What samples of models are in the modes of their population: by how much they vary there, agree, and differ."""

from dataclasses import dataclass

import numpy as np

from rmt_utils.theory.spectrum import Spectrum


@dataclass(frozen=True, eq=False)
class Modes:
    """Modes of a population, given by its spectrum with eigenvectors; ``mean`` (dim,) is taken off its samples.

    x below are samples of models: (halves, training seeds, seeds, dim).

    >>> modes = Modes(Spectrum([4.0, 1.0], eigenvectors=np.eye(2)), np.zeros(2))
    >>> modes.squares([2.0, 1.0])
    array([1., 1.])
    """

    population: Spectrum
    mean: np.ndarray

    @property
    def eigenvalues(self):
        """Of the modes that have eigenvectors."""
        return self.population.eigenvalues[: self.population.eigenvectors.shape[1]]

    def squares(self, samples):
        """Squared coordinates of samples (..., dim) over the population's variance: (..., modes)."""
        return np.square(self._coordinates(samples)) / self.eigenvalues

    def variance(self, x):
        """Of the samples of half 1, over the population's: (modes,)."""
        return self.squares(x[0]).mean(axis=(0, 1))

    def shared(self, x):
        """Covariance of the samples of two halves from different training seeds, over the population's variance."""
        one, two = self._coordinates(x[:2])
        pairs = [(a, b) for a in range(len(one)) for b in range(len(one)) if a != b]
        return np.mean([(one[a] * two[b]).mean(axis=0) for a, b in pairs], axis=0) / self.eigenvalues

    def apart(self, x):
        """Squared difference of the samples of two halves: (modes,)."""
        return np.square(self._coordinates(x[0]) - self._coordinates(x[1])).mean(axis=(0, 1))

    def _coordinates(self, x):
        return (x - self.mean) @ self.population.eigenvectors
