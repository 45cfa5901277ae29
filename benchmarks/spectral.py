"""Time, memory and error of the spectral engine against the published double integral; printed by ``make bench``.

Every line compares two ways of computing one quantity in one run on one machine: medians of repeats on one
thread, of the processor's seconds, peaks of ``tracemalloc`` in runs of their own.
"""

import functools
import time
import tracemalloc

import numpy as np
from _claims import Claims
from core import median_seconds
from scipy.optimize import brentq
from threadpoolctl import threadpool_limits

from rmt_utils import (
    Spectrum,
    edm_sigmas,
    heun_map,
    mean_estimate_variance,
    seed_variance,
    spectral_kernel,
    spectral_mean,
    spectral_variance,
    square_root_mean_by_integral,
)

NODES = 100
FEWER_OR_MORE = 10, 15, 20, 30, 45, 70, 100, 150, 220, 330, 500, 750, 1100, 1700, 2500
WANTED = 1e-6  # error of the fewest nodes


def main():
    claims = Claims()
    for gamma in (0.1, 1.0, 10.0):
        speed, memory = variance_against_the_double_integral(gamma)
        claims.check("variance", speed)
        claims.check("memory", memory)
    curves_in_a_million_dimensions()
    kernel_of_all_modes()
    claims.settle()


def variance_against_the_double_integral(gamma, dim=3072):
    eigenvalues = np.logspace(0, -9, dim)
    n = dim / gamma

    def ours(pairing=False):
        # compression and grid are part of the job
        return spectral_variance(np.sqrt, Spectrum(eigenvalues), n, pairing=pairing)

    def reference():
        return double_integral(eigenvalues, n)

    exact = eigenvalues - square_root_mean_by_integral(eigenvalues, n) ** 2
    errors = [np.max(np.abs(way() / exact - 1)) for way in (ours, reference)]
    peaks = [peak_megabytes(way) for way in (ours, reference)]
    known = Spectrum(eigenvalues)
    jobs = ours, lambda: ours(pairing=True), lambda: spectral_variance(np.sqrt, known, n, pairing=False)
    seconds = [median_seconds(ours, 9), median_seconds(reference, 3), *(median_seconds(job, 9) for job in jobs[1:])]
    speed, memory = seconds[1] / seconds[0], peaks[1] / peaks[0]
    print(
        f"variance of {dim} modes, gamma = {gamma}: {speed:.0f} times the speed "
        f"({1e3 * seconds[0]:.0f} ms; {1e3 * seconds[2]:.0f} ms with the second pairing, {1e3 * seconds[3]:.1f} ms for "
        f"another n of the same spectrum), 1/{memory:.0f} of the memory ({peaks[0]:.0f} MB) and worst error "
        f"{errors[0]:.0e} for {errors[1]:.0e} of {NODES} x {NODES} nodes in u = tan(theta)",
        flush=True,
    )
    gaps = ((many, np.max(np.abs(by_products(eigenvalues, n, many) / exact - 1))) for many in FEWER_OR_MORE)
    fewest = next(many for many, gap in gaps if gap <= WANTED)
    best = median_seconds(lambda: by_products(eigenvalues, n, fewest), 5)
    print(
        f"  the same integral by products of matrices, with the {fewest} nodes that an error of {WANTED:.0e} takes: "
        f"{1e3 * best:.0f} ms, {best / seconds[0]:.1f} times ours",
        flush=True,
    )
    return speed, memory


def double_integral(eigenvalues, n):
    """Proposition 5.2 for every output mode and an isotropic seed, formula by formula, nodes u = tan(theta)."""
    du, kappa = rule(eigenvalues, n, NODES)
    values, k, prime = eigenvalues[:, None, None], kappa[:, None], kappa
    df2 = np.sum(values**2 / ((values + k) * (values + prime)), axis=0)  # (nodes, nodes)
    seed = np.sum(values / ((values + k) * (values + prime)), axis=0)
    mode = values / ((values + k) * (values + prime))  # (modes, nodes, nodes)
    return 4 / np.pi**2 * np.sum(k * prime / (n - df2) * seed * mode * np.outer(du, du), axis=(1, 2))


def by_products(eigenvalues, n, n_nodes):
    """The same by products of matrices, as someone would write it who needs it often."""
    du, kappa = rule(eigenvalues, n, n_nodes)
    inverse = 1 / (eigenvalues[:, None] + kappa)  # (modes, nodes)
    seen = eigenvalues[:, None] * inverse
    pairs = np.outer(du * kappa, du * kappa) / (n - seen.T @ seen) * (seen.T @ inverse)
    return 4 / np.pi**2 * np.sum((seen @ pairs) * inverse, axis=1)


def rule(eigenvalues, n, n_nodes):
    """Weights du and kappa(u^2) of the nodes u = tan(theta): (nodes,) each."""
    x, w = np.polynomial.legendre.leggauss(n_nodes)
    theta = np.pi / 4 * (x + 1)
    u, du = np.tan(theta), np.pi / 4 * w / np.cos(theta) ** 2

    def excess(kappa, z):
        return kappa - z - kappa / n * np.sum(eigenvalues / (eigenvalues + kappa))

    top = eigenvalues.sum() / n
    return du, np.array([brentq(excess, 0.999 * z, 1.001 * (z + top), args=(z,), xtol=1e-300) for z in u**2])


def curves_in_a_million_dimensions(dim=1_000_000):
    """All of figure 4: mean, variance with and without the estimated mean, and disagreement seed by seed."""
    eigenvalues = Spectrum.power_law(dim, 1.2).eigenvalues
    seeds = np.random.default_rng(0).standard_normal((8, dim))

    def curves():
        spectrum = Spectrum(eigenvalues)
        for gamma in (10, 3, 1, 0.3, 0.1):
            for law in (spectral_mean, spectral_variance, mean_estimate_variance):
                law(np.sqrt, spectrum, dim / gamma)
            seed_variance(np.sqrt, spectrum, dim / gamma, seeds)

    begin = time.perf_counter()
    curves()
    seconds = time.perf_counter() - begin
    print(
        f"mean, variance, estimated mean and {len(seeds)} seeds of {dim} modes at five n: {seconds:.1f} s "
        f"(limit 10 s), peak {peak_megabytes(curves) + seeds.nbytes / 1e6:.0f} MB (limit 2000 MB)",
        flush=True,
    )


def kernel_of_all_modes(dim=3072):
    """Variances of all pairs of modes where contours are longest: n = rank, and a map with poles near the spectrum."""
    spectrum = Spectrum(np.logspace(0, -9, dim))
    for name, f in (("square root", np.sqrt), ("18 Heun steps", heun_map(edm_sigmas(18)))):
        seconds = median_seconds(functools.partial(spectral_kernel, f, spectrum, dim), 3)
        print(f"kernel of {dim} x {dim} modes, {name}, gamma = 1: {seconds:.2f} s", flush=True)


def peak_megabytes(function):
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
