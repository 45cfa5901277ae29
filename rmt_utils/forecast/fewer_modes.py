"""How much a forecast depends on how many modes its models are fitted in, where these are not all.

That the law is off by as much in the modes left out as in those kept is an assumption. The same forecast from half of
the modes kept makes it for more of them: it changes by some factor. Each of the log2(dim/kept) halvings that lead from
all modes to those kept may have changed it by as much. In 15 cases of photographs and garments in which all of 100 to
432 modes could be taken, and a third to a twelfth of them was, the forecast was off by at most 1.05 times this bound.
Up to it all errors count as equally likely. Where the variance of the modes left out is spread evenly instead of known,
it was off by several times as much, and nothing here says by how much.
"""

import numpy as np

from rmt_utils.forecast.frame import widened
from rmt_utils.forecast.halves import calibrated, differences_of
from rmt_utils.forecast.moments import union


class HalvedModes:
    """The ``calibration`` of a ``Reading`` beside the one from half of the modes that were kept.

    The models are of the same sets of images, so that the modes are all that differs.
    """

    def __init__(self, reading, f, scale, calibration, bands, seed):
        self.calibration, self.half, self.known = calibration, None, reading.pixels is not None
        self.halvings = np.log2(reading.frame.dim / reading.frame.modes)
        if not reading.outside:
            return
        first = reading.fitted.eigenvectors[:, : reading.frame.modes // 2]
        shares = [share.projected(first) for share in reading.shares]
        fitted, whole, dim = union(shares).spectrum(), reading.pixels, reading.frame.dim
        if whole is None:
            whole = widened(fitted, dim, reading.whole.trace, reading.n_images)
        bands, rng = [edge for edge in bands if edge < fitted.dim] + [dim], np.random.default_rng(seed)
        n = differences_of(reading.fitted.eigenvectors.shape[1])
        self.half, _ = calibrated(f, scale, shares, fitted, whole, bands, lambda steps, _: steps, rng, n_differences=n)

    def ratio(self, n):
        """Squared difference forecast from half the modes over that from all that were kept; 1 where these are all."""
        return self.half.modes(n).sum() / self.calibration.modes(n).sum() if self.half else 1.0

    def error(self, n):
        """Relative standard error of the squared difference forecast at n, nan where it is not known or n is infinite.

        The factor is the largest at n and at the measured sizes below, so that it is not 1 where the ratio passes 1.
        """
        if self.half is None:
            return 0.0
        if not (self.known and np.isfinite(n)):
            return np.nan
        sizes = self.calibration.sizes
        change = max(abs(np.log(self.ratio(size))) for size in [*sizes[sizes < n], n])
        return float(change * self.halvings / np.sqrt(3))  # standard deviation of a uniform variable
