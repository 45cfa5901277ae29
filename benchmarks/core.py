"""Time and memory of the core against references written from the formulas; printed by ``make bench``.

Every line is a ratio measured in one run on one machine: reference seconds over ours, medians of repeats, of the
processor and on one thread, so that it compares work and not the luck of two threads on a busy machine.
"""

import statistics
import time

import numpy as np
from _claims import Claims
from scipy.optimize import fsolve
from threadpoolctl import threadpool_limits

from rmt_utils import Spectrum, solve_kappa
from rmt_utils.models import simulation

SIGMA2 = np.logspace(-6, 4, 90)
GAMMAS = np.array([10.0, 3.0, 1.0, 0.3, 0.1])


def main():
    claims = Claims()
    claims.check("kappa", kappa_against_fsolve())
    kappa_in_a_million_dimensions()
    for ratio in (0.1, 10):
        gain_against_solve(ratio)
    claims.settle()


def kappa_against_fsolve(dim=3072):
    spectrum = Spectrum.power_law(dim, 1.2)
    n = dim / GAMMAS

    def ours():
        fresh = Spectrum(spectrum.eigenvalues)  # compression is part of the job
        return solve_kappa(SIGMA2, fresh, n[:, None])

    def reference():
        return np.array([continuation(spectrum.eigenvalues, size) for size in n])

    gap = np.max(np.abs(reference() / ours() - 1))
    ratio = median_seconds(reference, 5) / median_seconds(ours, 15)
    report(f"450 values of kappa, d = {dim}", ratio, f"fsolve with continuation; largest relative gap {gap:.0e}")
    return ratio


def continuation(eigenvalues, n):
    """kappa at SIGMA2 from scipy's fsolve, each started at the root of the next larger noise."""
    roots = []
    start = SIGMA2[-1] + eigenvalues.sum() / n
    for z in SIGMA2[::-1]:
        (start,) = fsolve(lambda k, z=z: k - z - k / n * np.sum(eigenvalues / (eigenvalues + k)), start, xtol=1e-10)
        roots.append(start)
    return np.array(roots[::-1])


def kappa_in_a_million_dimensions(small=3072, large=1_000_000):
    seconds = {}
    for dim in (small, large):
        spectrum = Spectrum.power_law(dim, 1.2)
        begin = time.perf_counter()
        nodes = spectrum.compressed.nodes.size
        compression = time.perf_counter() - begin
        seconds[dim] = median_seconds(lambda s=spectrum, d=dim: solve_kappa(SIGMA2, s, d / GAMMAS[:, None]), 15)
        print(f"  d = {dim}: {nodes} nodes, compressed once in {1e3 * compression:.0f} ms")
    report(f"450 values of kappa, d = {large}", seconds[small] / seconds[large], f"d = {small} with this package")


def gain_against_solve(samples_per_dim, dim=512, sigma2=0.1):
    spectrum = Spectrum.power_law(dim, 1.0)
    n = int(samples_per_dim * dim)
    rng = np.random.default_rng(0)

    def ours():
        return simulation.factor_gain(simulation.gaussian_factor(spectrum, n, rng), sigma2)

    def reference():
        samples = rng.standard_normal((n, dim)) * np.sqrt(spectrum.eigenvalues)
        covariance = samples.T @ samples / n
        return np.diag(np.linalg.solve(covariance + sigma2 * np.eye(dim), covariance))

    ratio = median_seconds(reference, 15) / median_seconds(ours, 15)
    report(f"one draw of the gain, d = {dim}, n = {n}", ratio, "drawing the samples and solving a d x d system")


def median_seconds(function, repeats):
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    return statistics.median(times)


def report(job, ratio, reference):
    print(f"{job}: {ratio:.1f} times the speed of {reference}", flush=True)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
