"""What a chapter simulates: a case, and independent draws of it that know their own errors."""

from dataclasses import dataclass, replace

import numpy as np

from rmt_utils.book.figures import band_means
from rmt_utils.book.measured import BANDS, Measured, summarise
from rmt_utils.data.splits import iid_splits
from rmt_utils.models import simulation
from rmt_utils.theory.spectrum import Spectrum


@dataclass(frozen=True, eq=False)
class Case:
    """A population, the size of its training sets and how many of them are drawn.

    spectrum: eigenvalues of the population, (modes,). n_samples: images in a training set. n_draws: training sets.
    mean: "estimated" from each training set or "known". images: (N, modes), members of the population relative to its
    mean, in its eigenbasis; training sets are then rows of it, without replacement, and Gaussian otherwise.
    """

    name: str
    spectrum: Spectrum
    n_samples: int
    n_draws: int
    mean: str = "estimated"
    images: np.ndarray | None = None

    def at(self, n_samples, n_draws=None):
        """The same case with training sets of another size, and another number of them if given."""
        return replace(self, n_samples=n_samples, n_draws=n_draws or self.n_draws)

    def factor(self, rng):
        """B (rows, modes) of one training set, with the covariance B^T B about the known mean."""
        if self.images is None:
            return simulation.gaussian_factor(self.spectrum, self.n_samples, rng)
        return simulation.image_factor(self.images, self.n_samples, rng)

    def fit(self, rng):
        """The linear model of one training set, a ``Spectrum`` in the eigenbasis of the population."""
        if self.images is None:
            return simulation.gaussian_model(self.spectrum, self.n_samples, rng, self.mean)
        return self._fitted(rng.choice(len(self.images), self.n_samples, replace=False))

    def _fitted(self, rows):
        """The linear model of these rows of ``images``."""
        images = self.images[rows]
        if self.mean == "known":
            return Spectrum.from_factor(images / np.sqrt(len(rows)), np.zeros(images.shape[1]))
        return Spectrum.from_samples(images)

    def measure(self, output, seed=0):
        """``Draws`` of ``output(model)``, (..., inputs, modes), for the models of ``n_draws`` training sets.

        An output of one axis counts as that of a single input.
        """
        return Draws(simulation.draw(lambda rng: np.atleast_2d(output(self.fit(rng))), self.n_draws, seed))

    def measure_disjoint(self, output, seed=0):
        """``measure`` for training sets of ``images`` that share none: their variance is that of independent sets.

        Sets drawn anew each time have images in common and vary less, by 1 - n/N. Where ``n_draws`` is more than there
        are disjoint sets, the images are shuffled and divided again, and so often that all divisions are whole;
        deviations are those within a division. ValueError if there are not two disjoint sets.
        """
        total = len(self.images)
        n_sets = min(total // self.n_samples, self.n_draws)
        if n_sets < 2:
            raise ValueError(f"n_samples must be <= {total // 2} for two disjoint sets, got {self.n_samples}")
        divisions = np.array(
            [
                [np.atleast_2d(output(self._fitted(rows))) for rows in iid_splits(total, self.n_samples, n_sets, one)]
                for one in range(seed, seed - (-self.n_draws // n_sets))
            ]
        )
        count = len(divisions) * n_sets
        deviations = divisions - divisions.mean(axis=1, keepdims=True)
        # each division has lost one degree of freedom to its mean, and ``Draws`` counts one for all of them
        deviations *= np.sqrt(n_sets / (n_sets - 1) * (count - 1) / count)
        return Draws(divisions.mean(axis=(0, 1)) + deviations.reshape(count, *divisions.shape[2:]))

    def measure_gain(self, sigma2, seed=0):
        """``Draws`` (draws, levels, 1, modes) of the gain of every mode at noise variances ``sigma2``, the mean known.

        At the price of one Cholesky factorisation a level, a fraction of a model's: ``simulation.factor_gain``.
        """
        return Draws(
            simulation.draw(lambda rng: simulation.factor_gain(self.factor(rng), sigma2)[:, None], self.n_draws, seed)
        )

    def places(self, over="modes"):
        """Where a result over "modes" or "bands" belongs on an axis of eigenvalues."""
        eigenvalues = self.spectrum.eigenvalues
        return np.exp(band_means(np.log(eigenvalues), BANDS)) if over == "bands" else eigenvalues


@dataclass(frozen=True, eq=False)
class Draws:
    """Outputs of the models of independent training sets: values (draws, ..., inputs, modes).

    >>> draws = Draws(np.array([[[1.0, 2.0]], [[3.0, 2.0]]]))
    >>> draws.mean("total").value, draws.variance("total").value
    (np.float64(4.0), np.float64(2.0))
    """

    values: np.ndarray

    def mean(self, over="modes"):
        """Mean over training sets, ``Measured`` over "modes", "bands", "total" or "seeds": ``summarise``."""
        return Measured(*simulation.mean_and_error(summarise(self.values, over)), over)

    def variance(self, over="modes"):
        """Variance over training sets, summed draw by draw, so that its error knows how the modes hang together."""
        return Measured(*simulation.variance_and_error(self.values, lambda squares: summarise(squares, over)), over)

    def jackknife(self, statistic, n_shares=10):
        """``statistic(draws)``, a number, and its standard error: every tenth of the draws left out in turn.

        For what is no mean over draws, such as a median over modes or a rank correlation.

        >>> value, error = Draws(np.arange(10.0)).jackknife(lambda draws: draws.values.mean())
        >>> value, round(error, 3)
        (4.5, 0.957)
        """
        shares = np.array_split(np.arange(len(self.values)), n_shares)
        without = [statistic(Draws(np.delete(self.values, share, axis=0))) for share in shares]
        return float(statistic(self)), float(np.sqrt(n_shares - 1) * np.std(without))
