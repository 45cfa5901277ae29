"""A mixture of K Gaussians as a diffusion model: the simplest one whose samples have sides to change.

Its denoiser is in closed form: a linear denoiser for each component, weighted by the probability that the noisy image
came from it. K = 1 is the linear model.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from rmt_utils import checks
from rmt_utils.theory import samplers

# Fixed before any network was compared with a mixture: how strongly a component's covariance is drawn towards the
# pooled one (in images), and what is added to every eigenvalue (square of the unit of the data, pixels in [-1, 1]).
SHRINKAGE, FLOOR = 200.0, 1e-4
BLOCK = 2**22  # coordinates held at a time, so that memory does not grow with the number of rows
NEGLIGIBLE = 1e-16  # a smaller responsibility is 0: its component is then not computed


@dataclass(frozen=True, eq=False)
class Mixture:
    """sum_k w_k N(mean_k, covariance_k): denoised and sampled in closed form.

    weights: (K,), > 0, sum 1. means: (K, dim). covariances: (K, dim, dim), symmetric and without negative eigenvalues.
    ValueError, naming the argument, for anything else.

    >>> two = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[0.01]], [[0.01]]])
    >>> two.denoise([[0.5]], sigma=0.3).round(2)
    array([[0.95]])
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    eigenvalues: np.ndarray = field(init=False, repr=False)  # (K, dim)
    eigenvectors: np.ndarray = field(init=False, repr=False)  # (K, dim, dim), columns

    def __post_init__(self):
        means = checks.matrix("means", self.means)
        weights = checks.positive("weights", self.weights)
        if weights.shape != means.shape[:1] or abs(weights.sum() - 1) > 1e-8:
            raise ValueError(f"weights must have shape ({len(means)},) and sum to 1, got {weights}")
        covariances = checks.finite("covariances", self.covariances)
        if covariances.shape != (*means.shape, means.shape[1]):
            raise ValueError(f"covariances must have shape {(*means.shape, means.shape[1])}, got {covariances.shape}")
        scale = np.abs(covariances).max(initial=0.0)
        if np.abs(covariances - covariances.swapaxes(1, 2)).max() > 1e-8 * scale:
            raise ValueError("covariances must be symmetric, got entries that differ from their mirror images")
        eigenvalues, eigenvectors = np.linalg.eigh(covariances)
        if eigenvalues.min() < -1e-8 * scale:
            raise ValueError(f"covariances must have no negative eigenvalues, got {eigenvalues.min()}")
        values = weights, means, covariances, np.maximum(eigenvalues, 0.0), eigenvectors
        for name, value in zip(self.__dataclass_fields__, values, strict=True):
            value = value.copy()
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    @property
    def dim(self):
        """Dimension of the data."""
        return self.means.shape[1]

    @classmethod
    def fit(cls, samples, n_components, seed=0, n_iterations=15, responsibilities=None):
        """Mixture fitted to samples (n, dim) by expectation and maximisation, from a k-means start.

        A component that holds n_k images has its covariance drawn towards the pooled one, the components' mean weighted
        by n_k, with weight 200/(200 + n_k), and 1e-4 added to its eigenvalues; so it needs no minimal n_k.
        responsibilities: (n, n_components), rows that sum to 1, to start from in place of k-means: those of a
        mixture that is nearly right keep the names of the components from fit to fit. The same seed gives the same
        mixture. ValueError for fewer distinct samples than components.
        Source: Dempster, Laird and Rubin (1977); start: Arthur and Vassilvitskii (2007).

        >>> samples = np.array([[-1.1], [-0.9], [0.8], [1.2]])
        >>> np.sort(Mixture.fit(samples, 2).means.ravel()).round(2)
        array([-1.,  1.])
        """
        samples = checks.matrix("samples", samples)
        n_components = checks.count("n_components", n_components)
        n_iterations = checks.count("n_iterations", n_iterations, at_least=0)
        if responsibilities is None:
            responsibilities = np.eye(n_components)[_clusters(samples, n_components, np.random.default_rng(seed))]
        responsibilities = checks.finite("responsibilities", responsibilities)  # as small as they like
        wanted = len(samples), n_components
        fits = responsibilities.shape == wanted and responsibilities.min() >= 0
        if not fits or np.abs(responsibilities.sum(axis=1) - 1).max() > 1e-8:
            raise ValueError(f"responsibilities must have shape {wanted}, entries >= 0 and rows that sum to 1")
        mixture = cls._from_responsibilities(samples, responsibilities)
        for _ in range(n_iterations):
            mixture = cls._from_responsibilities(samples, mixture.responsibilities(samples))
        return mixture

    @classmethod
    def _from_responsibilities(cls, samples, responsibilities):
        """The maximisation step, with shrunk covariances."""
        counts = responsibilities.sum(axis=0)  # (K,)
        counts = np.maximum(counts, 1e-8 * len(samples))  # a component without images keeps a name and no influence
        means = (responsibilities.T @ samples) / counts[:, None]
        covariances = np.empty((len(counts), samples.shape[1], samples.shape[1]))
        for k, column in enumerate(responsibilities.T):
            rows = column > 0
            centred = (samples[rows] - means[k]) * np.sqrt(column[rows, None])
            covariances[k] = centred.T @ centred / counts[k]
        share = counts / counts.sum()
        pooled = np.einsum("k,kij->ij", share, covariances) + FLOOR * np.eye(samples.shape[1])
        drawn = (SHRINKAGE / (SHRINKAGE + counts))[:, None, None]
        own = covariances + FLOOR * np.eye(samples.shape[1])
        return cls(share, means, (1 - drawn) * own + drawn * pooled)

    def responsibilities(self, x, sigma=0.0):
        """Probability of each component given x = image + sigma * noise: (..., dim) -> (..., K).

        sigma: noise level >= 0, one number; > 0 where a covariance is singular.
        """
        x = checks.vectors("x", x, self.dim)
        variances = self._variances(checks.number("sigma", sigma, checks.non_negative))
        found = [self._weigh(block, variances)[1] for block in self._blocks(x)]
        return np.concatenate(found).reshape(*x.shape[:-1], len(self.weights))

    def along(self, path, sigmas):
        """``responsibilities`` at every state of a path (levels, ..., dim), each at its own noise: (levels, ..., K)."""
        return np.stack([self.responsibilities(x, sigma) for x, sigma in zip(path, sigmas, strict=True)])

    def denoise(self, x, sigma):
        """Mean of the image given x = image + sigma * noise, sigma > 0: (..., dim), the shape of x.

        Source: theory page, eq. (mixture-denoiser).
        """
        x = checks.vectors("x", x, self.dim)
        variances = self._variances(checks.number("sigma", sigma))
        return np.concatenate([self._denoise(block, variances) for block in self._blocks(x)]).reshape(x.shape)

    def sample(self, noise, sigmas=None):
        """Samples of the probability-flow ODE by Heun's method, started at sigmas[0] * noise: (seeds, dim).

        noise: standard normal, one row a seed. sigmas: falling noise levels, 35 EDM steps by default, as for networks.
        """
        return deque(self._steps(noise, sigmas), maxlen=1).pop()

    def path(self, noise, sigmas=None):
        """The states that ``sample`` passes through: (levels, seeds, dim), from sigmas[0] * noise to the samples."""
        return np.stack([*self._steps(noise, sigmas)])

    def _steps(self, noise, sigmas):
        """States at every noise level, the last of them the samples. Source: algorithm 1 of Karras et al. (2022)."""
        noise = checks.matrix("noise", noise, self.dim)
        sigmas = samplers.heun_map(samplers.edm_sigmas(35) if sigmas is None else sigmas).sigmas
        x = sigmas[0] * noise
        yield x
        for sigma, following in pairwise(sigmas):
            step, slope = following - sigma, (x - self.denoise(x, sigma)) / sigma
            ahead = x + step * slope
            if following:
                ahead = x + step / 2 * (slope + (ahead - self.denoise(ahead, following)) / following)
            x = ahead
            yield x

    def _blocks(self, x):
        """The rows of x (..., dim), as many at a time as memory is meant for; at least one block."""
        rows = x.reshape(-1, self.dim)
        size = max(1, BLOCK // self.means.size)
        return [rows[i : i + size] for i in range(0, max(1, len(rows)), size)]

    def _variances(self, sigma):
        """Variances of the noisy components along their own axes: (K, dim)."""
        variances = self.eigenvalues + sigma**2
        if not variances.min() > 0:
            raise ValueError("sigma must be > 0 where a covariance is singular, got 0.0")
        return variances

    def _weigh(self, x, variances):
        """Coordinates (K, rows, dim) of x along each component's axes, and responsibilities (rows, K)."""
        coordinates = np.matmul(x - self.means[:, None], self.eigenvectors)
        squares = np.einsum("krd,krd,kd->rk", coordinates, coordinates, 1 / variances)
        exponent = np.log(self.weights) - (np.log(variances).sum(axis=1) + squares) / 2
        weighed = np.exp(exponent - exponent.max(axis=1, keepdims=True))
        weighed[weighed < NEGLIGIBLE] = 0.0
        return coordinates, weighed / weighed.sum(axis=1, keepdims=True)

    def _denoise(self, x, variances):
        coordinates, responsibilities = self._weigh(x, variances)
        denoised = responsibilities @ self.means
        for k, column in enumerate(responsibilities.T):
            rows = column > 0  # at low noise a row has one component or two, and the rest is not computed
            gain = column[rows, None] * (self.eigenvalues[k] / variances[k])
            denoised[rows] += (gain * coordinates[k, rows]) @ self.eigenvectors[k].T
        return denoised


def _clusters(samples, n_clusters, rng, n_iterations=20):
    """Cluster (n,) of each sample by k-means: k-means++ seeding, then Lloyd's iterations."""
    squares = np.square(samples).sum(axis=1)

    def distances(centres):
        return np.maximum(squares[:, None] - 2 * samples @ centres.T + np.square(centres).sum(axis=1), 0.0)

    centres = samples[rng.integers(len(samples))][None]
    nearest = np.square(samples - centres).sum(axis=1)
    while len(centres) < n_clusters:
        if not nearest.any():
            raise ValueError(f"n_components must be at most the {len(centres)} distinct samples, got {n_clusters}")
        chosen = samples[rng.choice(len(samples), p=nearest / nearest.sum())]
        centres = np.vstack([centres, chosen])
        nearest = np.minimum(nearest, np.square(samples - chosen).sum(axis=1))
    for _ in range(n_iterations):
        labels = distances(centres).argmin(axis=1)
        counts = np.bincount(labels, minlength=n_clusters)
        sums = np.zeros_like(centres)
        np.add.at(sums, labels, samples)
        filled = counts > 0
        centres[filled] = sums[filled] / counts[filled, None]
    return distances(centres).argmin(axis=1)
