"""What linear diffusion does to a covariance, as functions f(s) of an eigenvalue s.

Each function returns f for real s >= 0 or complex s off the negative axis, any shape. Noise levels sigma have the unit
of the data, s has its square. ValueError, naming the argument, for values outside the stated ranges.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rmt_utils import checks


def denoiser(sigma2):
    """One denoising step at noise variance sigma2 > 0, unit of s: f(s) = s / (s + sigma2).

    >>> float(denoiser(1.0)(1.0))
    0.5
    """
    sigma2 = checks.number("sigma2", sigma2)
    return lambda s: s / (s + sigma2)


def exact_map(sigma_max, sigma_min=0.0):
    """Exact solution of the probability-flow ODE from sigma_max to sigma_min < sigma_max.

    f(s) = sqrt((s + sigma_min^2) / (s + sigma_max^2)) multiplies x_T - mean. Source: section 3 of the paper.

    >>> float(exact_map(3.0)(16.0))
    0.8
    """
    sigma_max = checks.number("sigma_max", sigma_max)
    sigma_min = checks.number("sigma_min", sigma_min, checks.non_negative)
    if sigma_min >= sigma_max:
        raise ValueError(f"sigma_min must lie in [0, sigma_max), got {sigma_min}")
    return lambda s: np.sqrt((s + sigma_min**2) / (s + sigma_max**2))


def heun_map(sigmas):
    """Heun's method on the probability-flow ODE over the noise levels ``sigmas``, falling strictly to any level >= 0.

    f multiplies x - mean at the first level. Each step multiplies by 1 + h/2 (g + g' (1 + h g)), h = sigma' - sigma,
    g = sigma/(s + sigma^2); one to 0, an Euler step, by s/(s + sigma^2). Source: algorithm 1 of Karras et al. (2022)
    with the linear denoiser.

    >>> float(heun_map([2.0, 0.0])(1.0))
    0.2
    """
    sigmas = _falling("sigmas", sigmas)

    def f(s):
        product = 1.0
        for sigma, following in pairwise(sigmas):
            if following == 0:
                return product * s / (s + sigma**2)
            step = following - sigma
            g, g_next = sigma / (s + sigma**2), following / (s + following**2)
            product = product * (1 + step / 2 * (g + g_next * (1 + step * g)))
        return product

    return f


@dataclass(frozen=True)
class EarlyStoppedMap:
    """Heun's method with linear denoisers that were trained for a time tau: ``early_stopped_map``, which checks these.

    sigmas: a tuple of falling noise levels. tau >= 0, inf allowed. sigma_data > 0.
    """

    sigmas: tuple
    tau: float
    sigma_data: float

    def __call__(self, s):
        """What multiplies x - mean along an eigenvector of eigenvalue s: the shape of s."""
        product = 1.0
        for sigma, following in pairwise(self.sigmas):
            if following == 0:
                return product * self.denoise(s, sigma)
            step = following - sigma
            g, g_next = self._slope(s, sigma), self._slope(s, following)
            product = product * (1 + step / 2 * (g + g_next * (1 + step * g)))
        return product

    def denoise(self, s, sigma):
        """Gain of the denoiser at noise level sigma > 0: from c_skip at tau = 0 to s/(s + sigma^2); shape of s."""
        forgotten, share = self._forgotten(s, sigma), sigma**2 / (self.sigma_data**2 + sigma**2)
        # s/(s + sigma^2) + forgotten (c_skip - s/(s + sigma^2)) over one denominator: for s >= 0 nothing cancels
        return (s * (1 - share * forgotten) + (1 - share) * sigma**2 * forgotten) / (s + sigma**2)

    def _slope(self, s, sigma):
        """(1 - denoise)/sigma."""
        total = self.sigma_data**2 + sigma**2
        return sigma / (s + sigma**2) * (1 + self._forgotten(s, sigma) * (s - self.sigma_data**2) / total)

    def _forgotten(self, s, sigma):
        """Share of the way from the initial to the trained weight that is still to go."""
        if np.isinf(self.tau):
            return 0.0
        return np.exp(-self.tau * (s + sigma**2) / (self.sigma_data**2 + sigma**2))


def early_stopped_map(sigmas, tau, sigma_data):
    """``heun_map`` of linear denoisers trained by gradient flow for a time tau, from zero: ``EarlyStoppedMap``.

    D(x; sigma) = c_skip x + c_out W c_in x is EDM's preconditioning with a matrix W for the network, each noise level
    trained by itself with the loss weight 1/c_out^2. tau >= 0, inf allowed, counts training steps times the learning
    rate of half the squared error; sigma_data > 0 is the standard deviation of the pixels. At tau = 0 the samples are
    white noise of this deviation, at inf those of ``heun_map``. f is an entire function for finite tau.
    Source: theory page, eq. (early-stopping); Karras et al. (2022), table 1.

    >>> maps = [early_stopped_map([2.0, 1.0, 0.0], tau, 1.0) for tau in (0.0, 1.0, float("inf"))]
    >>> [round(float(f(4.0)), 4) for f in maps]
    [0.325, 0.604, 0.64]
    """
    sigmas = _falling("sigmas", sigmas)
    if not (np.isscalar(tau) and tau == np.inf):
        tau = checks.number("tau", tau, checks.non_negative)
    return EarlyStoppedMap(tuple(sigmas.tolist()), float(tau), checks.number("sigma_data", sigma_data))


def euler_map(sigmas):
    """Euler's method (DDIM) on the probability-flow ODE over the noise levels ``sigmas``, as in ``heun_map``.

    Each step from sigma to sigma' multiplies by (s + sigma sigma') / (s + sigma^2). Source: Song, Meng
    and Ermon (2021), eq. (13), with the linear denoiser.

    >>> float(euler_map([2.0, 1.0, 0.0])(1.0))
    0.3
    """
    sigmas = _falling("sigmas", sigmas)

    def f(s):
        product = 1.0
        for sigma, following in pairwise(sigmas):
            product = product * ((s + sigma * following) / (s + sigma**2))
        return product

    return f


def flow_map(times):
    """Euler's method for flow matching over ``times`` in [0, 1], falling strictly from noise, 1, to data, 0, or a part.

    x_t = (1 - t) x_0 + t noise; the velocity E[noise - x_0 | x_t] of the linear model is b (x_t - (1 - t) mean) - mean
    with b = (t - (1 - t) s) / ((1 - t)^2 s + t^2). f multiplies x_t - (1 - t) mean at the first time, which at t = 1 is
    the noise, and gives the same at the last. From t = 1 the whole mean is therefore added at the end, and its estimate
    contributes lambda/n to the variance of a mode, not ``mean_estimate_variance``.
    Source: Lipman et al. (2023) with a Gaussian posterior.

    >>> round(float(flow_map([1.0, 0.5, 0.0])(4.0)), 9)  # steps 1 - b/2 = 1/2 and 1.6
    0.8
    """
    times = _falling("times", times)
    if times[0] > 1:
        raise ValueError(f"times must lie in [0, 1], got {times[0]}")

    def f(s):
        product = 1.0
        for time, following in pairwise(times):
            data = 1 - time
            # With h = following - time, 1 + h b over one denominator: nothing cancels.
            product = product * ((data * (1 - following) * s + time * following) / (data**2 * s + time**2))
        return product

    return f


def matrix_power(alpha):
    """Power f(s) = s^alpha, alpha in (0, 1]; alpha = 1/2 is the exact map of a normalised seed at sigma_max -> inf.

    >>> float(matrix_power(0.5)(9.0))
    3.0
    """
    alpha = checks.number("alpha", alpha)
    if alpha > 1:
        raise ValueError(f"alpha must lie in (0, 1], got {alpha}")
    return lambda s: np.power(s, alpha)


def edm_sigmas(n_steps, sigma_max=80.0, sigma_min=0.002, rho=7.0):
    """Noise levels (n_steps + 1,) of the EDM sampler, from sigma_max to sigma_min and then 0.

    Source: eq. (5) of Karras et al. (2022).

    >>> edm_sigmas(3).round(3)
    array([8.000e+01, 2.515e+00, 2.000e-03, 0.000e+00])
    """
    n_steps = checks.count("n_steps", n_steps, at_least=2)
    sigma_max, sigma_min = checks.number("sigma_max", sigma_max), checks.number("sigma_min", sigma_min)
    rho = checks.number("rho", rho)
    if sigma_max <= sigma_min:
        raise ValueError(f"sigma_max must be above sigma_min = {sigma_min}, got {sigma_max}")
    start, end = sigma_max ** (1 / rho), sigma_min ** (1 / rho)
    return np.append((start + np.linspace(0, 1, n_steps) * (end - start)) ** rho, 0.0)


def _falling(name, value):
    """Grid (steps + 1,) of ``value``; ValueError unless it falls strictly and no further than to 0."""
    grid = checks.non_negative(name, value)
    if grid.ndim != 1 or grid.size < 2 or not (np.diff(grid) < 0).all():
        raise ValueError(f"{name} must be two or more numbers that fall strictly, got {grid}")
    return grid
