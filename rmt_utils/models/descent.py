"""Linear denoisers that are trained by gradient descent, as networks are, and what they sample.

D(x; sigma) = c_skip x + c_out W c_in x in EDM's preconditioning, with a matrix W for the network and data about their
mean. Every noise level is trained by itself on half the squared error of W c_in x for (x_0 - c_skip x)/c_out, averaged
over all training images x_0 and all noise, x = x_0 + sigma z. Source: Karras et al. (2022), table 1 and eq. (8).
"""

from itertools import pairwise

import numpy as np

from rmt_utils import checks
from rmt_utils.theory.samplers import early_stopped_map


def gradient_descent(covariance, sigmas, sigma_data, learning_rate, n_doublings, start=None):
    """Yield (steps, denoisers) after 1, 2, 4, ..., 2^n_doublings steps of gradient descent.

    covariance: of the training images, (dim, dim). sigmas: noise levels as in ``heun_map``. sigma_data: standard
    deviation of the pixels. start: W at the beginning, the same at all levels, (dim, dim); zero if not given.
    denoisers: (levels > 0, dim, dim), the matrices that take x to D(x; sigma). Time of training is steps times
    learning_rate. A step is W -> W keep + learned, and so are any number of steps: twice as many are two products.
    ValueError for a learning rate with which the weights diverge.

    >>> [(steps, denoisers)] = gradient_descent(np.eye(1), [1.0, 0.0], 2.0, 0.5, n_doublings=0)
    >>> steps, float(denoisers[0, 0, 0].round(9))  # from c_skip = 0.8 a fifth of the way to 1/2
    (1, 0.74)
    """
    covariance = checks.matrix("covariance", covariance)
    levels, total, skip, gain = _preconditioning(sigmas, sigma_data)
    identity = np.eye(len(covariance))
    noisy = covariance + levels**2 * identity  # (levels, dim, dim)
    learning_rate = checks.number("learning_rate", learning_rate)
    if learning_rate * np.linalg.eigvalsh(noisy / total).max() >= 2:
        raise ValueError(f"learning_rate must be below 2 over the largest curvature, got {learning_rate}")
    # of c_out c_in W in place of W, with c_in^2 = 1/total
    keep, learned = identity - learning_rate * noisy / total, learning_rate * (covariance - skip * noisy) / total
    for doubling in range(checks.count("n_doublings", n_doublings, at_least=0) + 1):
        yield 2**doubling, skip * identity + learned + (0.0 if start is None else gain * (start @ keep))
        keep, learned = keep @ keep, learned @ keep + learned


def trained(model, sigmas, sigma_data, times, start=None, doublings=6):
    """Samples of unit seeds by denoisers that gradient descent trains: (times, seeds = dim, dim).

    model: ``Spectrum`` of the training images about a known mean, with eigenvectors. times: of training, each the first
    one, of 2^doublings steps, times a power of two. The seeds are unit vectors times sigmas[0]. Other arguments: as for
    ``gradient_descent``. ValueError for other times.

    >>> from rmt_utils import Spectrum
    >>> model = Spectrum([1.0], eigenvectors=np.eye(1))
    >>> trained(model, [2.0, 0.0], 1.0, [1.0, 1024.0]).round(3).ravel()  # from c_skip on the gain is 1/(1 + 4)
    array([0.4, 0.4])
    """
    powers = np.log2(checks.positive("times", times) / times[0])
    if not np.allclose(powers, powers.round(), atol=1e-6):
        raise ValueError(f"times must be powers of two of the first, got {times}")
    kept = 2.0 ** (powers.round() + doublings)
    vectors = model.eigenvectors
    covariance = (vectors * model.eigenvalues[: vectors.shape[1]]) @ vectors.T
    n_doublings = int(np.log2(kept.max()))
    descent = gradient_descent(covariance, sigmas, sigma_data, times[0] / 2**doublings, n_doublings, start)
    return sigmas[0] * np.stack([sampler(denoisers, sigmas).T for steps, denoisers in descent if steps in kept])


def stopped_maps(spectrum, sigmas, times):
    """``early_stopped_map`` after each of ``times``, for pixels of the standard deviation of ``spectrum``: a list.

    spectrum: ``Spectrum`` or ``Population``.

    >>> from rmt_utils import Spectrum
    >>> [f.sigma_data for f in stopped_maps(Spectrum([7.0, 1.0]), [2.0, 0.0], [0.0, 1.0])]
    [2.0, 2.0]
    """
    pixel = np.sqrt(spectrum.eigenvalues.mean())
    return [early_stopped_map(sigmas, tau, pixel) for tau in times]


def over_times(law, spectrum, n_samples, sigmas, times):
    """What a law of maps, such as ``spectral_mean``, says of each of ``stopped_maps``: (times, ...).

    law: a function of map, spectrum and ``n_samples``.

    >>> from rmt_utils import Spectrum, spectral_mean
    >>> over_times(spectral_mean, Spectrum([4.0, 4.0]), np.inf, [2.0, 0.0], [0.0, np.inf])
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    return np.stack([law(f, spectrum, n_samples) for f in stopped_maps(spectrum, sigmas, times)])


def sampler(denoisers, sigmas):
    """Matrices (..., dim, dim) that take x_T to x_0 by Heun's method, for denoisers (levels > 0, ..., dim, dim)."""
    state = np.broadcast_to(np.eye(denoisers.shape[-1]), denoisers.shape[1:])
    for index, (sigma, following) in enumerate(pairwise(sigmas)):
        if following == 0:
            return denoisers[index] @ state
        slope = (state - denoisers[index] @ state) / sigma
        trial = state + (following - sigma) * slope
        state = state + (following - sigma) / 2 * (slope + (trial - denoisers[index + 1] @ trial) / following)
    return state


def initial_response(eigenvalues, sigmas, tau, sigma_data):
    """How the sample in mode a moves with the entry (a, b) of the initial W, per unit of x_T in mode b: (a, b).

    To first order in W, for data of these eigenvalues (modes,); other arguments as in ``early_stopped_map``. With
    independent entries of variance v and an isotropic seed of variance sigma_T^2 the initialisation gives mode a the
    variance v sigma_T^2 sum_b response_ab^2. In the space of a and b the matrices of all steps are triangular, and
    the response is their product's corner.

    >>> initial_response([1.0], [2.0, 0.0], tau=0.0, sigma_data=1.0)  # c_out c_in = 2/5
    array([[0.4]])
    """
    levels, total, _, gain = _preconditioning(sigmas, sigma_data)
    eigenvalues = checks.non_negative("eigenvalues", eigenvalues)
    gains = np.stack([early_stopped_map([sigma, 0.0], tau, sigma_data)(eigenvalues) for sigma in levels.ravel()])
    left = np.exp(-tau * (eigenvalues + levels[..., 0] ** 2) / total[..., 0])
    modes = eigenvalues.size
    denoisers = np.zeros((len(levels), modes, modes, 2, 2))
    denoisers[..., 0, 0], denoisers[..., 1, 1] = gains[:, :, None], gains[:, None, :]
    denoisers[..., 0, 1] = (gain[..., 0] * left)[:, None, :]
    return sampler(denoisers, sigmas)[..., 0, 1]


def _preconditioning(sigmas, sigma_data):
    """Levels sigma > 0, sigma^2 + sigma_data^2, c_skip and c_out c_in: each (levels, 1, 1)."""
    levels = checks.non_negative("sigmas", sigmas)
    levels = levels[levels > 0][:, None, None]
    total = levels**2 + checks.number("sigma_data", sigma_data) ** 2
    return levels, total, sigma_data**2 / total, levels * sigma_data / total
