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
        self.rows, self.penalty = population.augmented(n_samples, estimated)
        self.unit = population.unit(n_samples, estimated)
        self.inner = slice(self.unit.size, None)  # columns of modes
        self.node = population.resolvent(z, n_samples, estimated)
        self.weights = 1 / (1 + self.node.q) ** 2  # (N,)

    def gain(self):
        """(modes,)."""
        return self.population.to_modes(1 - self.z * self.node.inverse.diagonal[self.inner])

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
        node, rows, n_samples = self.node, self.rows, self.node.n_samples
        x = self.population.inputs(np.atleast_2d(x), self.unit)
        x = x / np.sqrt(len(x))
        shrunk = node.inverse.applied(x)
        along = np.square(rows.values @ shrunk.T).sum(axis=1)  # mean (x_i^T M^-1 x)^2, (N,)
        y = ladder(rows, node, node, along)
        inner = rows.values.T @ (rows.values * (self.weights * y / (len(y) * n_samples))[:, None])
        influence = x - self.z * self.penalty * shrunk
        inner -= influence.T @ influence / n_samples
        if pairing:
            exchanged = shrunk @ self._common
            inner += exchanged.T @ exchanged / n_samples
        covariance = node.inverse.applied(node.inverse.applied(inner).T)[self.inner, self.inner]
        if not pairing:
            paired = x[:, self.inner] * self._own
            covariance -= paired.T @ paired / n_samples
        return self.z**2 * covariance

    @cached_property
    def _common(self):
        """The direction in which all samples fluctuate together, times the root of what the ladders lack along it."""
        bare = self.rows.quadratic(self.node.inverse.through(self.penalty))
        response = ladder(self.rows, self.node, self.node, bare)
        weighted = self.weights * response / len(response)
        strength = 1 / (weighted @ bare) - 1 / (weighted @ response)
        return self.rows.values.T @ ((np.sqrt(strength) * weighted)[:, None] * self.rows.values)

    @cached_property
    def _own(self):
        """Root of half the variance of the bare rung of each mode with itself: (rank,)."""
        applied = self.node.inverse.applied(self.rows.values)[:, self.inner]
        rung = self.weights @ applied**4 / len(self.rows)
        influence = self.node.influence(self.penalty).diagonal[self.inner]
        return np.sqrt((rung - influence**2) / 2)
