"""What two models trained on disjoint sets of someone's own images will agree on, before any is trained.

The Gaussian law of the images' spectrum, cleared of what a finite sample adds to it (``unshrink``), is calibrated
(``calibration``) on pairs of linear models fitted to disjoint halves, quarters and smaller parts of these very images
(``halves``). The law without the Gaussian assumption stands beside it, and says which seeds are reproducible. Images
of a folder or of the hub pass by one at a time and never stand in memory together. Source: page on the theory for real
images, last section.
"""

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from rmt_utils import checks
from rmt_utils.data.sources import ImageStream
from rmt_utils.data.vectors import VectorStream, open_vectors
from rmt_utils.forecast.fewer_modes import HalvedModes
from rmt_utils.forecast.halves import SIZES, bands_of, calibration_of
from rmt_utils.forecast.interval import Interval
from rmt_utils.forecast.population import FEW, MODES, by_population, coordinates, population_size
from rmt_utils.forecast.reading import fits, read
from rmt_utils.forecast.result import Forecast
from rmt_utils.forecast.views import by_frequency, by_side, pictures
from rmt_utils.models import linear
from rmt_utils.models.baselines import has_mixture, mixture_difference, mixture_fragility
from rmt_utils.theory.kappa import solve_kappa
from rmt_utils.theory.samplers import edm_sigmas, exact_map, heun_map

SIGMA_MAX = 80.0
SIGMAS = np.geomspace(0.001, 100, 51)  # noise levels at which kappa is reported
SAMPLE = 3000  # images that the standard error is taken from
EQUAL = 1e-12  # variance a pixel that is rounding
DEFAULT = (128, 32, 8, 2, 1)  # sizes: all images over these


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
    mixture=True,
    seed=0,
    progress=lambda steps, label: steps,
):
    """``Forecast`` for the images of a source.

    source, size, n_images, color: as in ``ImageStream``; copies of an image are left out. A float array (n, dim), or a
    file .npy or .npz of one, holds vectors, such as latents, in a unit in which they vary by far less than the 80 at
    which the noise begins; size and color are None for them.
    n_samples: numbers n of training images, from 2 to all; by
    default a 128th, 32nd, eighth, half and all of them. steps: None for the exact solution of the flow equation,
    otherwise the number of steps of EDM's Heun sampler. targets: MSE for which n is sought. tolerance: share of a
    mode's variance below which its squared difference counts as agreement. seeds: as in ``linear.seed_noise``.
    population: how many of the images stand for the population in the law without the Gaussian assumption, which is
    computed in their 500 largest modes, 0 to leave it out. By default 3000 up to 200 dimensions, then fewer, at least
    1000, and then the law is left out at n above a twentieth of them, where it comes out too low. mixture: whether to
    fit mixtures of Gaussians as well, most of the work where images are few. seed: of all random choices. progress: as
    in ``ImageStream``.

    Raises ValueError for arguments out of range, for images of more than 50,000 numbers, and for fewer than 2 or equal
    images; otherwise as ``ImageStream``.

    >>> found = forecast("digits", n_samples=[100, 800], population=0, mixture=False)
    >>> bool(found.expected[1] < found.expected[0] / 4)
    True
    """
    targets = np.atleast_1d(checks.positive("targets", targets))
    tolerance = float(checks.positive("tolerance", tolerance))
    seeds = np.array([checks.count("seeds", value, at_least=0) for value in seeds], dtype=int)
    f, scale, sampler = _sampler(steps)
    stream = _stream(source, size, n_images, color, seed, progress)
    dim = int(np.prod(stream.shape))
    fits(dim)
    _sizes(n_samples, stream.expected)  # before the long part
    standing = population_size(population, dim)
    reading = read(stream, max(standing, SAMPLE), seed)
    n_images, shares, sample, fitted, frame = (
        getattr(reading, name) for name in ("n_images", "shares", "sample", "fitted", "frame")
    )
    if reading.whole.trace <= EQUAL * dim:
        raise ValueError(f"source must hold images that differ, got {n_images} equal ones")
    sizes = _sizes(n_samples, n_images)

    calibration, errors = calibration_of(reading, f, scale, seed, progress)
    law = calibration.law
    spectrum = law.spectrum
    gaussian = np.array([law.modes(n).sum() for n in sizes])
    expected = np.array([calibration.modes(n) for n in sizes])  # (sizes, modes)
    noise = linear.seed_noise(seeds, dim)
    inside = frame.down(noise)
    shown, frequencies = {}, []
    if len(stream.shape) == 3:
        shown = pictures(reading, f, scale, noise)
        frequencies = by_frequency(*reading.known, reading.whole.trace, expected[-1])
    mixture_size, of_mixtures, sensitivity = len(sample) // 2, np.empty(0), np.empty(0)
    if mixture and has_mixture(mixture_size, frame.modes):
        halves = (sample[part : 2 * mixture_size : 2].astype(np.float64) for part in (0, 1))
        of_mixtures = mixture_difference(*halves) * frame.modes / dim
    if mixture:
        sensitivity = mixture_fragility(sample.astype(np.float64), inside, fitted)
    sample, without_population = sample[:standing], "" if standing else "not asked for"
    ratio, by_seed = np.full(sizes.size, np.nan), None
    in_modes = coordinates(noise, inside @ fitted.eigenvectors)
    if len(sample) > 1:
        valid = sizes <= (len(sample) / FEW if population is None else np.inf)
        if frame.modes > MODES:
            sample, inside = (rows @ fitted.eigenvectors[:, :MODES] for rows in (sample, inside))
        try:
            ratio[valid], by_seed = by_population(law, sample, sizes[valid], sizes[-1], inside, progress)
        except ArithmeticError as miss:  # one column, and the ranking of seeds, are not worth the whole report
            without_population = str(miss)
    if by_seed is None:
        by_seed = law.seeds(sizes[-1], in_modes)
    elif frame.modes > MODES:  # the others have their part as their share of the difference says
        share = expected[-1] / expected[-1].sum()
        by_seed = share[:MODES].sum() * by_seed + np.square(in_modes[:, MODES:]) @ share[MODES:]
    interval = Interval(calibration, shares, errors)
    halved = HalvedModes(reading, f, scale, calibration, bands_of(fitted, dim)[:-1], seed)
    needed = [(float(mse), calibration.needed(mse * dim / spectrum.trace)) for mse in targets]
    modes_error = np.array([halved.error(n) for _, n in needed])
    sides, side_error = [], 0.0
    if len(stream.shape) == 3:
        smaller, side_error = by_side(frame, shares, f, scale, needed[0][0], seed)
        sides = [(stream.shape[0], needed[0][1]), *smaller]
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
        measured_sizes=calibration.sizes,
        measured=calibration.measured / dim,
        relative_error=errors.relative,
        tolerance=tolerance,
        agreeing=np.count_nonzero(expected < tolerance * spectrum.eigenvalues, axis=1),
        bands=[
            (low + 1, high, calibration.needed(tolerance, low, high))
            for low, high in pairwise(bands_of(reading.known[1], dim))
        ],
        seeds=seeds,
        seed_mse=by_seed * expected[-1].sum() / dim,
        needed=[(mse, n, *interval.around(n, one)) for (mse, n), one in zip(needed, modes_error, strict=True)],
        modes_error=modes_error,
        unrelated=2 * reading.whole.trace / dim,
        kept=frame.modes,
        resolved=reading.known[0].modes,
        outside=reading.outside / dim,
        halved_modes=np.array([halved.ratio(n) for n in sizes]),
        frequencies=frequencies,
        by_side=sides,
        side_error=side_error,
        without_population=without_population,
        pictures=shown,
        sha256=reading.sha256,
        mixture=of_mixtures,
        mixture_size=mixture_size if of_mixtures.size else 0,
        fragility=sensitivity,
        seed=seed,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def difference(source, steps=None, seed=0, n_sizes=SIZES):
    """How far two models will differ at any n, and no more: the ``Calibration`` of a ``forecast``, and its ``Errors``.

    source, steps, seed: as there. n_sizes: of the sets that models are fitted to, the largest only.

    >>> found, errors = difference("digits")
    >>> bool(found.modes(800).sum() < found.modes(100).sum() / 4), round(errors.relative, 2)
    (True, 0.02)
    """
    f, scale, _ = _sampler(steps)
    return calibration_of(read(_stream(source, seed=seed), SAMPLE, seed), f, scale, seed, n_sizes=n_sizes)


def _sampler(steps):
    if steps is None:
        return exact_map(SIGMA_MAX), SIGMA_MAX, f"exact solution of the probability-flow ODE from sigma = {SIGMA_MAX:g}"
    steps = checks.count("steps", steps, at_least=2)
    return heun_map(edm_sigmas(steps, SIGMA_MAX)), SIGMA_MAX, f"EDM's Heun sampler with {steps} steps"


def _stream(source, size=None, n_images=None, color=None, seed=0, progress=lambda steps, label: steps):
    """What the images, or vectors, pass by in."""
    if open_vectors(source) is None:
        if size is not None:
            fits(checks.count("size", size) ** 2)
        return ImageStream(source, size, n_images, color, seed, progress)
    for name, value in (("size", size), ("color", color)):
        if value is not None:
            raise ValueError(f"{name} must be None for vectors, got {value}")
    return VectorStream(source, n_images, seed)


def _sizes(n_samples, n_images):
    if n_samples is None:
        return np.unique([max(2, n_images // part) for part in DEFAULT])
    sizes = np.unique([checks.count("n_samples", n, at_least=2) for n in np.atleast_1d(n_samples).tolist()])
    if not sizes.size or sizes[-1] > n_images:
        raise ValueError(f"n_samples must be at most {n_images}, the number of images, got {sizes.tolist()}")
    return sizes
