"""How often the forecast's interval on images needed holds the right number, of three times 200 forecasts.

Each is from 300 images. The right number is measured on pairs of linear models of disjoint sets drawn from all images
of the source. Nine in ten are promised; the command fails unless it is between 85 and 95% at every target, give or take
two standard errors of 200 repetitions. Not part of ``make bench``: some five minutes of one core a source.
``python benchmarks/long/coverage.py [SOURCE ...]``
"""

import sys

import numpy as np
from scipy.optimize import brentq

from rmt_utils import Spectrum, exact_map, flatten, load_images
from rmt_utils.forecast import forecast
from rmt_utils.models import linear

N_IMAGES, PAIRS, REPETITIONS = 300, 300, 200
SERIES = (5, 6, 7)  # seeds of the images drawn
SOURCES = {  # side, images of the source, and an MSE within reach of the images and one beyond
    "fashion-mnist": (7, None, (0.01, 0.001)),
    "natural-patches": (8, 20_000, (0.01, 0.001)),
    "digits": (8, None, (0.02, 0.005)),
}


def measured(rows, n, rng):
    """Squared difference a pixel of two linear models of n of ``rows`` each, over all seeds, averaged over pairs."""
    dim, found = rows.shape[1], []
    probes = np.vstack([80.0 * np.eye(dim), np.zeros(dim)])
    for _ in range(PAIRS):
        chosen = rng.permutation(len(rows))[: 2 * n]
        models = (Spectrum.from_samples(rows[part]) for part in (chosen[:n], chosen[n:]))
        first, second = (linear.apply(exact_map(80.0), model, probes) for model in models)
        difference = first - second
        difference[:-1] -= difference[-1]
        found.append(np.square(difference).sum() / dim)
    return np.mean(found)


def needed(rows, mse, guess, rng):
    """n at which ``measured`` is ``mse``, from a line through three n about ``guess`` in logarithms."""
    sizes = [round(guess * factor) for factor in (0.8, 1.0, 1.25) if 2 * guess * factor <= len(rows)]
    line = np.polyfit(np.log(sizes), np.log([measured(rows, n, rng) for n in sizes]), 1)
    return np.exp(brentq(lambda log_n: np.polyval(line, log_n) - np.log(mse), np.log(2), np.log(1e6)))


def main(sources):
    failed = False
    for source in sources:
        side, n_images, targets = SOURCES[source]
        images = load_images(source, size=side, n_images=n_images, color=False)
        rows, rng = flatten(images).astype(np.float64), np.random.default_rng(0)
        asked = {"n_samples": [N_IMAGES], "targets": targets, "population": 0, "seeds": [0], "mixture": False}
        guesses = forecast(images, **asked).needed
        right = [needed(rows, mse, guess, rng) for mse, guess, *_ in guesses]
        for series in SERIES:
            held = np.zeros((REPETITIONS, len(targets)))
            for repetition in range(REPETITIONS):
                few = images[np.random.default_rng([series, repetition]).permutation(len(images))[:N_IMAGES]]
                found = forecast(few, seed=repetition, **asked).needed
                held[repetition] = [low <= n <= high for n, (_, _, low, high) in zip(right, found, strict=True)]
            for mse, n, share in zip(targets, right, held.mean(axis=0), strict=True):
                allowed = 2 * np.sqrt(0.9 * 0.1 / REPETITIONS)
                failed |= not 0.85 - allowed <= share <= 0.95 + allowed
                print(f"{source}, MSE {mse:g}: {n:.0f} images, in {share:.1%} of {REPETITIONS} intervals", flush=True)
    sys.exit(int(failed))


if __name__ == "__main__":
    main(sys.argv[1:] or SOURCES)
