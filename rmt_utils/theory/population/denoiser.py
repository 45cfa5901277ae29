"""The linear denoiser of real images: its gain, and the covariance of its outputs over data sets."""

from functools import cached_property

import numpy as np

from rmt_utils.theory.population.fixed_point import ladder


class DenoiserLaw:
    """The linear denoiser at noise variances z and n_samples, arrays that broadcast to one shape, the levels.

    z: > 0, or complex off the negative axis for the gain. estimated: as in ``SpectralLaw``.
    """

    def __init__(self, population, z, n_samples, estimated=False):
        self.population, self.modes, self.rank = population, population.dim, population.rank
        z, n_samples = np.broadcast_arrays(z, n_samples)
        if (np.isreal(z) & (z.real <= 0)).any() or not np.isfinite(z).all():
            raise ValueError(f"sigma2 or z must be > 0, or complex off the negative axis, for a Population, got {z}")
        pairs = zip(z.ravel().tolist(), n_samples.ravel().tolist(), strict=True)
        self.shape, self.levels = z.shape, [DenoiserLevel(population, *pair, estimated) for pair in pairs]

    def gain(self):
        """E[Sigma_hat (Sigma_hat + z)^-1]_jj: levels + (modes,)."""
        return self._at_every_level(lambda level: level.gain(), (self.modes,))

    def variance(self, v, x, pairing):
        """Variance of v^T D(x) for v, x (..., modes) that broadcast to probes: levels + probes."""
        row = v[..., None, : self.rank]

        def form(level):
            return (row @ level.covariances(x, pairing) @ row.swapaxes(-1, -2))[..., 0, 0]

        return self._at_every_level(form, np.broadcast_shapes(v.shape, x.shape)[:-1])

    def mode_variance(self, x, pairing):
        """``variance`` of every output mode: levels + x's shape."""

        def diagonal(level):
            return self.population.to_modes(np.diagonal(level.covariances(x, pairing), axis1=-2, axis2=-1))

        return self._at_every_level(diagonal, x.shape)

    def _at_every_level(self, law, shape):
        """law(level), of ``shape``, at every level: levels + shape."""
        values = np.array([law(level) for level in self.levels])
        return values.reshape(self.shape + shape)[()]


class DenoiserLevel:
    """The linear denoiser at one noise variance z and one n_samples."""

    def __init__(self, population, z, n_samples, estimated=False):
        self.population, self.z = population, z
        self.rows, self.penalty, self.unit = population.augmented(n_samples, estimated)
        self.node = population.resolvent(z, n_samples, estimated)
        self.weights = 1 / (1 + self.node.q) ** 2  # (N,)

    def gain(self):
        """(modes,)."""
        return self.population.to_modes(1 - self.z * np.diag(self.node.inverse)[: self.population.rank])

    def covariances(self, x, pairing):
        """``covariance`` at every input x (..., modes): (..., rank, rank)."""
        found = [self.covariance(one, pairing) for one in x.reshape(-1, x.shape[-1])]
        return np.reshape(found, (*x.shape[:-1], self.population.rank, self.population.rank))

    def covariance(self, x, pairing):
        """Covariance over data sets of the output D(x): (rank, rank), at one input x (modes,) or averaged over several.

        The average over inputs (inputs, modes) takes the time of one, since the two-point map is linear in A.
        The square of the mean influence of one sample is no variance. The second pairing is as in
        ``SpectralLaw._pairing``; for Gaussian samples it is <v,x>^2.
        """
        node, rows, rank, n_samples = self.node, self.rows, self.population.rank, self.node.n_samples
        x = np.atleast_2d(x)[:, :rank]
        x = np.concatenate([x, np.broadcast_to(self.unit, (len(x), self.unit.size))], axis=1) / np.sqrt(len(x))
        shrunk = x @ node.inverse
        along = np.square(rows @ shrunk.T).sum(axis=1)  # mean (x_i^T M^-1 x)^2, (N,)
        y = ladder(rows, node, node, along)
        inner = rows.T @ (rows * (self.weights * y / (len(y) * n_samples))[:, None])
        influence = x - self.z * self.penalty * shrunk
        inner -= influence.T @ influence / n_samples
        if pairing:
            exchanged = shrunk @ self._common
            inner += exchanged.T @ exchanged / n_samples
        covariance = (node.inverse @ inner @ node.inverse)[:rank, :rank]
        if not pairing:
            paired = x[:, :rank] * self._own
            covariance -= paired.T @ paired / n_samples
        return self.z**2 * covariance

    @cached_property
    def _common(self):
        """The direction in which all samples fluctuate together, times the root of what the ladders lack along it."""
        inverse = self.node.inverse
        bare = np.sum((self.rows @ (inverse * self.penalty)) * (self.rows @ inverse), axis=1)
        response = ladder(self.rows, self.node, self.node, bare)
        weighted = self.weights * response / len(response)
        strength = 1 / (weighted @ bare) - 1 / (weighted @ response)
        return self.rows.T @ ((np.sqrt(strength) * weighted)[:, None] * self.rows)

    @cached_property
    def _own(self):
        """Root of half the variance of the bare rung of each mode with itself: (rank,)."""
        inverse, rank = self.node.inverse, self.population.rank
        rung = self.weights @ (self.rows @ inverse[:, :rank]) ** 4 / len(self.rows)
        influence = np.diag(inverse - self.z * (inverse * self.penalty) @ inverse)[:rank]
        return np.sqrt((rung - influence**2) / 2)
