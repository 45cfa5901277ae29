"""Time, iterations and memory of the laws of real images; printed by ``make bench``, on all cores.

A law of the sampling map solves one fixed point at every level of a path; the path serves every map and every seed.
Seconds are those of the clock, peaks are those of the process.
"""

import os
import resource
import time

import numpy as np
from scipy.linalg.blas import dgemm

from rmt_utils import (
    Population,
    edm_sigmas,
    exact_map,
    flatten,
    heun_map,
    load_images,
    seed_variance,
    spectral_variance,
)
from rmt_utils.theory.gaussian.contour import quadrature
from rmt_utils.theory.population.blocks import Rows
from rmt_utils.theory.population.fixed_point import resolvents
from rmt_utils.theory.population.partial_fractions import STEPS

N_POPULATION = 6000


def main():
    print(f"on {os.cpu_count()} cores:")
    for size in (14, 28):
        for n in (300, 1000):
            sampling_map(size, n)
    complex_nodes(14, 300)
    many_pixels()


def sampling_map(size, n, n_images=N_POPULATION):
    images = flatten(load_images("fashion-mnist", size=size, n_images=n_images))
    population = Population(images, coupled=images.shape[1])
    seeds = np.random.default_rng(0).standard_normal((64, population.dim))
    sigmas = edm_sigmas(18)
    with Products() as products:
        first = seconds(lambda: seed_variance(exact_map(80.0), population, n, 80 * seeds))
    path = population.path(n, estimated=True, step=STEPS[0])
    taken = [node.n_iterations for node in path.nodes]
    second = seconds(lambda: seed_variance(heun_map(sigmas), population, n, 80 * seeds))
    least = sum(taken) * products.least(population)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{population.dim} modes, {n_images} samples, n = {n}: exact map {first:.1f} s, 18 steps of Heun on "
        f"the same path {second:.1f} s more; {len(taken)} levels, {np.mean(taken):.1f} iterations each and at most "
        f"{max(taken)}; {products.seconds / first:.0%} of the time in the two products, {least / first:.0%} at the "
        f"speed of a bare matrix product; peak {peak:.1f} GB",
        flush=True,
    )


def complex_nodes(size, n, n_images=N_POPULATION):
    """Fixed points along the nodes of a contour, against as many real levels."""
    images = flatten(load_images("fashion-mnist", size=size, n_images=n_images))
    population = Population(images)
    nodes = -quadrature(np.sqrt, *population.support(n), 32).nodes
    rows, _ = population.augmented(n, estimated=False)
    times, found = [], []
    for z in (np.abs(nodes), nodes):
        start = population.square_norms / (n * z[0])
        times.append(seconds(lambda z=z, start=start: found.extend(resolvents(rows, start, z, n))))
    taken = [node.n_iterations for node in found[len(nodes) :]]
    print(
        f"{population.dim} modes, {len(nodes)} complex nodes: {times[1]:.1f} s, {times[1] / times[0]:.1f} times real, "
        f"{np.mean(taken):.1f} iterations each and at most {max(taken)}",
        flush=True,
    )


def many_pixels(size=32, n_images=10_000, n=1000):
    """The variance of every mode of colour patches, and how far off half of the coupled modes are."""
    images = flatten(load_images("natural-patches", size=size, n_images=n_images))
    found, times = [], []
    for coupled in (500, 250):
        begin = time.perf_counter()
        found.append(spectral_variance(exact_map(80.0), Population(images, coupled), n))
        times.append(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    gap = found[1] / found[0] - 1
    print(
        f"{images.shape[1]} modes of {n_images} patches, n = {n}, exact map: {times[0]:.0f} s with 500 modes coupled, "
        f"{times[1]:.0f} s with 250, which changes the total by {found[1].sum() / found[0].sum() - 1:+.2%}, a mode by "
        f"at most {np.abs(gap).max():.1%}; peak {peak:.1f} GB",
        flush=True,
    )


def seconds(function):
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


class Products:
    """Counts the time that the fixed point spends in its two matrix products."""

    names = ("weighted", "square_norms")

    def __enter__(self):
        self.seconds, self.originals = 0.0, {name: getattr(Rows, name) for name in self.names}
        for name, original in self.originals.items():
            setattr(Rows, name, self.timed(original))
        return self

    def __exit__(self, *_):
        for name, original in self.originals.items():
            setattr(Rows, name, original)

    def timed(self, function):
        def run(*arguments):
            begin = time.perf_counter()
            value = function(*arguments)
            self.seconds += time.perf_counter() - begin
            return value

        return run

    @staticmethod
    def least(population):
        """Seconds of one N x d x d product, as many operations as both products of one iteration have."""
        square = np.eye(population.rank)
        return min(seconds(lambda: dgemm(1.0, square, population.coordinates.T)) for _ in range(3))


if __name__ == "__main__":
    main()
