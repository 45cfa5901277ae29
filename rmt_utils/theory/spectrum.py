"""The spectrum of a covariance: what every law in this package takes as its data."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rmt_utils import checks
from rmt_utils.theory.grid import Grid
from rmt_utils.theory.quadrature import Measure


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues of a covariance, optionally with eigenvectors and mean.

    eigenvalues: (modes,), finite and >= 0, any order, square of the unit of the data.
    multiplicities: (modes,), > 0, how often each eigenvalue occurs; ones if not given.
    eigenvectors: (ambient, k), orthonormal columns that belong to the first k eigenvalues; with k < modes
    the remaining eigenvalues must be 0 (directions that the samples never reached).
    mean: (ambient,), 0 if not given.

    Raises ValueError, naming the argument, for anything else.

    >>> Spectrum([3.0, 1.0], multiplicities=[1, 4]).dim
    5
    """

    eigenvalues: np.ndarray
    multiplicities: np.ndarray | None = None
    eigenvectors: np.ndarray | None = None
    mean: np.ndarray | None = None

    def __post_init__(self):
        eigenvalues = checks.non_negative("eigenvalues", self.eigenvalues)
        if eigenvalues.ndim != 1 or eigenvalues.size == 0:
            raise ValueError(f"eigenvalues must have shape (modes,) with modes >= 1, got {eigenvalues.shape}")
        modes = eigenvalues.size
        multiplicities = np.ones(modes)
        if self.multiplicities is not None:
            multiplicities = checks.positive("multiplicities", self.multiplicities)
            if multiplicities.shape != (modes,):
                raise ValueError(f"multiplicities must have shape ({modes},), got {multiplicities.shape}")
        set_field = object.__setattr__
        set_field(self, "eigenvalues", eigenvalues)
        set_field(self, "multiplicities", multiplicities)
        if self.eigenvectors is not None:
            vectors = checks.matrix("eigenvectors", self.eigenvectors)
            repeated = multiplicities.max() > 1
            if vectors.shape[1] > modes or repeated or eigenvalues[vectors.shape[1] :].any():
                raise ValueError(
                    "eigenvectors need one column for every non-zero eigenvalue and no multiplicities, "
                    f"got shape {vectors.shape} for {modes} eigenvalues"
                )
            set_field(self, "eigenvectors", vectors)
        if self.mean is not None:
            mean = checks.finite("mean", self.mean)
            ambient = modes if self.eigenvectors is None else self.eigenvectors.shape[0]
            if mean.shape != (ambient,):
                raise ValueError(f"mean must have shape ({ambient},), got {mean.shape}")
            set_field(self, "mean", mean)

    @property
    def dim(self):
        """Dimension d: the number of eigenvalues, each counted with its multiplicity."""
        total = self.multiplicities.sum()
        return int(total) if total == np.rint(total) else float(total)

    @property
    def trace(self):
        """Sum of all eigenvalues: the total variance."""
        return float(self.multiplicities @ self.eigenvalues)

    @cached_property
    def measure(self):
        """The non-zero eigenvalues as they enter sums over the spectrum: a ``Measure``, all of them."""
        return Measure.of(self.eigenvalues, self.multiplicities)

    @cached_property
    def compressed(self):
        """The same sums from about ten nodes a factor of two in eigenvalue: ``Measure.compress``."""
        return self.measure.compress()

    @cached_property
    def grid(self):
        """Points from which smooth functions of the eigenvalue are carried to every mode: a ``Grid``."""
        return Grid.of(self.eigenvalues)

    @classmethod
    def power_law(cls, dim, exponent, floor=0.0, mean_eigenvalue=1.0):
        """lambda_k = floor + c k^-exponent, k = 1..dim, c such that the mean is ``mean_eigenvalue``.

        >>> Spectrum.power_law(4, 1.0).eigenvalues.round(2)
        array([1.92, 0.96, 0.64, 0.48])
        """
        dim = checks.count("dim", dim)
        exponent = checks.number("exponent", exponent, checks.finite)
        mean_eigenvalue = checks.number("mean_eigenvalue", mean_eigenvalue)
        floor = checks.number("floor", floor, checks.non_negative)
        if floor >= mean_eigenvalue:
            raise ValueError(f"floor must lie in [0, mean_eigenvalue), got {floor}")
        decay = np.arange(1, dim + 1.0) ** -exponent
        return cls(floor + (mean_eigenvalue - floor) * decay / decay.mean())

    @classmethod
    def from_samples(cls, samples):
        """Spectrum of the sample covariance, centred, with 1/(n-1): eigenvalues falling, eigenvectors, mean.

        samples: (n, dim), n >= 2. Eigenvalues have shape (dim,), the eigenvectors (dim, rank).

        >>> Spectrum.from_samples([[1.0, 0.0], [-1.0, 0.0]]).eigenvalues
        array([2., 0.])
        """
        samples = checks.matrix("samples", samples)
        n = len(samples)
        if n < 2:
            raise ValueError(f"samples must have at least 2 rows, got {n}")
        mean = samples.mean(axis=0)
        factor = samples - mean
        factor /= np.sqrt(n - 1)
        return cls.from_factor(factor, mean)

    @classmethod
    def from_factor(cls, factor, mean=None):
        """Spectrum of B^T B, eigenvalues falling, with eigenvectors (dim, rank).

        factor: B (rows, dim). mean: (dim,), passed on.

        >>> Spectrum.from_factor([[0.0, 3.0]]).eigenvalues
        array([9., 0.])
        """
        factor = checks.matrix("factor", factor)
        rows, dim = factor.shape
        # The smaller of the two Gram matrices has the same non-zero eigenvalues.
        wide = rows <= dim
        eigenvalues, vectors = np.linalg.eigh(factor @ factor.T if wide else factor.T @ factor)
        eigenvalues, vectors = eigenvalues[::-1], vectors[:, ::-1]
        rounding = np.finfo(float).eps * max(rows, dim) * max(eigenvalues[0], 0.0)
        rank = int(np.count_nonzero(eigenvalues > rounding))
        eigenvalues, vectors = eigenvalues[:rank], vectors[:, :rank]
        if wide:
            vectors = factor.T @ (vectors / np.sqrt(eigenvalues))  # (dim, rank)
        return cls(np.pad(eigenvalues, (0, dim - rank)), eigenvectors=vectors, mean=mean)


def as_spectrum(spectrum):
    """``spectrum`` itself, or the Spectrum of anything that numpy turns into eigenvalues."""
    if isinstance(spectrum, Spectrum):
        return spectrum
    if hasattr(spectrum, "spectrum"):
        name = type(spectrum).__name__
        raise ValueError(f"spectrum must be a Spectrum or eigenvalues here, got a {name}: give {name}.spectrum")
    try:
        return Spectrum(spectrum)
    except ValueError as error:
        raise ValueError(f"spectrum: {error}") from None
