"""Types of the public functions' arguments and results; shapes stand in their docstrings."""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from rmt_utils.theory.population.samples import Population
    from rmt_utils.theory.spectrum import Spectrum

Real: TypeAlias = NDArray[np.float64]
Images: TypeAlias = NDArray[np.float32]
Indices: TypeAlias = NDArray[np.int64]
Eigenvalues: TypeAlias = "Spectrum | Population | ArrayLike"  # wherever a spectrum is asked for
Function: TypeAlias = Callable[[NDArray], ArrayLike]
Source: TypeAlias = "str | PathLike[str] | ArrayLike"
Mean: TypeAlias = Literal["known", "estimated"]
Splits: TypeAlias = Sequence[Indices]
