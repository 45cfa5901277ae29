"""The population's resolvents against closed forms, dense linear algebra and the resolvent identity."""

import numpy as np
import pytest
from scipy.optimize import brentq

from rmt_utils import Spectrum, solve_kappa
from rmt_utils.theory.population import fixed_point
from rmt_utils.theory.population.blocks import Rows
from rmt_utils.theory.population.fixed_point import ladder, resolvents

N_SAMPLES = 60


@pytest.fixture(scope="module")
def coordinates():
    """Samples (1500, 40) whose scales vary as those of image crops do, and not all in the same way."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((1500, 40)) * np.logspace(0.5, -3, 40) * np.exp(0.8 * rng.standard_normal((1500, 1)))
    rows[:300, 20:] *= 10
    return rows - rows.mean(axis=0)


@pytest.fixture(scope="module")
def path(coordinates):
    z = np.geomspace(1e3, 1e-6, 42)
    return list(resolvents(Rows(coordinates), np.square(coordinates).sum(axis=1) / (N_SAMPLES * z[0]), z, N_SAMPLES))


def test_the_fixed_point_is_reached_at_every_level(coordinates, path):
    for node in path:
        matrix = node.z * np.eye(40) + coordinates.T @ (coordinates / (1 + node.q)[:, None]) / len(coordinates)
        inverse = np.linalg.inv(matrix)
        np.testing.assert_allclose(node.inverse.dense(), inverse, atol=1e-9 * np.abs(inverse).max())
        q = np.sum((coordinates @ inverse) * coordinates, axis=1) / N_SAMPLES
        np.testing.assert_allclose(np.log1p(node.q), np.log1p(q), atol=1e-10)


def test_acceleration_keeps_the_iterations_few(path):
    taken = [node.n_iterations for node in path]
    assert max(taken) <= 15
    assert np.mean(taken) <= 8


def test_a_level_alone_is_the_level_of_a_path(coordinates, path):
    node = path[30]
    [alone] = resolvents(Rows(coordinates), np.ones(len(coordinates)), [node.z], N_SAMPLES)
    np.testing.assert_allclose(
        alone.inverse.dense(), node.inverse.dense(), rtol=1e-9, atol=1e-9 * np.abs(node.inverse.dense()).max()
    )


@pytest.mark.parametrize("z", [1e-6, 0.3, 100.0])
@pytest.mark.parametrize("n", [1, 7])
def test_equal_norms_give_kappa(z, n):
    samples = np.repeat([[1.0], [-1.0]], 3, axis=0)
    [node] = resolvents(Rows(samples), np.ones(6), [z], n)
    kappa = solve_kappa(z, [1.0], n)
    # The last change of 1e-10 is an error up to 1/(1 - df2/n) = 500 times that at n = rank and z = 1e-6.
    assert z * node.inverse.diagonal[0] == pytest.approx(kappa / (1 + kappa), rel=1e-7)


def test_two_scales_in_one_dimension_solve_a_scalar_equation():
    # M = z + sum of a^2/(1 + a^2/(n M)) over both scales, a^2 = 1 and 9, each of half the samples
    z, n = 0.2, 3

    def excess(m):
        return z + sum(0.5 * a / (1 + a / (n * m)) for a in (1.0, 9.0)) - m

    [node] = resolvents(Rows(np.array([[1.0], [-1.0], [3.0], [-3.0]])), np.ones(4), [z], n)
    assert 1 / node.inverse.diagonal[0] == pytest.approx(brentq(excess, z, 10, xtol=1e-14), rel=1e-9)


def test_gaussian_samples_give_kappa():
    rng = np.random.default_rng(1)
    eigenvalues = np.logspace(0, -2, 100)
    rows = rng.standard_normal((6000, 100)) * np.sqrt(eigenvalues)
    drawn = np.linalg.eigvalsh(rows.T @ rows / 6000)
    [node] = resolvents(Rows(rows), np.ones(6000), [0.05], 80)
    kappa = solve_kappa(0.05, Spectrum(drawn), 80)
    # q_i spread by about sqrt(2/d), which leaves corrections of order 2/d_eff: allowed 2 %.
    assert 0.05 * node.inverse.diagonal.sum() == pytest.approx(np.sum(kappa / (drawn + kappa)), rel=0.02)


@pytest.fixture(scope="module")
def arc(coordinates):
    """Resolvents down a ray at an angle of 0.9 pi to the positive axis."""
    z = np.geomspace(1e2, 1e-3, 40) * np.exp(0.9j * np.pi)
    return list(resolvents(Rows(coordinates), np.square(coordinates).sum(axis=1) / (N_SAMPLES * z[0]), z, N_SAMPLES))


def test_the_complex_fixed_point_is_reached_in_the_resolvents_half_plane(coordinates, arc):
    for node in arc:
        matrix = node.z * np.eye(40) + coordinates.T @ (coordinates / (1 + node.q)[:, None]) / len(coordinates)
        inverse = np.linalg.inv(matrix)
        np.testing.assert_allclose(node.inverse.dense(), inverse, atol=1e-9 * np.abs(inverse).max())
        q = np.sum((coordinates @ inverse) * coordinates, axis=1) / N_SAMPLES
        np.testing.assert_allclose(np.log1p(node.q), np.log1p(q), atol=1e-9)
        assert (np.linalg.eigvalsh(inverse.imag) < 0).all()
    assert max(node.n_iterations for node in arc) <= 15


def test_large_steps_beside_the_negative_axis_end_in_the_range_of_the_resolvent():
    """There the equation has other solutions, and the acceleration finds one if nothing keeps it to the range."""
    rng = np.random.default_rng(6)
    rows = rng.standard_normal((200, 20)) * np.logspace(0.3, -1, 20) * np.exp(rng.standard_normal((200, 1)))
    z = np.geomspace(1e2, 1e-3, 7) * np.exp(0.99j * np.pi)
    for node in resolvents(Rows(rows), np.square(rows).sum(axis=1) / (30 * z[0]), z, 30):
        assert (np.angle(1 + node.q) <= 1e-9).all()
        assert (np.angle(1 + node.q) >= -np.angle(node.z) - 1e-9).all()


def test_conjugate_z_gives_the_conjugate(coordinates, arc):
    node = arc[20]
    [mirrored] = resolvents(Rows(coordinates), node.q.conj(), [np.conj(node.z)], N_SAMPLES)
    np.testing.assert_allclose(mirrored.inverse.dense(), node.inverse.dense().conj(), rtol=1e-8, atol=1e-8)


def test_complex_z_on_the_positive_axis_is_real_z(coordinates, path):
    node = path[25]
    [turned] = resolvents(Rows(coordinates), np.ones(len(coordinates)), [complex(node.z)], N_SAMPLES)
    np.testing.assert_allclose(
        turned.inverse.dense(), node.inverse.dense(), rtol=1e-8, atol=1e-8 * np.abs(node.inverse.dense()).max()
    )


@pytest.mark.parametrize("z", [1e-3 + 0.2j, -0.5 + 0.1j, -2.0 - 0.01j])
def test_equal_norms_give_complex_kappa(z):
    samples = np.repeat([[1.0], [-1.0]], 3, axis=0)
    [node] = resolvents(Rows(samples), np.ones(6), [z], 3)
    kappa = solve_kappa(z, [1.0], 3)
    assert z * node.inverse.diagonal[0] == pytest.approx(kappa / (1 + kappa), rel=1e-8)


def test_the_complex_resolvent_is_the_mean_over_training_sets(coordinates, arc):
    node, rng = arc[20], np.random.default_rng(3)
    traces = []
    for _ in range(100):
        for rows in coordinates[rng.permutation(1500)].reshape(-1, N_SAMPLES, 40):
            traces.append(np.trace(np.linalg.inv(rows.T @ rows / N_SAMPLES + node.z * np.eye(40))))
    # 2,500 sets: 0.3 % of the trace. The law's own error at n = 60 is of the order 1/n.
    law = node.inverse.diagonal.sum()
    assert abs(np.mean(traces) / law - 1) < 0.015
    eigenvalues = np.linalg.eigvalsh(coordinates.T @ coordinates / 1500)
    kappa = solve_kappa(node.z, eigenvalues, N_SAMPLES)
    assert abs(np.mean(traces) / np.sum(kappa / node.z / (eigenvalues + kappa)) - 1) > 0.03


@pytest.mark.parametrize("z", [0.0, -1.0, np.inf, -1.0 + 0j])
def test_z_on_the_negative_axis_is_an_error(coordinates, z):
    with pytest.raises(ValueError, match="z must"):
        list(resolvents(Rows(coordinates), np.ones(len(coordinates)), [z], N_SAMPLES))


@pytest.mark.parametrize("places", [("path", 20, 30), ("arc", 20, 30), ("arc", 25, 25)])
def test_ladder_solves_its_linear_equation(coordinates, places, request):
    nodes = request.getfixturevalue(places[0])
    left, right = nodes[places[1]], nodes[places[2]]
    a = np.random.default_rng(2).standard_normal((40, 40))
    bare = (
        np.sum((coordinates @ (left.inverse.dense() @ a @ a.T @ right.inverse.dense())) * coordinates, axis=1)
        / N_SAMPLES
    )
    couplings = (coordinates @ left.inverse.dense() @ coordinates.T) * (
        coordinates @ right.inverse.dense() @ coordinates.T
    )
    couplings /= N_SAMPLES * len(coordinates) * (1 + left.q) * (1 + right.q)
    exact = np.linalg.solve(np.eye(len(coordinates)) - couplings, bare)
    np.testing.assert_allclose(ladder(Rows(coordinates), left, right, bare), exact, atol=1e-7 * np.abs(exact).max())


def test_dressing_the_identity_is_the_resolvent_identity(coordinates, path):
    # R - R' = (z' - z) R R' holds for the means, so E[R R'] = (M^-1 - M'^-1)/(z' - z)
    left, right = path[22], path[28]
    bare = np.sum((coordinates @ left.inverse.dense()) * (coordinates @ right.inverse.dense()), axis=1) / N_SAMPLES
    found = ladder(Rows(coordinates), left, right, bare)
    np.testing.assert_allclose(found, (left.q - right.q) / (right.z - left.z), rtol=1e-6)


def test_a_fixed_point_that_is_not_reached_is_an_error(coordinates, path, monkeypatch):
    monkeypatch.setattr(fixed_point, "MAX_ITERATIONS", 2)
    with pytest.raises(ArithmeticError, match="not found"):
        list(resolvents(Rows(coordinates), np.ones(len(coordinates)), [1e-3], N_SAMPLES))
    with pytest.raises(ArithmeticError, match=r"second moments .* were not found"):
        ladder(Rows(coordinates), path[22], path[28], np.ones(len(coordinates)))
