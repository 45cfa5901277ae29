"""kappa against 50-digit arithmetic, its closed form, its bounds and its symmetries."""

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rmt_utils import Spectrum, df1, df2, solve_kappa
from rmt_utils.theory.sums import residual_df

RELATIVE = 1e-12


@mpmath.workdps(50)
def is_exact(kappa, z, eigenvalues, n):
    """Whether kappa is the largest root to RELATIVE: sum v/(v + kappa) + n z/kappa falls through n there."""
    values = [mpmath.mpf(float(v)) for v in eigenvalues if v > 0]
    kappa, z, n = (mpmath.mpf(float(number)) for number in (kappa, z, n))
    if z == 0 and n >= len(values):
        return kappa <= RELATIVE

    def over(kappa):
        return sum(v / (v + kappa) for v in values) + n * z / kappa - n

    return kappa > 0 and over(kappa / (1 + RELATIVE)) >= 0 >= over(kappa / (1 - RELATIVE))


decades = st.floats(-12, 6).map(lambda power: 10.0**power)


@st.composite
def problems(draw):
    """Spectra over 1e-12..1e6 with zeros and repeats, n at and around the rank, gamma over 1e-3..1e3."""
    values = draw(st.lists(decades, min_size=1, max_size=12))
    values = np.repeat(values, draw(st.integers(1, 4)))
    rank = values.size
    values = np.concatenate([values, np.zeros(draw(st.integers(0, 3)))])
    gamma = st.floats(-3, 3).map(lambda power: values.size / 10.0**power)
    n = draw(st.one_of(st.just(float(rank)), st.integers(1, values.size).map(float), gamma))
    z = draw(st.one_of(st.just(0.0), st.floats(-14, 8).map(lambda power: 10.0**power)))
    return z, values, n


@settings(max_examples=150, deadline=None)
@given(problems())
@example((0.0, np.ones(1), 1 - 3 * 2.0**-53))  # 1/n - 1 rounds to a third more than kappa
def test_matches_50_digit_arithmetic(problem):
    z, values, n = problem
    kappa = solve_kappa(z, values, n)
    assert kappa >= z
    assert is_exact(kappa, z, values, n)


@pytest.mark.parametrize("n", [20, 1999, 2000, 200_000])
@pytest.mark.parametrize("spread", ["power law", "eighteen decades", "two levels and a tail"])
def test_compressed_spectra_match_50_digit_arithmetic(spread, n):
    values = {
        "power law": np.arange(1, 2001.0) ** -2,
        "eighteen decades": np.logspace(-12, 6, 2000),
        "two levels and a tail": np.concatenate([np.full(1000, 3.0), np.full(500, 1e-9), np.logspace(-3, 0, 500)]),
    }[spread]
    z = [0.0, 1e-14, 1e-5, 10.0]
    for noise, kappa in zip(z, solve_kappa(z, values, n), strict=True):
        assert is_exact(kappa, noise, values, n)


def test_compression_takes_place_and_keeps_moments():
    spectrum = Spectrum(np.logspace(-6, 3, 50_000))
    assert spectrum.compressed.nodes.size < 400
    for power in (-1, 0, 1, 2):
        full = spectrum.measure.weights @ spectrum.measure.nodes**power
        assert spectrum.compressed.weights @ spectrum.compressed.nodes**power == pytest.approx(full, rel=1e-13)


@pytest.mark.parametrize("gamma", [1e-3, 0.5, 1.0, 2.0, 1e3])
def test_closed_form_for_equal_eigenvalues(gamma):
    s, z = 2.5, np.logspace(-14, 8, 23)
    b = z - s * (1 - gamma)
    root = np.sqrt(b**2 + 4 * z * s)
    closed = np.where(b > 0, (b + root) / 2, 2 * z * s / (root + np.abs(b)))
    found = solve_kappa(z, Spectrum([s], multiplicities=[1000]), 1000 / gamma)
    np.testing.assert_allclose(found, closed, rtol=4e-13)  # b itself cancels to 1e-13 at gamma = 1 +- rounding


@pytest.mark.parametrize("angle", [0.5, 2.0, 3.1])
def test_complex_closed_form_does_not_cancel_at_n_equal_to_rank(angle):
    s, z = 2.5, np.logspace(-20, 2, 12) * np.exp(1j * angle)
    found = solve_kappa(z, Spectrum([s], multiplicities=[1000]), 1000)
    np.testing.assert_allclose(found, (z + np.sqrt(z) * np.sqrt(z + 4 * s)) / 2, rtol=1e-13)


def test_multiplicities_count_as_repeats():
    repeated = solve_kappa([0.0, 0.3], [2.0, 2.0, 2.0, 0.5, 0.0], 2)
    counted = solve_kappa([0.0, 0.3], Spectrum([0.5, 0.0, 2.0], multiplicities=[1, 1, 3]), 2)
    np.testing.assert_allclose(counted, repeated, rtol=1e-15)


complex_z = st.tuples(st.floats(-8, 4), st.floats(-np.pi + 1e-6, np.pi)).map(
    lambda polar: 10.0 ** polar[0] * np.exp(1j * polar[1])
)


@settings(max_examples=100, deadline=None)
@given(st.lists(complex_z, min_size=1, max_size=4), st.sampled_from([30, 300, 3000]))
def test_complex_root_solves_the_equation_on_the_right_side(z, n):
    z = np.array([value for value in z if value.imag != 0] or [1j])
    values = np.arange(1, 301.0) ** -1.5
    kappa = solve_kappa(z, values, n)
    residual = kappa * (1 - (values / (values + kappa[:, None])).sum(axis=1) / n) - z
    assert (np.abs(residual) <= 1e-11 * np.abs(kappa)).all()
    assert (np.sign(kappa.imag) == np.sign(z.imag)).all()
    assert (np.abs(np.angle(kappa)) <= np.abs(np.angle(z)) + 1e-12).all()
    np.testing.assert_array_equal(solve_kappa(z.conj(), values, n), kappa.conj())


def test_complex_root_is_that_of_the_polynomial():
    # just below the cut, where Newton's method fails to reach all but the first and the last x in one turn
    for x in (0.5, 1.24, 1.244, 1.247, 2.0):
        kappa = solve_kappa(-x * (1 + 1e-10j), [1.0, 2.0], 10)
        # 10 (kappa + x) (kappa + 1) (kappa + 2) = kappa ((kappa + 2) + 2 (kappa + 1))
        roots = np.roots(10 * np.poly([-x, -1, -2]) - [0, 3, 4, 0])
        assert abs(kappa - roots[np.argmin(roots.imag)]) < 1e-8  # the roots are those on the cut


def test_complex_continues_real():
    values, z = np.arange(1, 2001.0) ** -1.5, np.logspace(-8, 4, 9)
    for n in (200, 2000, 20_000):
        np.testing.assert_allclose(solve_kappa(z + 0j, values, n), solve_kappa(z, values, n), rtol=1e-13)
        near = solve_kappa(z * np.exp(1e-9j), values, n)
        np.testing.assert_allclose(near.real, solve_kappa(z, values, n), rtol=1e-8)


def test_wide_and_narrow_angles_meet():
    values, angle = np.arange(1, 2001.0) ** -2, 3 * np.pi / 4
    z = 1e-3 * np.exp(1j * np.array([angle - 1e-9, angle + 1e-9]))  # compressed, all eigenvalues
    narrow, wide = solve_kappa(z, values, 500)
    assert abs(narrow / wide - 1) < 1e-8


@pytest.mark.parametrize("n", [30_000, 1_000_000])
def test_roots_near_the_cut_see_every_eigenvalue(n):
    # at many samples kappa comes so near to single eigenvalues that a compressed spectrum is another one
    values = np.arange(1, 2001.0) ** -1
    assert Spectrum(values).compressed.nodes.size < values.size / 4
    z = -np.geomspace(0.02, 0.3, 7) * (1 + 1e-3j / np.sqrt(n / 30_000))
    kappa = solve_kappa(z, values, n)
    residual = kappa * (1 - (values / (values + kappa[:, None])).sum(axis=1) / n) - z
    assert (np.abs(residual) <= 1e-11 * np.abs(kappa)).all()
    assert (np.abs(np.angle(kappa)) > 3).any()
    np.testing.assert_allclose(df1(kappa, values), (values / (values + kappa[:, None])).sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize("factor", [1.02, 1.5, 4.0])
def test_sums_beside_the_spectrum_see_its_ends(factor):
    values = np.geomspace(1, 1.9, 2000)
    assert Spectrum(values).compressed.nodes.size < 200
    beside = -np.array([values.min() / factor, values.max() * factor]) * np.exp(1e-3j)
    terms = values / (values + beside[:, None])
    np.testing.assert_allclose(df1(beside, values), terms.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(df2(beside, values), np.square(terms).sum(axis=1), rtol=1e-12)


def test_shapes_and_broadcasting():
    z, n = np.ones((3, 1)), np.array([2.0, 5.0])
    assert solve_kappa(z, [1.0, 2.0], n).shape == (3, 2)
    assert solve_kappa(1.0, [1.0, 2.0], 3).shape == ()
    assert solve_kappa(np.empty((0, 4)), [1.0], 3).shape == (0, 4)
    assert solve_kappa(np.ones((2, 2)) + 1j, [1.0], 3).dtype == complex
    assert df1(np.ones((2, 3)), [1.0]).shape == (2, 3)
    assert df2(np.ones((2, 1)), [1.0], np.ones(3)).shape == (2, 3)


@pytest.mark.parametrize("scale", [1e-55, 1e55])
@pytest.mark.parametrize("n", [1e-60, 1.0, 3.0, 1e60])
def test_units_do_not_matter(scale, n):
    values, z = np.array([1e5, 1.0, 1e-5]), np.array([0.0, 1e-5, 1.0, 1e5])
    np.testing.assert_allclose(solve_kappa(scale * z, scale * values, n), scale * solve_kappa(z, values, n), rtol=1e-12)
    turned = z[1:] * np.exp(2j)
    found = solve_kappa(scale * turned, scale * values, n)
    np.testing.assert_allclose(found, scale * solve_kappa(turned, values, n), rtol=1e-12)
    np.testing.assert_allclose(df2(scale * z, scale * values), df2(z, values), rtol=1e-14)
    left = residual_df(found / scale, values, n)
    np.testing.assert_allclose(residual_df(found, scale * values, n), left, rtol=1e-12)


@pytest.mark.parametrize("values", [[1e60, 1e-60], [1e60] * 1000, [1e-60] * 1000])
@pytest.mark.parametrize("n", [1e-60, 1.0, 1e60, np.inf])
def test_the_ends_of_the_range_have_their_root(values, n):
    z = np.array([0.0, 1e-60, 1.0, 1e60])
    # Newton's method in the complex plane does not reach across 120 decades, and says so
    for at in (z, z[1:] * np.exp(2j))[: 1 + (len(set(values)) == 1)]:
        kappa = solve_kappa(at, values, n)
        left = kappa * (1 - df1(kappa, values) / n)
        allowed = 1e-12 * np.maximum(np.abs(kappa), np.abs(kappa * df1(kappa, values) / n))
        assert (np.abs(left - at) <= allowed).all()


def test_the_root_is_never_below_the_noise():
    z = np.logspace(-8, 8, 999)
    assert (solve_kappa(z, [1.0, 0.1], 1e15) >= z).all()  # not by rounding, either


def test_infinitely_many_samples_leave_the_noise_alone():
    z = np.array([0.0, 1e-3, 2.0])
    np.testing.assert_array_equal(solve_kappa(z, [2.0, 1.0], np.inf), z)
    np.testing.assert_array_equal(solve_kappa(z[1:] * 1j, [2.0, 1.0], np.inf), z[1:] * 1j)
    finite = solve_kappa(z, [2.0, 1.0], 1e14)
    np.testing.assert_allclose(
        solve_kappa(z[:, None], [2.0, 1.0], [1e14, np.inf]), np.stack([finite, z], 1), rtol=1e-15
    )
    assert residual_df(1.0, [2.0, 1.0], np.inf) == np.inf


@pytest.mark.parametrize("z", [np.float32(0.3), np.complex64(0.3 + 0.4j), np.int32(2)])
def test_roots_have_double_precision(z):
    promoted = complex(z) if np.iscomplexobj(z) else float(z)
    found = solve_kappa(z, [2.0, 1.0, 0.5], 2)
    assert found == solve_kappa(promoted, [2.0, 1.0, 0.5], 2)
    assert found.dtype == (complex if np.iscomplexobj(z) else float)
    assert df1(z, [2.0, 1.0]) == df1(promoted, [2.0, 1.0])
    assert df2(z, [2.0, 1.0], z) == df2(promoted, [2.0, 1.0])


def test_zeros_have_no_sign():
    for n in (2, 10):
        at_zero = solve_kappa(0.0, [3.0, 2.0, 1.0], n)
        assert not np.signbit(solve_kappa(-0.0, [3.0, 2.0, 1.0], n))
        for z in (complex(0.0, 0.0), complex(-0.0, 0.0), complex(-0.0, -0.0), complex(0.0, -0.0)):
            assert solve_kappa(z, [3.0, 2.0, 1.0], n) == at_zero
        assert df1(complex(-0.0, 0.0), [3.0, 2.0]) == 2
    assert solve_kappa(complex(2.0, -0.0), [1.0], 3) == solve_kappa(2.0, [1.0], 3)


def test_a_root_that_is_not_found_is_said_and_ends(monkeypatch):
    from rmt_utils.theory import kappa

    monkeypatch.setattr(kappa, "MAX_STEPS", 1)
    with pytest.raises(ArithmeticError, match=r"no root.*z = 0\.1, n_samples = 3"):
        solve_kappa(0.1, np.geomspace(1, 1e-9, 30), 3)


def test_a_population_is_told_from_its_spectrum():
    from rmt_utils import Population

    with pytest.raises(ValueError, match=r"spectrum must be.*Population is its \.spectrum"):
        solve_kappa(1.0, Population(np.eye(3)), 2)
    with pytest.raises(ValueError, match="spectrum: eigenvalues must be real numbers, got set"):
        solve_kappa(1.0, {1.0, 2.0}, 2)


def test_no_signal_leaves_noise_alone():
    np.testing.assert_array_equal(solve_kappa([0.0, 2.0], [0.0, 0.0], 3), [0.0, 2.0])
    np.testing.assert_array_equal(solve_kappa([2j], [0.0], 3), [2j])


def test_derivative_is_that_of_the_theory_page():
    values, n, z = np.arange(1, 101.0) ** -1, 40, 0.2
    low, high = solve_kappa([z - 1e-6, z + 1e-6], values, n)
    kappa = solve_kappa(z, values, n)
    assert (high - low) / 2e-6 == pytest.approx(n / (n - df2(kappa, values)), rel=1e-7)
    assert (2e-6) / (high - low) == pytest.approx(1 - df2(low, values, high) / n, rel=1e-7)


def test_residual_degrees_of_freedom_are_what_df2_leaves():
    values, kappa = [3.0, 1.0, 0.0, 0.25, 0.0], np.array([[0.1], [2.0]])
    prime, n = np.array([0.3, 1.0, 5j]), np.array([2.0, 3.0, 40.0])
    np.testing.assert_allclose(residual_df(kappa, values, n, prime), n - df2(kappa, values, prime), rtol=1e-13)
    np.testing.assert_allclose(residual_df(prime, values, n), n - df2(prime, values), rtol=1e-13)
    # at few samples kappa is large, and of a difference from the rank no digit would be left
    assert residual_df(4e25, values, 1e-20) == pytest.approx(1e-20, rel=1e-12, abs=0)
    # at n = rank and small kappa 2 kappa sum 1/lambda is left, of which the difference above knows no digit
    assert residual_df(1e-18, values, 3) == pytest.approx(2e-18 * (1 / 3 + 1 + 4), rel=1e-12, abs=0)


def test_degrees_of_freedom_match_the_sums():
    values, kappa = np.concatenate([np.arange(1, 1001.0) ** -1.2, [0.0]]), np.array([0.0, 1e-3, 2.0])
    sums = (values[:-1] / (values[:-1] + kappa[:, None])).sum(axis=1)
    np.testing.assert_allclose(df1(kappa, values), sums, rtol=1e-13)
    squares = ((values[:-1] / (values[:-1] + kappa[:, None])) ** 2).sum(axis=1)
    np.testing.assert_allclose(df2(kappa, values), squares, rtol=1e-13)


@pytest.mark.parametrize(
    ("argument", "change"),
    [
        ("z", {"z": -1.0}),
        ("z", {"z": np.nan}),
        ("z", {"z": np.inf}),
        ("z", {"z": -1.0 + 0j}),
        ("z", {"z": complex(np.nan, 1)}),
        ("z", {"z": "noise"}),
        ("n_samples", {"n_samples": 0}),
        ("n_samples", {"n_samples": -3}),
        ("n_samples", {"n_samples": np.nan}),
        ("n_samples", {"n_samples": -np.inf}),
        ("n_samples.*from 1e-60 to 1e", {"n_samples": 1e61}),
        ("eigenvalues.*from 1e-60 to 1e", {"spectrum": [1e308] * 2, "n_samples": 1}),
        ("eigenvalues.*from 1e-60 to 1e", {"spectrum": [1e-300]}),
        ("z.*at most 1e", {"z": 1e300}),
        ("n_samples", {"n_samples": True}),
        ("n_samples", {"n_samples": None}),
        ("n_samples", {"z": [1.0, 2.0], "n_samples": [1, 2, 3]}),
        ("eigenvalues", {"spectrum": []}),
        ("eigenvalues", {"spectrum": [np.nan]}),
        ("eigenvalues", {"spectrum": [np.inf]}),
        ("eigenvalues", {"spectrum": [1.0, -1.0]}),
        ("eigenvalues", {"spectrum": [[1.0]]}),
        ("eigenvalues", {"spectrum": 1.0}),
        ("eigenvalues", {"spectrum": [1j]}),
    ],
)
def test_bad_arguments_are_named(argument, change):
    with pytest.raises(ValueError, match=argument):
        solve_kappa(**{"z": 1.0, "spectrum": [1.0, 2.0], "n_samples": 3} | change)


@pytest.mark.parametrize("kappa", [-1.0, np.nan, -1 + 0j, complex(np.nan, 1), "noise"])
def test_kappas_out_of_range_are_named(kappa):
    for call in (lambda: df1(kappa, [1.0]), lambda: df2(kappa, [1.0])):
        with pytest.raises(ValueError, match="kappa"):
            call()
    with pytest.raises(ValueError, match="kappa_prime"):
        df2(1.0, [1.0], kappa)
    with pytest.raises(ValueError, match="kappa and kappa_prime"):
        df2(np.ones(2), [1.0], np.ones(3))
