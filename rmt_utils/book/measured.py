"""What a chapter measures, set against a law and against the naive law, and checked."""

from dataclasses import dataclass

import numpy as np

from rmt_utils import checks
from rmt_utils.book.figures import band_means

STANDARD_ERRORS = 4  # of the simulation, before a gap counts: the largest of several hundred normal deviations
MANY = 1e9  # images, where finite samples no longer matter
OVER = ("modes", "bands", "total", "seeds")
BANDS = 40


def naive(law, n_samples=None):
    """The naive law, kappa(z) = z: what ``law`` says of infinitely many images.

    law: a function of the number of images. n_samples: given for a variance, which infinitely many images do not have:
    its leading term c/n, at n = ``n_samples``. Not given for a mean.

    >>> naive(lambda n: np.array([1 - 3 / n])).round(6), naive(lambda n: np.array([3 / (n + 5)]), 10).round(6)
    (array([1.]), array([0.3]))
    """
    limit = np.asarray(law(MANY))
    return limit if n_samples is None else limit * MANY / n_samples


def summarise(values, over):
    """``values`` (..., inputs, modes) as one number a mode, a band, in total or a seed.

    over: "modes" (mean over inputs), "bands" (of modes, mean over inputs), "total" (sum over modes, mean over inputs),
    "seeds" (sum over modes of each input). ValueError for anything else.

    >>> summarise(np.array([[1.0, 2.0], [3.0, 4.0]]), "seeds")
    array([3., 7.])
    """
    over = checks.choice("over", over, OVER)
    values = np.atleast_2d(values)
    if over in ("modes", "bands"):
        each = values.mean(axis=-2)
        return each if over == "modes" else band_means(each, BANDS)
    totals = values.sum(axis=-1)
    return totals if over == "seeds" else totals.mean(axis=-1)


@dataclass(frozen=True, eq=False)
class Measured:
    """Values with their standard errors, of one shape, and what they were summed over: ``OVER``."""

    value: np.ndarray
    error: np.ndarray
    over: str = "modes"

    def against(self, theory, naive=None):
        """``Comparison`` with predictions (..., inputs, modes), which are summed as the measured values were."""

        def like_the_values(law):
            return None if law is None else np.broadcast_to(summarise(law, self.over), np.shape(self.value))

        return Comparison(self.value, self.error, like_the_values(theory), like_the_values(naive))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Measured values and errors beside a law and, if given, the naive law: arrays of one shape.

    >>> comparison = Comparison(np.array([1.10]), np.array([0.01]), np.array([1.0]))
    >>> comparison.excess().round(3)
    array([0.06])
    """

    value: np.ndarray
    error: np.ndarray
    theory: np.ndarray
    naive: np.ndarray | None = None

    def __getitem__(self, key):
        """The same comparison of a part, for instance of one noise level."""
        naive = None if self.naive is None else self.naive[key]
        return Comparison(self.value[key], self.error[key], self.theory[key], naive)

    def __truediv__(self, unit):
        """The same comparison in another unit, a number or an array."""
        naive = None if self.naive is None else self.naive / unit
        return Comparison(self.value / unit, self.error / unit, self.theory / unit, naive)

    @property
    def ratio(self):
        """Measured value over the law, and its standard error."""
        return self.value / self.theory, self.error / np.abs(self.theory)

    def excess(self, law=None, absolute=False):
        """Gap to ``law`` (the theory if not given) beyond the simulation's own errors, relative to it or absolute."""
        law = self.theory if law is None else law
        gap = np.abs(self.value - law) - STANDARD_ERRORS * self.error
        return gap if absolute else gap / np.abs(law)

    def check(self, chapter, claim, tolerance, absolute=False, resolves=None):
        """Record with ``chapter`` that the law holds within ``tolerance`` beyond four standard errors.

        tolerance: one for all values, or as many as there are places on their last axis, such as one for each size;
        the record is of the place where the gap is furthest above its own, or least far below.
        resolves: a relative error of the law, such as 0.02, which the same check has to notice, of either sign:
        ``Chapter.notices``.
        """
        gap, bound = _furthest(self.excess(absolute=absolute), tolerance)
        chapter.check(f"{claim}: gap beyond {STANDARD_ERRORS} standard errors", gap, at_most=bound)
        if resolves is not None:
            for sign in (1, -1):
                gap, bound = _furthest(self.excess(self.theory * (1 + sign * resolves), absolute), tolerance)
                chapter.notices(f"{claim}: the same for a law {sign * resolves:+.0%} off", gap, at_least=bound)


def _furthest(excess, tolerance):
    """Of all gaps the one that is furthest above its tolerance, and that tolerance."""
    excess, tolerance = np.broadcast_arrays(excess, tolerance)
    place = np.argmax(excess - tolerance)
    return excess.flat[place], tolerance.flat[place]


def stack(comparisons, axis=0):
    """One ``Comparison`` of several of equal shape, along a new ``axis``, such as one for each size."""
    comparisons = list(comparisons)
    columns = zip(*((c.value, c.error, c.theory, c.naive) for c in comparisons), strict=True)
    return Comparison(*(None if column[0] is None else np.stack(column, axis) for column in columns))
