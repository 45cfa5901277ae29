"""The spectrum of a covariance: what every law in this package takes as its data."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rmt_utils import checks
from rmt_utils.theory.grid import Grid
from rmt_utils.theory.quadrature import Measure

ORTHONORMAL = 1e-5  # by so much V^T V may change the entries of a vector; columns in single precision stay below
# Ratio of eigenvalues from which on rounding bends eigenvectors taken from the smaller Gram matrix: to 1e-10 here, to
# 1e-2 at the rank.
STEEP = 1e-5


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues of a covariance, optionally with eigenvectors and mean.

    eigenvalues: (modes,), 0 or from 1e-60 to 1e60, any order, square of the unit of the data.
    multiplicities: (modes,), > 0, how often each eigenvalue occurs; ones if not given.
    eigenvectors: (ambient, k), orthonormal columns that belong to the first k eigenvalues; with k < modes
    the remaining eigenvalues must be 0 (directions that the samples never reached).
    mean: (ambient,), 0 if not given.

    The arrays are copied and can no longer be written into. Raises ValueError, naming the argument, for anything else.

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
            _check_orthonormal(vectors)
            set_field(self, "eigenvectors", vectors)
        if self.mean is not None:
            mean = checks.finite("mean", self.mean)
            ambient = modes if self.eigenvectors is None else self.eigenvectors.shape[0]
            if mean.shape != (ambient,):
                raise ValueError(f"mean must have shape ({ambient},), got {mean.shape}")
            set_field(self, "mean", mean)
        checks.own(self)

    @property
    def dim(self):
        """Dimension d: the number of eigenvalues, each counted with its multiplicity."""
        total = self.multiplicities.sum()
        return int(total) if total == np.rint(total) else float(total)

    @property
    def trace(self):
        """Sum of all eigenvalues: the total variance."""
        return float(self.multiplicities @ self.eigenvalues)

    def to_modes(self, images):
        """Coordinates (..., k) of flat ``images`` (..., ambient) along the eigenvectors, about the mean."""
        return (images - (0.0 if self.mean is None else self.mean)) @ self._vectors()

    def to_pixels(self, coordinates):
        """Flat images (..., ambient) with the given ``coordinates`` (..., k) along the eigenvectors, mean added.

        ValueError for a spectrum without eigenvectors.

        >>> plane = Spectrum([2.0, 1.0], eigenvectors=[[0.0, 1.0], [1.0, 0.0]], mean=[5.0, 5.0])
        >>> plane.to_pixels([1.0, 0.0]), plane.to_modes([5.0, 6.0])
        (array([5., 6.]), array([1., 0.]))
        """
        return (0.0 if self.mean is None else self.mean) + np.asarray(coordinates) @ self._vectors().T

    def _vectors(self):
        if self.eigenvectors is None:
            raise ValueError("spectrum must have eigenvectors; Spectrum.from_samples gives them")
        return self.eigenvectors

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
        return Grid(self.eigenvalues)

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
        return cls.from_factor(*centred_factor(samples))

    @classmethod
    def from_factor(cls, factor, mean=None):
        """Spectrum of B^T B, eigenvalues falling, with eigenvectors (dim, rank).

        factor: B (rows, dim), its largest entry from 1e-15 to 1e25. mean: (dim,), passed on.

        >>> Spectrum.from_factor([[0.0, 3.0]]).eigenvalues
        array([9., 0.])
        """
        factor = checks.spread("factor", checks.matrix("factor", factor))
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
            if eigenvalues[-1] < STEEP * eigenvalues[0]:
                vectors, _ = np.linalg.qr(vectors)  # straightens each column by those before it
        return cls(np.pad(eigenvalues, (0, dim - rank)), eigenvectors=vectors, mean=mean)


def centred_factor(samples):
    """Factor B (n, dim) of the sample covariance B^T B, centred, with 1/(n-1), and the mean (dim,)."""
    samples = checks.matrix("samples", samples)
    n = len(samples)
    if n < 2:
        raise ValueError(f"samples must have at least 2 rows, got {n}")
    mean = samples.mean(axis=0)
    factor = checks.spread("samples", samples - mean)
    factor /= np.sqrt(n - 1)
    return factor, mean


def _check_orthonormal(vectors):
    """ValueError unless V^T V returns a vector without symmetry: no more columns than rows, and orthonormal."""
    ambient, columns = vectors.shape
    probe = np.cos(np.square(np.arange(columns)))
    change = np.abs(vectors.T @ (vectors @ probe) - probe).max()
    if not change <= ORTHONORMAL:
        raise ValueError(
            f"eigenvectors must be orthonormal columns, at most {ambient} of this length, got {columns} for which "
            f"V^T V differs from the identity by {change:.2g}"
        )


def as_spectrum(spectrum):
    """``spectrum`` itself, or the Spectrum of anything that numpy turns into eigenvalues."""
    if isinstance(spectrum, Spectrum):
        return spectrum
    if hasattr(spectrum, "coordinates"):
        raise ValueError("spectrum must be a Spectrum or eigenvalues here; that of a Population is its .spectrum")
    try:
        return Spectrum(spectrum)
    except ValueError as error:
        raise ValueError(f"spectrum: {error}") from None
