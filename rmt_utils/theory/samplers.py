"""What linear diffusion does to a covariance, as functions f(s) of an eigenvalue s.

Each function returns f for real s >= 0 or complex s off the negative axis, any shape, in double precision: a ``Map`` of
``theory.maps``. Noise levels sigma have the unit of the data, s has its square. ValueError, naming the argument, for
values outside the stated ranges.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rmt_utils import checks
from rmt_utils.annotations import Real
from rmt_utils.theory.maps import Denoiser, EarlyStoppedMap, EulerMap, ExactMap, FlowMap, HeunMap, Map, MatrixPower


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
