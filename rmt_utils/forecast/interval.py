"""How well the number of images needed is known.

Two things move it from one set of images to the next: how much the measured models happen to disagree, which
``halves.measure`` says, more where the line through the measurements is followed far beyond them
(``Calibration.leverage``), and how the spectrum behind the measurement goes on, beyond the images that there are. The
second is found by leaving out an eighth of the images at a time (the grouped jackknife; Efron and Stein 1981). A third
error is the same for every set: that of models fitted in a part of the modes, which ``fewer_modes`` says. Their squares
add. Only the second is known from so few numbers that it needs Student's t: the more of the sum it is, the fewer the
degrees of freedom (Satterthwaite 1946).
"""

import numpy as np
from scipy.special import stdtrit

from rmt_utils.forecast.calibration import Law
from rmt_utils.forecast.moments import union
from rmt_utils.forecast.unshrink import unshrunk
from rmt_utils.theory.spectrum import Spectrum

GROUPS = 8
COVERAGE = 0.9


class Interval:
    """Intervals on numbers of images, for a ``calibration`` whose measurements have the ``errors``.

    shares: ``Moments`` of equal shares of the images, 16 or more, otherwise there are no intervals.
    """

    def __init__(self, calibration, shares, errors):
        self.calibration, self.errors, self.laws = calibration, errors, []
        if len(shares) < 2 * GROUPS or not np.isfinite(errors.relative):
            return
        for group in range(GROUPS):
            left = union([share for place, share in enumerate(shares) if place % GROUPS != group])
            law = calibration.law
            self.laws.append(Law(law.f, law.scale, unshrunk(Spectrum(left.eigenvalues()), left.count - 1)))

    def around(self, n, modes_error=0.0):
        """Interval (low, high) that holds the number of images needed in nine cases of ten, for the estimate ``n``.

        modes_error: relative standard error of the difference at n, from the modes that were left out. (nan, nan)
        where there are too few images for an interval, modes_error is nan, or n is infinite.
        """
        if not self.laws or not np.isfinite(n + modes_error):
            return np.nan, np.nan
        measured = self.calibration.sizes[-1]
        reach = [np.log(law.modes(n).sum() / law.modes(measured).sum()) for law in self.laws]
        jackknife = (GROUPS - 1) * np.var(reach)
        own = self.errors.own * self.calibration.leverage(n)
        variance = own + self.errors.common + modes_error**2 + jackknife
        freedom = (GROUPS - 1) * (variance / jackknife) ** 2 if jackknife else np.inf
        step = 1.05
        slope = np.log(self.calibration.modes(n * step).sum() / self.calibration.modes(n).sum()) / np.log(step)
        width = stdtrit(freedom, (1 + COVERAGE) / 2) * np.sqrt(variance) / abs(slope)
        return float(max(2.0, n * np.exp(-width))), float(n * np.exp(width))
