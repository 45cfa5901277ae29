"""What linear diffusion does to a covariance, as functions f(s) of an eigenvalue s.

Each function returns f for real s >= 0 or complex s off the negative axis, any shape, in double precision: a ``Map``,
which can be compared, hashed, printed and pickled. Noise levels sigma have the unit of the data, s has its square.
ValueError, naming the argument, for values outside the stated ranges.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate, pairwise
from operator import mul

import numpy as np
from numpy.typing import ArrayLike

from rmt_utils import checks
from rmt_utils.annotations import Real


class Map(ABC):
    """A function of the eigenvalue s, set by the numbers and tuples of numbers that are its fields."""

    def __call__(self, s):
        """f(s): the shape of s."""
        return self._values(checks.numbers("s", s))

    @abstractmethod
    def _values(self, s):
        """f at s, float64 or complex128."""


class SteppedMap(Map):
    """A map that is a product over the steps of a sampler."""

    def steps(self, s):
        """f(s) up to the end of every step, an iterator: what multiplies x - mean there. The last is f(s) itself.

        >>> [float(at) for at in euler_map([2.0, 1.0, 0.0]).steps(1.0)]
        [0.6, 0.3]
        """
        return accumulate(self._factors(checks.numbers("s", s)), mul)

    def _values(self, s):
        return reduce(mul, self._factors(s))

    @abstractmethod
    def _factors(self, s):
        """What every step multiplies by, an iterator."""


@dataclass(frozen=True)
class Denoiser(Map):
    """``denoiser``."""

    sigma2: float

    def __post_init__(self):
        _set(self, sigma2=checks.number("sigma2", self.sigma2))

    def _values(self, s):
        return s / (s + self.sigma2)


@dataclass(frozen=True)
class ExactMap(Map):
    """``exact_map``."""

    sigma_max: float
    sigma_min: float = 0.0

    def __post_init__(self):
        sigma_max = checks.number("sigma_max", self.sigma_max)
        sigma_min = checks.number("sigma_min", self.sigma_min, checks.non_negative)
        if sigma_min >= sigma_max:
            raise ValueError(f"sigma_min must lie in [0, sigma_max), got {sigma_min}")
        _set(self, sigma_max=sigma_max, sigma_min=sigma_min)

    def _values(self, s):
        return np.sqrt((s + self.sigma_min**2) / (s + self.sigma_max**2))


@dataclass(frozen=True)
class HeunMap(SteppedMap):
    """``heun_map``."""

    sigmas: tuple

    def __post_init__(self):
        _set(self, sigmas=_falling("sigmas", self.sigmas))

    def _factors(self, s):
        for sigma, following in pairwise(self.sigmas):
            if following == 0:
                yield self._gain(s, sigma)
                return
            step = following - sigma
            g, g_next = self._slope(s, sigma), self._slope(s, following)
            yield 1 + step / 2 * (g + g_next * (1 + step * g))

    def _gain(self, s, sigma):
        """What the denoiser multiplies by."""
        return s / (s + sigma**2)

    def _slope(self, s, sigma):
        """(1 - gain)/sigma."""
        return sigma / (s + sigma**2)


@dataclass(frozen=True)
class EarlyStoppedMap(HeunMap):
    """``early_stopped_map``."""

    tau: float
    sigma_data: float

    def __post_init__(self):
        super().__post_init__()
        forever = isinstance(self.tau, float) and self.tau == np.inf
        tau = np.inf if forever else checks.number("tau", self.tau, checks.non_negative)
        _set(self, tau=tau, sigma_data=checks.number("sigma_data", self.sigma_data))

    def _gain(self, s, sigma):
        left, total = self._left(s, sigma), self.sigma_data**2 + sigma**2
        return (1 - left) * super()._gain(s, sigma) + left * (self.sigma_data**2 / total)

    def _slope(self, s, sigma):
        left, total = self._left(s, sigma), self.sigma_data**2 + sigma**2
        return (1 - left) * super()._slope(s, sigma) + left * (sigma / total)

    def _left(self, s, sigma):
        """Share of the way from the initial to the trained weight that is left after tau."""
        if self.tau == np.inf:
            return 0.0
        return np.exp(-self.tau * (s + sigma**2) / (self.sigma_data**2 + sigma**2))


@dataclass(frozen=True)
class EulerMap(SteppedMap):
    """``euler_map``."""

    sigmas: tuple

    def __post_init__(self):
        _set(self, sigmas=_falling("sigmas", self.sigmas))

    def _factors(self, s):
        return ((s + sigma * following) / (s + sigma**2) for sigma, following in pairwise(self.sigmas))


@dataclass(frozen=True)
class FlowMap(SteppedMap):
    """``flow_map``."""

    times: tuple

    def __post_init__(self):
        times = _falling("times", self.times)
        if times[0] > 1:
            raise ValueError(f"times must lie in [0, 1], got {times[0]}")
        _set(self, times=times)

    def _factors(self, s):
        for time, following in pairwise(self.times):
            data = 1 - time
            # With h = following - time, 1 + h b over one denominator: nothing cancels.
            yield (data * (1 - following) * s + time * following) / (data**2 * s + time**2)


@dataclass(frozen=True)
class MatrixPower(Map):
    """``matrix_power``."""

    alpha: float

    def __post_init__(self):
        alpha = checks.number("alpha", self.alpha)
        if alpha > 1:
            raise ValueError(f"alpha must lie in (0, 1], got {alpha}")
        _set(self, alpha=alpha)

    def _values(self, s):
        return np.power(s, self.alpha)


def denoiser(sigma2: float) -> Map:
    """One denoising step at noise variance sigma2 > 0, unit of s: f(s) = s / (s + sigma2).

    >>> float(denoiser(1.0)(1.0))
    0.5
    """
    return Denoiser(sigma2)


def exact_map(sigma_max: float, sigma_min: float = 0.0) -> Map:
    """Exact solution of the probability-flow ODE from sigma_max to sigma_min < sigma_max.

    f(s) = sqrt((s + sigma_min^2) / (s + sigma_max^2)) multiplies x_T - mean. Source: section 3 of the paper.

    >>> float(exact_map(3.0)(16.0))
    0.8
    """
    return ExactMap(sigma_max, sigma_min)


def heun_map(sigmas: ArrayLike) -> Map:
    """Heun's method on the probability-flow ODE over the noise levels ``sigmas``, falling strictly to any level >= 0.

    f multiplies x - mean at the first level. Each step multiplies by 1 + h/2 (g + g' (1 + h g)), h = sigma' - sigma,
    g = sigma/(s + sigma^2); one to 0, an Euler step, by s/(s + sigma^2). Source: algorithm 1 of Karras et al. (2022)
    with the linear denoiser. ``steps`` gives f after every step.

    >>> float(heun_map([2.0, 0.0])(1.0))
    0.2
    """
    return HeunMap(sigmas)


def early_stopped_map(sigmas: ArrayLike, tau: float, sigma_data: float) -> Map:
    """``heun_map`` of linear denoisers that were trained by gradient flow, from zero, for a time tau.

    D(x; sigma) = c_skip x + c_out W c_in x is EDM's preconditioning with a matrix W for the network, each noise level
    trained by itself with the loss weight 1/c_out^2. tau >= 0, inf allowed, counts training steps times the learning
    rate of half the squared error; sigma_data > 0 is the standard deviation of the pixels. At tau = 0 the samples are
    white noise of this deviation, at inf those of ``heun_map``. f is an entire function for finite tau.
    Source: theory page, eq. (early-stopping); Karras et al. (2022), table 1.

    >>> maps = [early_stopped_map([2.0, 1.0, 0.0], tau, 1.0) for tau in (0.0, 1.0, float("inf"))]
    >>> [round(float(f(4.0)), 4) for f in maps]
    [0.325, 0.604, 0.64]
    """
    return EarlyStoppedMap(sigmas, tau, sigma_data)


def euler_map(sigmas: ArrayLike) -> Map:
    """Euler's method (DDIM) on the probability-flow ODE over the noise levels ``sigmas``, as in ``heun_map``.

    Each step from sigma to sigma' multiplies by (s + sigma sigma') / (s + sigma^2). Source: Song, Meng
    and Ermon (2021), eq. (13), with the linear denoiser.

    >>> float(euler_map([2.0, 1.0, 0.0])(1.0))
    0.3
    """
    return EulerMap(sigmas)


def flow_map(times: ArrayLike) -> Map:
    """Euler's method for flow matching over ``times`` in [0, 1], falling strictly from noise, 1, to data, 0, or a part.

    x_t = (1 - t) x_0 + t noise; the velocity E[noise - x_0 | x_t] of the linear model is b (x_t - (1 - t) mean) - mean
    with b = (t - (1 - t) s) / ((1 - t)^2 s + t^2). f multiplies x_t - (1 - t) mean at the first time, which at t = 1 is
    the noise, and gives the same at the last. From t = 1 the whole mean is therefore added at the end, and its estimate
    contributes lambda/n to the variance of a mode, not ``mean_estimate_variance``.
    Source: Lipman et al. (2023) with a Gaussian posterior.

    >>> round(float(flow_map([1.0, 0.5, 0.0])(4.0)), 9)  # steps 1 - b/2 = 1/2 and 1.6
    0.8
    """
    return FlowMap(times)


def matrix_power(alpha: float) -> Map:
    """Power f(s) = s^alpha, alpha in (0, 1]; alpha = 1/2 is the exact map of a normalised seed at sigma_max -> inf.

    >>> float(matrix_power(0.5)(9.0))
    3.0
    """
    return MatrixPower(alpha)


def edm_sigmas(n_steps: int, sigma_max: float = 80.0, sigma_min: float = 0.002, rho: float = 7.0) -> Real:
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
    """Grid of ``value``, a tuple of steps + 1 floats; ValueError unless it falls strictly and no further than to 0."""
    grid = checks.non_negative(name, value)
    if grid.ndim != 1 or grid.size < 2 or not (np.diff(grid) < 0).all():
        raise ValueError(f"{name} must be two or more numbers that fall strictly, got {grid}")
    return tuple(grid.tolist())


def _set(instance, **values):
    """Put what was checked in place of what was given to a frozen dataclass."""
    for name, value in values.items():
        object.__setattr__(instance, name, value)
