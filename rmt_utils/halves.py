"""How much models fitted to disjoint parts of the same images disagree: the measurement behind a forecast."""

import numpy as np

from rmt_utils.moments import union

PARTS = (16, 8, 4, 2)  # training sets are these parts of all images
PAIRS = 16  # pairs of models of each size
WORK = 800.0  # modes up to which all these pairs are fitted; above, the cube of the modes sets the number


def measure(f, scale, shares, fitted, progress, rng):
    """Squared difference of the samples of two models of disjoint parts of the images, averaged over pairs and seeds.

    f, scale: the sampling map multiplies scale * noise - mean by f(covariance), f(0) = 0. shares: ``Moments`` of equal
    shares of the images; fitted: the ``Spectrum`` of all. progress: progress(steps, label) gives back the steps.
    Returns the sizes n (sizes,), rising, the difference in every mode of ``fitted`` (sizes, dim), and the standard
    error of its total (sizes,), as if pairs were independent. With fewer than 2 shares of 2 images there are no sizes.
    """
    dim, vectors = fitted.dim, fitted.eigenvectors
    if 4 * vectors.shape[1] < 3 * dim:  # then everything happens in a smaller space
        shares, vectors = [share.projected(vectors) for share in shares], np.eye(vectors.shape[1])
    modes = vectors.shape[1]
    n_pairs = int(np.clip(PAIRS * (WORK / modes) ** 3, 2, PAIRS))
    smallest = min(share.count for share in shares)
    counts = [len(shares) // part for part in PARTS if len(shares) >= part and len(shares) // part * smallest >= 2]
    found = np.zeros((len(counts), n_pairs, dim))
    for count, pair in progress(list(np.ndindex(found.shape[:2])), "fitting pairs"):
        order = rng.permutation(len(shares))
        sets = (order[: counts[count]], order[counts[count] : 2 * counts[count]])
        first, second = (_map(f, scale, union([shares[i] for i in chosen])) for chosen in sets)
        difference = (first - second) @ vectors
        found[count, pair, :modes] = np.square(difference).sum(axis=0)
    totals = found.sum(axis=2)
    n_images = sum(share.count for share in shares)
    sizes = np.array([n_images * count // len(shares) for count in counts], dtype=int)
    return sizes, found.mean(axis=1), totals.std(axis=1, ddof=1) / np.sqrt(n_pairs)


def _map(f, scale, moments):
    """The sampling map's matrix, and below it the sample from a seed 0: (dim + 1, dim)."""
    model = moments.spectrum()
    vectors = model.eigenvectors
    matrix = (vectors * f(model.eigenvalues[: vectors.shape[1]])) @ vectors.T
    return np.vstack([scale * matrix, model.mean - model.mean @ matrix])
