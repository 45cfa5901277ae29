"""Maps as values: functions f(s) of an eigenvalue that can be compared, hashed, printed and pickled.

Each is made by the function of ``theory.samplers`` that its docstring names, which says what it is.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate, pairwise
from operator import mul

import numpy as np

from rmt_utils import checks


class Map(ABC):
    """A function of the eigenvalue s, set by the numbers and tuples of numbers that are its fields.

    start: sigma_T of a sampler that starts at sigma_T times unit noise. None for any other map; a flow starts at the
    noise itself, about the mean that it adds at the end.
    """

    start = None

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

        >>> [float(at) for at in EulerMap([2.0, 1.0, 0.0]).steps(1.0)]
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

    @property
    def start(self):
        """sigma_T: ``Map``."""
        return self.sigma_max

    def _values(self, s):
        return np.sqrt((s + self.sigma_min**2) / (s + self.sigma_max**2))


@dataclass(frozen=True)
class HeunMap(SteppedMap):
    """``heun_map``."""

    sigmas: tuple

    def __post_init__(self):
        _set(self, sigmas=_falling("sigmas", self.sigmas))

    @property
    def start(self):
        """sigma_T: ``Map``."""
        return self.sigmas[0]

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

    @property
    def start(self):
        """sigma_T: ``Map``."""
        return self.sigmas[0]

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
