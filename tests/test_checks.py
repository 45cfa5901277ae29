"""A caller's function and a caller's arrays: neither reaches into what the package holds."""

from dataclasses import fields

import numpy as np
import pytest

import rmt_utils
from rmt_utils import Population, Spectrum, checks
from rmt_utils.comparison.compare import Comparison
from rmt_utils.forecast.calibration import Law
from rmt_utils.forecast.frame import Frame
from rmt_utils.forecast.halves import measure, unevenness
from rmt_utils.forecast.moments import shared_moments, union
from rmt_utils.models import linear
from rmt_utils.models.simulation import Estimate
from rmt_utils.nets.runs import Result
from rmt_utils.theory.gaussian.contour import contour, quadrature
from rmt_utils.theory.grid import Grid
from rmt_utils.theory.population.fixed_point import Resolvent
from rmt_utils.theory.population.partial_fractions import (
    levels,
    partial_fractions,
    shrinking_fractions,
    square_fractions,
    variation_fractions,
)
from rmt_utils.theory.quadrature import Measure

ROWS = np.random.default_rng(0).standard_normal((60, 3)) * [2.0, 1.0, 0.5]
Z = levels(0.1, 10.0)
SHARES, _ = shared_moments([ROWS.copy()], 3, 8)


def pure(s):
    return np.sqrt(s) / (1 + s)


class Overwriting:
    """``pure``, which writes into its argument and returns the same memory at every call."""

    def __init__(self):
        self.memory = {}

    def __call__(self, s):
        values = pure(s)
        s[...] = -7.0
        kept = self.memory.setdefault((values.shape, values.dtype.kind), np.empty_like(values))
        kept[...] = values
        return kept


def spectra():
    return {"spectrum": Spectrum([4.0, 1.0, 0.25]), "population": Population(ROWS)}


def halves(f):
    return measure(f, 1.0, SHARES, union(SHARES).spectrum(), lambda loop, _: loop, np.random.default_rng(0))[1]


PLACES = {
    "contour": lambda f: contour(f, 0.01, 10.0).coefficients,
    "quadrature": lambda f: quadrature(f, 0.01, 10.0, 40).coefficients,
    "partial_fractions": lambda f: partial_fractions(f, Z, 0.1, 10.0)[1],
    "square_fractions": lambda f: square_fractions(f, Z, 0.1, 10.0)[1],
    "shrinking_fractions": lambda f: shrinking_fractions(f, Z, 0.1, 10.0),
    "variation_fractions": lambda f: variation_fractions(f, Z, 0.1, 10.0),
    "linear.apply": lambda f: linear.apply(f, Population(ROWS).spectrum, ROWS),
    "halves.measure": halves,
    "halves.unevenness": lambda f: unevenness(f, ROWS, Population(ROWS).spectrum),
    "calibration.Law": lambda f: Law(f, 1.0, Spectrum([4.0, 1.0])).modes(9),
}
for _name in ("spectral_mean", "spectral_variance", "spectral_kernel", "mean_estimate_variance", "seed_variance"):
    for _kind in spectra():
        _more = (ROWS[:4],) if _name == "seed_variance" else ()
        PLACES[f"{_name}, {_kind}"] = lambda f, name=_name, kind=_kind, more=_more: getattr(rmt_utils, name)(
            f, spectra()[kind], 20, *more
        )


@pytest.mark.parametrize("place", PLACES)
def test_a_function_may_write_into_its_argument_and_its_result(place):
    np.testing.assert_array_equal(PLACES[place](Overwriting()), PLACES[place](pure))


def test_every_place_that_takes_a_function_is_tried():
    taking = [name for name in rmt_utils.__all__ if (rmt_utils.__dict__[name].__doc__ or "").count("f(Sigma_hat)")]
    assert taking
    assert [name for name in taking if not any(place.startswith(name) for place in PLACES)] == []


@pytest.mark.parametrize(
    "value", [[np.nan, 1.0, 1.0], [1e200, 1.0, 1.0], ["a", "b", "c"], [1.0, 2.0], 1.0, [1j, 1j, 1j], None]
)
def test_a_function_without_real_numbers_is_named(value):
    for call in (
        lambda f: linear.apply(f, Spectrum([2.0, 1.0], eigenvectors=np.eye(2)), np.ones(2)),
        lambda f: checks.function_values(f, np.ones(3)),
    ):
        with pytest.raises(ValueError, match="f must return finite real numbers"):
            call(lambda s: value)


def test_numbers_are_scalars_without_a_negative_zero_and_within_range():
    assert isinstance(checks.numbers("x", 1.0), float)
    assert isinstance(checks.numbers("x", 1j), complex)
    assert not np.signbit(checks.non_negative("x", -0.0))
    for value in (1e61, -1e61):
        with pytest.raises(ValueError, match=r"x must be finite, at most 1e\+60 in size"):
            checks.finite("x", [value])


def frozen_objects(array):
    """Every object of the package that holds arrays of its caller, made of ``array`` (3,)."""
    spectrum = Spectrum(array, multiplicities=array, mean=array)
    return {
        "Spectrum": spectrum,
        "Spectrum with eigenvectors": Spectrum(array, eigenvectors=np.diag(np.sign(array)), mean=array),
        "measure": spectrum.measure,
        "compressed": spectrum.compressed,
        "Measure": Measure(array, array, array),
        "Estimate": Estimate(array, array, array, array, 3),
        "Contour": contour(pure, 0.01, 10.0),
        "Result": Result(array, array, array, array, {}),
        "Comparison": Comparison(
            (3,), [0, 1, 2], array, 1.0, 0.1, 2.0, 1.0, [], [], None, None, None, array, *[None] * 3
        ),
        "Resolvent": Resolvent(1.0, 3, None, array, 1),
        "Frame": Frame((3,), array[:, None]),
    }


@pytest.mark.parametrize("name", frozen_objects(np.array([3.0, 2.0, 1.0])))
def test_frozen_objects_own_their_arrays(name):
    array = np.array([3.0, 2.0, 1.0])
    made = frozen_objects(array)[name]
    held = {field.name: getattr(made, field.name) for field in fields(made)}
    before = {key: np.copy(value) for key, value in held.items() if isinstance(value, np.ndarray)}
    array *= 100
    assert before
    for key, value in before.items():
        np.testing.assert_array_equal(held[key], value)
        with pytest.raises(ValueError, match="read-only"):
            held[key][...] = 0


def test_a_grid_owns_its_points():
    eigenvalues = np.array([3.0, 2.0, 1.0])
    grid = Grid(eigenvalues)
    eigenvalues *= 100
    np.testing.assert_array_equal(grid.points, [3.0, 2.0, 1.0])
    with pytest.raises(ValueError, match="read-only"):
        grid.points[0] = 0


def test_a_population_owns_its_samples():
    rows = ROWS.copy()
    population = Population(rows)
    before = population.coordinates.copy()
    rows *= 100
    np.testing.assert_array_equal(population.coordinates, before)
    with pytest.raises(ValueError, match="read-only"):
        population.coordinates[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        population.eigenvalues[0] = 0


def test_renormalised_noise_belongs_to_the_eigenvalues_held():
    eigenvalues = np.array([4.0, 1.0])
    spectrum = Spectrum(eigenvalues)
    before = rmt_utils.solve_kappa(1.0, spectrum, 3)
    eigenvalues *= 100
    assert rmt_utils.solve_kappa(1.0, spectrum, 3) == before == rmt_utils.solve_kappa(1.0, spectrum.eigenvalues, 3)
