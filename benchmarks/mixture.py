"""Time of the mixture against plain loops over its components; printed by ``make bench``, ratios as in ``core.py``."""

import time

import numpy as np
from core import median_seconds, report
from threadpoolctl import threadpool_limits

from rmt_utils import Mixture
from rmt_utils.models import linear

DIM, COMPONENTS, SEEDS = 196, 16, 512


def main():
    mixture, rng = some_mixture(), np.random.default_rng(1)
    noise = linear.seed_noise(range(SEEDS), DIM)
    start = mixture.means[rng.integers(COMPONENTS, size=SEEDS)]
    for sigma in (10.0, 0.1):
        x = start + sigma * noise
        few = x[:8]  # the loop over seeds takes seconds for all, and its time is proportional to them
        gap = np.abs(mixture.denoise(few, sigma) - np.concatenate([looped(mixture, [one], sigma) for one in few])).max()
        ours = median_seconds(lambda x=x, sigma=sigma: mixture.denoise(x, sigma), 5)
        single = median_seconds(lambda few=few, sigma=sigma: [looped(mixture, [x], sigma) for x in few], 3)
        together = median_seconds(lambda x=x, sigma=sigma: looped(mixture, x, sigma), 3)
        job = f"denoiser of {COMPONENTS} Gaussians, d = {DIM}, {SEEDS} seeds, noise {sigma}"
        report(job, single * SEEDS / len(few) / ours, f"a loop over seeds and components; largest gap {gap:.0e}")
        report(job, together / ours, "a loop over components, all seeds solved together")
    began = time.process_time()
    mixture.sample(noise)
    print(f"{SEEDS} samples by 35 Heun steps: {time.process_time() - began:.1f} s of one thread")


def looped(mixture, x, sigma):
    """The denoiser component by component, with solves."""
    logs, means = [], []
    for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.covariances, strict=True):
        noisy = covariance + sigma**2 * np.eye(DIM)
        centred = x - mean
        solved = np.linalg.solve(noisy, centred.T).T
        logs.append(np.log(weight) - (np.linalg.slogdet(noisy)[1] + (centred * solved).sum(axis=1)) / 2)
        means.append(mean + solved @ covariance)
    shares = np.exp(logs - np.max(logs, axis=0))
    return np.einsum("kn,knd->nd", shares / shares.sum(axis=0), means)


def some_mixture():
    """Components with an image-like spectrum along axes of their own."""
    rng = np.random.default_rng(0)
    scale = np.sqrt(20.0 / np.arange(1, DIM + 1) ** 1.5)
    axes = np.linalg.qr(rng.standard_normal((COMPONENTS, DIM, DIM)))[0] * scale
    weights = rng.uniform(0.2, 1.0, COMPONENTS)
    return Mixture(weights / weights.sum(), 0.3 * rng.standard_normal((COMPONENTS, DIM)), axes @ axes.mT)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
