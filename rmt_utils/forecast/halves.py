"""How much models fitted to disjoint parts of the same images disagree, and how well the images tell.

To first order in 1/n two models differ by the sum of one term for each of their images, and the relative error of the
squared difference is the same at every n. Three things make it: that few sets are drawn, that the images stand
together in shares, and that there are no other images.

Of k disjoint sets every model after the first gives one difference, from the mean of those before it (Helmert's
contrasts): k - 1 of them, as good as those of k - 1 pairs, which would take 2 (k - 1) models.
"""

from dataclasses import dataclass

import numpy as np

from rmt_utils import checks
from rmt_utils.forecast.calibration import Calibration, Law
from rmt_utils.forecast.moments import union
from rmt_utils.forecast.unshrink import unshrunk

BANDS = (0, 3, 10, 30, 100, 300, 1000)  # modes that are calibrated together
PARTS = (128, 32, 8, 4, 2)  # training sets are these parts of all images
SIZES = len(PARTS)
DIFFERENCES = 64  # of models of each size, independent to first order
WORK = 400.0  # modes up to which all these are taken; above, the cube of the modes sets the number
FEWEST_SHARES = 8  # of fewer shares there are too few distinct sets for an error
ROUNDING = 1e-9  # of a sum of variances
NUDGE = 1.23e-4  # relative, of eigenvalues, for the slope of f between two that are equal


@dataclass(frozen=True)
class Errors:
    """Relative variances of the difference at every measured n: each one's ``own``, and what is ``common``.

    The sets drawn are other ones at every n, the images are the same.
    """

    own: float
    common: float

    @property
    def relative(self):
        """Relative standard error of the difference at a measured n."""
        return float(np.sqrt(self.own + self.common))


def bands_of(spectrum, dim):
    """Edges of the BANDS that ``spectrum`` has eigenvectors in, the last of which reaches to ``dim``: a list."""
    return [edge for edge in BANDS if edge < spectrum.eigenvectors.shape[1]] + [dim]


def calibration_of(reading, f, scale, seed=0, progress=lambda steps, label: steps, n_sizes=SIZES):
    """All of a forecast that is about the difference at any n: ``calibrated`` for the images of a ``Reading``."""
    bands = bands_of(reading.fitted, reading.frame.dim)
    rng, uneven = np.random.default_rng(seed), unevenness(f, reading.sample, reading.fitted)
    return calibrated(
        f, scale, reading.shares, reading.fitted, reading.whole, bands, progress, rng, uneven, n_sizes=n_sizes
    )


def calibrated(
    f, scale, shares, fitted, whole, bands, progress, rng, unevenness=0.0, n_differences=DIFFERENCES, n_sizes=SIZES
):
    """The ``Calibration`` of the Gaussian law for n of the images, and the ``Errors`` of what it was measured on.

    whole: ``Spectrum`` of all modes of the images, of which ``fitted`` may have only the first. bands: as in
    ``Calibration``. The rest as in ``measure``.
    """
    n_images = sum(share.count for share in shares)
    sizes, found, errors = measure(f, scale, shares, fitted, progress, rng, unevenness, n_differences, n_sizes)
    law = Law(f, scale, unshrunk(whole, n_images - 1))
    left_out = whole.trace > (1 + ROUNDING) * fitted.trace
    measured = Law(f, scale, unshrunk(fitted, n_images - 1)) if left_out else None
    return Calibration(law, sizes, found, bands, measured), errors


def measure(f, scale, shares, fitted, progress, rng, unevenness=0.0, n_differences=DIFFERENCES, n_sizes=SIZES):
    """Squared difference of the samples of two models of disjoint parts of the images, averaged over parts and seeds.

    f, scale: the sampling map multiplies scale * noise - mean by f(covariance), f(0) = 0. shares: ``Moments`` of equal
    shares of the images; fitted: the ``Spectrum`` of all. progress: progress(steps, label) gives back the steps.
    unevenness: as from the function of this name. n_differences: at most, at each size; n_sizes: the largest only. The
    same ``rng`` draws the same sets, whatever the modes and sizes. Returns the sizes n (sizes,), rising, the difference
    in every mode of ``fitted`` (sizes, dim), and the ``Errors`` of its total, those of another set of as many images;
    nan with fewer than 8 shares. With fewer than 2 shares of 2 images there are no sizes.
    """
    dim, vectors = fitted.dim, fitted.eigenvectors
    modes = vectors.shape[1]
    if inside := 4 * modes < 3 * dim:  # then everything happens in a smaller space
        shares = [share.projected(vectors) for share in shares]
    n_differences = min(n_differences, differences_of(modes))
    smallest = min(share.count for share in shares)
    counts = [len(shares) // part for part in PARTS if len(shares) >= part and len(shares) // part * smallest >= 2]
    drawn = [_groups(rng, len(shares), count, n_differences) for count in counts][-n_sizes:]
    counts = counts[-n_sizes:]
    fits = [
        (size, before, chosen)
        for size, groups in enumerate(drawn)
        for group in groups
        for before, chosen in enumerate(group)
    ]
    found = [[] for _ in counts]
    for size, before, chosen in progress(fits, "fitting models"):
        model = _map(f, scale, union([shares[i] for i in chosen]))
        if not before:
            mean = model
            continue
        difference = model - mean
        mean = mean + difference / (before + 1)
        if not inside:
            difference = difference @ vectors
        # two models differ by twice the variance of one, one from the mean of k others by 1 + 1/k times it
        found[size].append(2 * before / (before + 1) * np.einsum("ij,ij->j", difference, difference))
    found = np.reshape(found, (len(counts), n_differences, modes))
    totals = found.sum(axis=2)
    n_images = sum(share.count for share in shares)
    sizes = np.array([n_images * count // len(shares) for count in counts], dtype=int)
    errors = Errors(np.nan, np.nan)
    if counts and len(shares) >= FEWEST_SHARES:
        of_one = np.mean(totals.var(axis=1, ddof=1) / totals.mean(axis=1) ** 2)
        errors = Errors(float(of_one / n_differences), float(of_one / len(shares) + unevenness / n_images))
    return sizes, np.pad(found.mean(axis=1), ((0, 0), (0, dim - modes))), errors


def differences_of(modes):
    """Differences of models at each size that so many modes leave time for."""
    return int(np.clip(DIFFERENCES * (WORK / modes) ** 3, 2, DIFFERENCES))


def unevenness(f, rows, spectrum):
    """Variance, among images, of one image's influence on the squared difference D of two models, over D squared.

    rows: images (n, dim), a sample. spectrum: their population's, with eigenvectors (dim, rank). To first order in 1/n
    D is the mean over images x, in the modes and about their mean, of sum_jk F_jk^2 x_j^2 x_k^2 with
    F_jk = (f_j - f_k)/(s_j - s_k). An image counts there, and by way of the eigenvalues s_j.

    >>> from rmt_utils.theory.spectrum import Spectrum
    >>> unevenness(np.sqrt, [[1.0], [-1.0]], Spectrum([1.0], eigenvectors=[[1.0]]))
    0.0
    """
    powers = np.square((rows - np.mean(rows, axis=0)) @ spectrum.eigenvectors)  # (n, rank)
    eigenvalues = spectrum.eigenvalues[: powers.shape[1]]

    def weights(nudge):
        """F_jk^2 with s_j moved: (rank, rank)."""
        moved = eigenvalues * (1 + nudge)
        rise = checks.function_values(f, moved)[:, None] - checks.function_values(f, eigenvalues)
        return np.square(rise / (moved[:, None] - eigenvalues))

    rates = (weights(3 * NUDGE) - weights(NUDGE)) / (2 * NUDGE * eigenvalues[:, None])  # of F_jk^2 with s_j
    direct = np.einsum("ij,ij->i", powers @ weights(NUDGE), powers)
    indirect = powers @ (2 * np.sum(rates * (powers.T @ powers / len(powers)), axis=1))
    return float((direct + indirect).var() / direct.mean() ** 2)


def _groups(rng, n_shares, count, n_differences):
    """Groups of disjoint sets of ``count`` shares, (sets, count) each: as many as ``n_differences`` take."""
    groups = []
    while n_differences:
        n_sets = min(n_shares // count, n_differences + 1)
        groups.append(rng.permutation(n_shares)[: n_sets * count].reshape(n_sets, count))
        n_differences -= n_sets - 1
    return groups


def _map(f, scale, moments):
    """The sampling map's matrix, and below it the sample from a seed 0: (dim + 1, dim)."""
    eigenvalues, vectors = moments.modes()
    matrix = (vectors * (scale * checks.function_values(f, eigenvalues))) @ vectors.T
    mean = moments.total / moments.count
    return np.vstack([matrix, mean - mean @ matrix / scale])
