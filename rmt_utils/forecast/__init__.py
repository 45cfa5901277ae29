"""What two models trained on disjoint sets of someone's own images will agree on, before any is trained.

The Gaussian law of the images' spectrum, cleared of what a finite sample adds to it (``unshrink``), is calibrated
(``calibration``) on pairs of linear models fitted to disjoint halves, quarters and smaller parts of these very images
(``halves``). The law without the Gaussian assumption stands beside it, and says which seeds are reproducible. Images
of a folder or of the hub pass by one at a time and never stand in memory together. Source: page on the theory for real
images, last section.
"""

import hashlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rmt_utils import checks
from rmt_utils.data.sources import ImageStream, flatten
from rmt_utils.forecast.calibration import Calibration, Law
from rmt_utils.forecast.halves import measure, unevenness
from rmt_utils.forecast.interval import Interval
from rmt_utils.forecast.moments import shared_moments, union
from rmt_utils.forecast.unshrink import unshrunk
from rmt_utils.forecast.views import by_frequency, by_side, pictures
from rmt_utils.models import linear
from rmt_utils.models.baselines import has_mixture, mixture_difference
from rmt_utils.theory.kappa import solve_kappa
from rmt_utils.theory.population.samples import Population
from rmt_utils.theory.samplers import edm_sigmas, exact_map, heun_map

SIGMA_MAX = 80.0
SIGMAS = np.geomspace(0.001, 100, 51)  # noise levels at which kappa is reported
SHARES, MEMORY = 128, 1.5e9  # most shares of the images, and bytes for their covariances
MOST_DIM = 6000  # some twenty matrices of this side are 6 GB
INVERSES, INVERSE_MEMORY = 120, 3e9  # matrices that the population law keeps, and bytes for them
SAMPLE = 3000  # images that the standard error is taken from
EQUAL = 1e-12  # variance a pixel that is rounding
BANDS = (0, 3, 10, 30, 100, 300, 1000)  # modes that are calibrated and reported together
PARTS = (128, 32, 8, 2, 1)  # default sizes: all images over these


@dataclass(frozen=True, eq=False)
class Forecast:
    """Everything forecast for one set of images; an MSE is the squared difference a pixel of two models' samples.

    source: what was read, as in ``ImageStream.summary``. sampler: the map forecast for, in words.
    eigenvalues: of the population, falling, (modes,). sizes, gamma: n and dim/n, (sizes,). sigmas: (levels,).
    kappa: kappa(sigma^2)/sigma^2, (sizes, levels). gaussian, population, expected: MSE, (sizes,), by the Gaussian law,
    by the law without that assumption, for which population_size of the images stand (nan if none), and the forecast.
    mean_share: of the expected MSE, from estimating the mean, (sizes,). measured_sizes, measured: MSE of pairs of
    linear models of disjoint parts of the images, to which the forecast is calibrated. relative_error: standard error
    of measured and expected, over themselves, as other images would show it; nan for too few images.
    agreeing: modes whose expected squared difference is below ``tolerance`` of their variance, (sizes,).
    bands: (first mode, last mode, n from which the band is below tolerance). seeds, seed_mse: (seeds,), expected MSE at
    the largest n. needed: (MSE, n at which it is expected, low and high end of an interval that holds the right n in
    nine cases of ten; nan for too few images). unrelated: MSE of two samples of different seeds. frequencies: (lowest,
    highest, share of the variance, MSE over that of unrelated samples) of rings of spatial frequency, in cycles a side,
    at the largest n. by_side: (side in pixels, n at which the first MSE of ``needed`` is expected), for these images
    and reduced ones. without_population: why there is no population law, or "". pictures: of the images as read, their
    mean and modes, and of samples of linear models of either half of them, from ``seeds``: {name: (pictures, height,
    width, channels)}. sha256: of the pixels as read. mixture: squared difference, seed by seed, of two mixtures of
    Gaussians of mixture_size of the images each, (256,); empty for few images or many dimensions.
    """

    source: dict
    sampler: str
    eigenvalues: np.ndarray
    sizes: np.ndarray
    gamma: np.ndarray
    sigmas: np.ndarray
    kappa: np.ndarray
    gaussian: np.ndarray
    population: np.ndarray
    population_size: int
    expected: np.ndarray
    mean_share: np.ndarray
    measured_sizes: np.ndarray
    measured: np.ndarray
    relative_error: float
    tolerance: float
    agreeing: np.ndarray
    bands: list
    seeds: np.ndarray
    seed_mse: np.ndarray
    needed: list
    unrelated: float
    frequencies: list
    by_side: list
    without_population: str
    pictures: dict
    sha256: str
    mixture: np.ndarray
    mixture_size: int

    def __post_init__(self):
        checks.own(self)


def forecast(
    source,
    n_samples=None,
    size=None,
    n_images=None,
    color=None,
    steps=None,
    targets=(0.01, 0.001),
    tolerance=0.1,
    seeds=range(16),
    population=None,
    seed=0,
    progress=lambda steps, label: steps,
):
    """``Forecast`` for the images of a source.

    source, size, n_images, color: as in ``ImageStream``; copies of an image are left out.
    n_samples: numbers n of training images, from 2 to all; by
    default a 128th, 32nd, eighth, half and all of them. steps: None for the exact solution of the flow equation,
    otherwise the number of steps of EDM's Heun sampler. targets: MSE for which n is sought. tolerance: share of a
    mode's variance below which its squared difference counts as agreement. seeds: as in ``linear.seed_noise``.
    population: how many of the images stand for the population in the law without the Gaussian assumption, 0 to leave
    it out; by default 3000 up to 200 dimensions, then fewer, at least 1000. seed: of all random choices. progress: as
    in ``ImageStream``.

    Raises ValueError for arguments out of range, for more memory than 6 GB, and for fewer than 2 or equal images;
    otherwise as ``ImageStream``.

    >>> found = forecast("digits", n_samples=[100, 800], population=0)
    >>> bool(found.expected[1] < found.expected[0] / 4)
    True
    """
    targets = np.atleast_1d(checks.positive("targets", targets))
    tolerance = float(checks.positive("tolerance", tolerance))
    seeds = np.array([checks.count("seeds", value, at_least=0) for value in seeds], dtype=int)
    f, scale, sampler = _sampler(steps)
    if size is not None:
        _fits(checks.count("size", size) ** 2)
    stream = ImageStream(source, size, n_images, color, seed, progress)
    dim = int(np.prod(stream.shape))
    _fits(dim)
    _sizes(n_samples, stream.expected)  # before the long part
    population = _population_size(population, dim)
    shares, reference, sample, sha256 = _read(stream, dim, max(population, SAMPLE))
    whole = union(shares)
    n_images, fitted = whole.count, whole.spectrum()
    if fitted.trace <= EQUAL * dim:
        raise ValueError(f"source must hold images that differ, got {n_images} equal ones")
    sizes = _sizes(n_samples, n_images)
    spectrum = unshrunk(fitted, n_images - 1)
    law = Law(f, scale, spectrum)
    rank = fitted.eigenvectors.shape[1]
    bands = [edge for edge in BANDS if edge < rank] + [dim]

    rng = np.random.default_rng(seed)
    uneven = unevenness(f, sample, fitted)
    measured_sizes, found, error = measure(f, scale, shares, fitted, progress, rng, uneven)
    calibration = Calibration(law, measured_sizes, found, bands)
    gaussian = np.array([law.modes(n).sum() for n in sizes])
    expected = np.array([calibration.modes(n) for n in sizes])  # (sizes, modes)
    noise = linear.seed_noise(seeds, dim)
    shown = pictures(stream.shape, sample, reference, fitted, shares, f, scale, noise)
    mixture_size, mixture = len(sample) // 2, np.empty(0)
    if has_mixture(mixture_size, dim):
        mixture = mixture_difference(*(sample[part : 2 * mixture_size : 2].astype(np.float64) for part in (0, 1)))
    sample, without_population = sample[:population], "" if population else "not asked for"
    ratio, by_seed = np.full(sizes.size, np.nan), None
    if len(sample) > 1:
        try:
            ratio, by_seed = _population(law, sample, sizes, noise, progress)
        except ArithmeticError as miss:  # one column, and the ranking of seeds, are not worth the whole report
            without_population = str(miss)
    if by_seed is None:
        by_seed = law.seeds(sizes[-1], _coordinates(noise, fitted.eigenvectors))
    interval = Interval(calibration, shares, error)
    needed = [(float(mse), calibration.needed(mse * dim / spectrum.trace)) for mse in targets]
    return Forecast(
        source=stream.summary(n_images),
        sampler=sampler,
        eigenvalues=spectrum.eigenvalues,
        sizes=sizes,
        gamma=dim / sizes,
        sigmas=SIGMAS,
        kappa=solve_kappa(np.square(SIGMAS), spectrum, sizes[:, None] - 1) / np.square(SIGMAS),
        gaussian=gaussian / dim,
        population=ratio * gaussian / dim,
        population_size=0 if without_population else len(sample),
        expected=expected.sum(axis=1) / dim,
        mean_share=np.array([law.mean(n).sum() for n in sizes]) / expected.sum(axis=1),
        measured_sizes=measured_sizes,
        measured=found.sum(axis=1) / dim,
        relative_error=error,
        tolerance=tolerance,
        agreeing=np.count_nonzero(expected < tolerance * spectrum.eigenvalues, axis=1),
        bands=[(low + 1, high, calibration.needed(tolerance, low, high)) for low, high in pairwise(bands)],
        seeds=seeds,
        seed_mse=by_seed * expected[-1].sum() / dim,
        needed=[(mse, n, *interval.around(n)) for mse, n in needed],
        unrelated=2 * fitted.trace / dim,
        frequencies=by_frequency(stream.shape, fitted, expected[-1]),
        by_side=[(stream.shape[0], needed[0][1]), *by_side(stream.shape, shares, f, scale, needed[0][0], seed)],
        without_population=without_population,
        pictures=shown,
        sha256=sha256,
        mixture=mixture,
        mixture_size=mixture_size if mixture.size else 0,
    )


def _sampler(steps):
    if steps is None:
        return exact_map(SIGMA_MAX), SIGMA_MAX, f"exact solution of the probability-flow ODE from sigma = {SIGMA_MAX:g}"
    steps = checks.count("steps", steps, at_least=2)
    return heun_map(edm_sigmas(steps, SIGMA_MAX)), SIGMA_MAX, f"EDM's Heun sampler with {steps} steps"


def _fits(dim):
    """ValueError for more dimensions than the memory has room for."""
    if dim > MOST_DIM:
        raise ValueError(
            f"size must be at most {int(MOST_DIM**0.5)} pixels for grey and {int((MOST_DIM / 3) ** 0.5)} for colour "
            f"images, whose covariances take 6 GB then, got images of {dim:,} numbers"
        )


def _population_size(population, dim):
    """How many images stand for the population."""
    if population is None:
        return int(np.clip(3000 * 200 / dim, 1000, 3000))
    population = checks.count("population", population, at_least=0)
    most = int(np.sqrt(INVERSE_MEMORY / (8 * INVERSES)))  # modes: the smaller of images and dimensions
    if min(population, dim) > most:
        raise ValueError(f"population must be at most {most} for images of {dim:,} numbers, got {population}")
    return population


def _read(stream, dim, n_rows):
    """Moments of equal shares of the images about a reference, that, the first ``n_rows`` images, and all's hash.

    Copies are left out.
    """
    n_shares = 2
    while 2 * n_shares <= min(SHARES, stream.expected // 4, MEMORY / (8 * dim**2)):
        n_shares *= 2
    sample, digest = np.empty((0, dim), np.float32), hashlib.sha256()

    def rows():
        nonlocal sample
        for batch in stream.batches():
            flat = flatten(batch)[stream.copies.fresh]
            digest.update(np.ascontiguousarray(flat))
            sample = np.concatenate([sample, flat[: n_rows - len(sample)]])
            yield flat

    shares, reference = shared_moments(rows(), dim, n_shares)
    n_images = sum(share.count for share in shares)
    if n_images < 2:
        raise ValueError(f"source must hold at least 2 different readable images, got {n_images}")
    return shares, reference, sample, digest.hexdigest()


def _sizes(n_samples, n_images):
    if n_samples is None:
        return np.unique([max(2, n_images // part) for part in PARTS])
    sizes = np.unique([checks.count("n_samples", n, at_least=2) for n in np.atleast_1d(n_samples).tolist()])
    if not sizes.size or sizes[-1] > n_images:
        raise ValueError(f"n_samples must be at most {n_images}, the number of images, got {sizes.tolist()}")
    return sizes


def _population(law, sample, sizes, noise, progress):
    """The population law over the Gaussian law of the same sample, (sizes,), and the former's ``Law.seeds``."""
    population = Population(sample)
    better, gaussian = (Law(law.f, law.scale, spectrum) for spectrum in (population, population.spectrum))
    # the mean's part is nearly the same in both and slow in the better one
    ratio = [
        1 + (better.sampled(n) - gaussian.sampled(n)).sum() / gaussian.modes(n).sum()
        for n in progress(sizes, "population law")
    ]
    return np.array(ratio), better.seeds(sizes[-1], _coordinates(noise, population.eigenvectors))


def _coordinates(noise, vectors):
    """Noise in the modes ``vectors`` (dim, rank), and what lies outside spread evenly over the others: (seeds, dim)."""
    inside = noise @ vectors
    others = noise.shape[1] - inside.shape[1]
    outside = np.square(noise).sum(axis=1, keepdims=True) - np.square(inside).sum(axis=1, keepdims=True)
    return np.hstack([inside, np.repeat(np.sqrt(np.maximum(outside, 0) / max(others, 1)), others, axis=1)])
