"""What a chapter simulates: a case, and independent draws of it that know their own errors."""

from dataclasses import dataclass, replace

import numpy as np

from rmt_utils import checks
from rmt_utils.book.figures import band_means, square_shape
from rmt_utils.book.measured import BANDS, Measured, naive, summarise
from rmt_utils.data.sources import flatten, load_images
from rmt_utils.data.splits import iid_splits
from rmt_utils.models import simulation
from rmt_utils.models.agreement import correlate
from rmt_utils.theory.population.denoiser import DenoiserLevel
from rmt_utils.theory.population.samples import Population
from rmt_utils.theory.spectrum import Spectrum, centred_factor
from rmt_utils.theory.two_point import denoiser_mode_variance


@dataclass(frozen=True, eq=False)
class Case:
    """A population, the size of its training sets and how many of them are drawn.

    spectrum: eigenvalues of the population, (modes,). n_samples: images in a training set. n_draws: training sets.
    mean: "estimated" from each training set or "known". images: (N, modes), members of the population relative to its
    mean, in its eigenbasis; training sets are then rows of it, without replacement, and Gaussian otherwise. population:
    what its law is made from, None for Gaussian data.
    """

    name: str
    spectrum: Spectrum
    n_samples: int
    n_draws: int
    mean: str = "estimated"
    images: np.ndarray | None = None
    population: Population | None = None

    @classmethod
    def of_images(cls, name, pixels, n_samples, n_draws, mean="estimated"):
        """A case of which ``pixels`` (N, dim) are the population, with n_samples of them in a training set."""
        population = Population(pixels)
        return cls(name, population.spectrum, n_samples, n_draws, mean, population.coordinates, population)

    @property
    def laws(self):
        """What the laws are made from, by their names: samples of the population, and its spectrum."""
        return {"population": self.population, "Gaussian": self.spectrum}

    def at(self, n_samples, n_draws=None):
        """The same case with training sets of another size, and another number of them if given."""
        return replace(self, n_samples=n_samples, n_draws=n_draws or self.n_draws)

    def known(self):
        """The same case with the mean known."""
        return replace(self, mean="known")

    def factor(self, rng):
        """B (rows, modes) of one training set, with the covariance B^T B about the known mean."""
        if self.images is None:
            return simulation.gaussian_factor(self.spectrum, self.n_samples, rng)
        return simulation.image_factor(self.images, self.n_samples, rng)

    def fit(self, rng):
        """The linear model of one training set, a ``Spectrum`` in the eigenbasis of the population."""
        return Spectrum.from_factor(*self._training_set(rng))

    def _training_set(self, rng):
        """Factor (rows, modes) of the covariance of one training set, and its mean (modes,), 0 if known."""
        if self.images is None:
            return simulation.gaussian_set(self.spectrum, self.n_samples, rng, self.mean)
        return self._set_of(rng.choice(len(self.images), self.n_samples, replace=False))

    def _set_of(self, rows):
        """The same of these rows of ``images``."""
        images = self.images[rows]
        if self.mean == "known":
            return images / np.sqrt(len(rows)), np.zeros(images.shape[1])
        return centred_factor(images)

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
        seeds = range(seed, seed - (-self.n_draws // n_sets))
        splits = [iid_splits(total, self.n_samples, n_sets, one) for one in seeds]
        fits = ((Spectrum.from_factor(*self._set_of(rows)) for rows in split) for split in splits)
        divisions = np.array([[np.atleast_2d(output(model)) for model in division] for division in fits])
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

    def measure_denoiser(self, x, sigma2, seed=0):
        """``Draws`` of the linear denoiser's outputs at inputs x and noise variances ``sigma2``, a number or (levels,).

        x: (inputs, modes), or others at every level, (levels, inputs, modes). They are what ``measure`` gives for
        ``linear.denoise``, at the price of ``measure_gain``.
        """

        def outputs(rng):
            factor, mean = self._training_set(rng)
            return mean + simulation.factor_denoiser(factor, x - mean, sigma2)

        return Draws(simulation.draw(outputs, self.n_draws, seed))

    def with_naive(self, law, of="variance"):
        """What ``law`` says of this case, and the naive law: two arrays, for ``Measured.against``.

        law: a function of a spectrum and a number of images. of: what it is the law of, "variance" or "mean", as in
        ``measured.naive``; ValueError for anything else.

        >>> case = Case("two modes", Spectrum([4.0, 1.0]), 10, 2)
        >>> [one.round(3) for one in case.with_naive(lambda spectrum, n: spectrum.eigenvalues / (n + 6))]
        [array([0.25 , 0.062]), array([0.4, 0.1])]
        """
        n = self.n_samples
        of_size = n if checks.choice("of", of, ("variance", "mean")) == "variance" else None
        return law(self.spectrum, n), naive(lambda many: law(self.spectrum, many), of_size)

    def places(self, over="modes"):
        """Where a result over "modes" or "bands" belongs on an axis of eigenvalues."""
        eigenvalues = self.spectrum.eigenvalues
        return np.exp(band_means(np.log(eigenvalues), BANDS)) if over == "bands" else eigenvalues


def patches_in_modes(spectrum, n_images, seed):
    """``n_images`` natural patches, drawn at random without replacement, in the modes of ``spectrum``: (n_images, dim).

    spectrum: a ``patch_spectrum``, of whose size and colour they are. ValueError for a dim that no square picture has.

    >>> from rmt_utils import patch_spectrum
    >>> patches_in_modes(patch_spectrum(2, color=False), 3, seed=0).shape
    (3, 4)
    """
    side, _, channels = square_shape(spectrum.dim)
    return spectrum.to_modes(flatten(load_images("natural-patches", side, n_images, channels == 3, seed=seed)))


def mean_mode_variance(law, x, sigma2, n_samples):
    """Mean over inputs x (inputs, modes) of ``denoiser_mode_variance``, the mean estimated: (modes,).

    law: a ``Spectrum``, or a ``Population``, for which all inputs together take the time of one.
    """
    if isinstance(law, Population):
        level = DenoiserLevel(law, sigma2, n_samples, estimated=True)
        return law.to_modes(np.diag(level.covariance(x, pairing=True)))
    return denoiser_mode_variance(x, law, sigma2, n_samples).mean(axis=0)


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

    def over_laws(self, laws):
        """Variance along every mode over that of ``laws`` (laws, ..., modes), in total and in the median over modes.

        With standard errors: (total and median, value and error, laws, ...).

        >>> draws = Draws(np.arange(10.0)[:, None, None] * [1.0, 2.0])  # one input, modes of variances 9.2 and 36.7
        >>> draws.over_laws([[9.0, 36.0], [9.0, 9.0]])[:, 0].round(2)  # values by two laws
        array([[1.02, 2.55],
               [1.02, 2.55]])
        """
        laws = np.asarray(laws)
        sums, total = laws.sum(axis=-1), self.variance("total")
        median = self.jackknife(lambda variance: np.median(variance / laws, axis=-1))
        return np.array([(total.value / sums, total.error / sums), median])

    def rank_correlations(self, laws):
        """Spearman's rank correlations over seeds of the variance with each of ``laws`` (laws, seeds >= 4).

        With standard errors: (value and error, laws).
        """
        return self.jackknife(lambda variance: [correlate(law, variance).spearman for law in laws], "seeds")

    def jackknife(self, statistic, over="modes", n_shares=10):
        """``statistic`` of the variance ``over`` modes, bands or seeds, and its standard error: arrays of its shape.

        For what is no sum over places, such as a median over modes or a rank correlation over seeds. statistic: a
        function of ``variance(over).value``. A tenth of the draws is left out in turn, at the price of one pass over
        all: about the mean of all, those that stay have squares and sums that are the rest of the total's.

        >>> draws = Draws(np.arange(10.0)[:, None, None])
        >>> value, error = draws.jackknife(lambda variance: np.sqrt(variance[0]))
        >>> round(float(value), 3), round(float(error), 3)
        (3.028, 0.509)
        """
        deviations, count = self.values - self.values.mean(axis=0), len(self.values)
        starts = [share[0] for share in np.array_split(np.arange(count), n_shares)]
        sums = np.add.reduceat(deviations, starts)
        squares = np.add.reduceat(summarise(np.square(deviations, out=deviations), over), starts)
        total, staying = squares.sum(axis=0), count - np.diff([*starts, count])
        variances = [
            (total - left_out - summarise(np.square(lost), over) / stay) / (stay - 1)
            for left_out, lost, stay in zip(squares, sums, staying, strict=True)
        ]
        without = np.array([statistic(variance) for variance in variances])
        return np.asarray(statistic(total / (count - 1))), np.sqrt(n_shares - 1) * without.std(axis=0)
