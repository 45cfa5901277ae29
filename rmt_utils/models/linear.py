"""The linear diffusion model: everything it does is a function of its covariance, applied about its mean.

A model is a ``Spectrum`` with eigenvectors and mean: ``Spectrum.from_samples(training_images)`` is the model fitted
to a training set, the population's spectrum is the model that infinite data would give.
"""

import numpy as np

from rmt_utils import checks
from rmt_utils.theory import samplers


def apply(f, model, x):
    """mean + f(covariance) (x - mean).

    f: a function of eigenvalues, as in ``rmt_utils.theory.samplers``; f(0) acts where the model has no modes.
    x: (..., ambient). Returns that shape. ValueError if the model has no eigenvectors, x does not fit them, or f does
    not return finite real numbers.
    """
    vectors, outside, factors = _parts(f, model)
    x = checks.vectors("x", x, vectors.shape[0])
    mean = 0.0 if model.mean is None else model.mean
    centred = x - mean
    return mean + outside * centred + ((centred @ vectors) * (factors - outside)) @ vectors.T


def as_matrix(f, model):
    """f(covariance), (ambient, ambient): ``apply`` makes mean + (x - mean) @ it of x. ValueError as there.

    >>> from rmt_utils import Spectrum
    >>> as_matrix(np.sqrt, Spectrum([4.0, 1.0], eigenvectors=np.eye(2), mean=np.ones(2)))
    array([[2., 0.],
           [0., 1.]])
    """
    vectors, outside, factors = _parts(f, model)
    return outside * np.eye(len(vectors)) + (vectors * (factors - outside)) @ vectors.T


def _parts(f, model):
    """Eigenvectors (ambient, k), f where the model has no modes, and f of the eigenvalues that belong to them: (k,)."""
    if model.eigenvectors is None:
        raise ValueError("model must have eigenvectors; Spectrum.from_samples gives them")
    vectors = model.eigenvectors
    values = checks.function_values(f, np.append(0.0, model.eigenvalues[: vectors.shape[1]]))
    return vectors, values[0], values[1:]


def denoise(model, x, sigma2):
    """Linear denoiser mean + C (C + sigma2)^-1 (x - mean), C the model's covariance: theory page, eq. (denoiser).

    x: noisy inputs (..., ambient), sigma2 > 0. Returns the shape of x.
    """
    return apply(samplers.denoiser(sigma2), model, x)


def sample(model, noise, sigma_max=80.0):
    """Samples from the exact probability-flow ODE of the linear model, started at x_T = sigma_max * noise.

    noise: standard normal (..., ambient), one row a seed. Returns that shape. Source: theory page, eq. (exact-map).
    """
    return apply(samplers.exact_map(sigma_max), model, sigma_max * np.asarray(noise))


def sample_heun(model, noise, sigmas=None):
    """Samples from Heun's method over the noise levels ``sigmas`` (35 EDM steps if not given).

    noise: as in ``sample``. Agrees with a loop over denoiser calls to rounding, at the price of one product.
    """
    f = samplers.heun_map(samplers.edm_sigmas(35) if sigmas is None else sigmas)
    return apply(f, model, f.sigmas[0] * np.asarray(noise))


def sample_by(f, model, noise):
    """Samples of any sampler ``f``, a ``Map``, from unit noise (..., ambient): that shape.

    Where f has a ``start`` it begins at start * noise. A flow from t = 1, or a power, begins at the noise and adds the
    model's mean at the end.

    >>> from rmt_utils import Spectrum
    >>> model = Spectrum([4.0], eigenvectors=np.eye(1), mean=[1.0])
    >>> [float(sample_by(f, model, [1.0])[0]) for f in (samplers.matrix_power(0.5), samplers.euler_map([2.0, 0.0]))]
    [3.0, 1.5]
    """
    if f.start is None:
        return apply(f, model, np.asarray(noise) + (0.0 if model.mean is None else model.mean))
    return apply(f, model, f.start * np.asarray(noise))


def unrelated(model):
    """Mean squared difference a pixel between samples of a model from different noise: twice its variance a pixel.

    >>> from rmt_utils import Spectrum
    >>> unrelated(Spectrum([4.0, 1.0]))
    5.0
    """
    return 2 * model.trace / model.dim


def seed_noise(seeds, dim):
    """Standard normal noise (len(seeds), dim), each row from its own seed alone: the same at any batch size.

    >>> bool((seed_noise([3, 5], 4)[1] == seed_noise([5], 4)[0]).all())
    True
    """
    dim, seeds = checks.count("dim", dim), [checks.count("seeds", seed, at_least=0) for seed in seeds]
    return np.array([np.random.default_rng(seed).standard_normal(dim) for seed in seeds]).reshape(len(seeds), dim)
