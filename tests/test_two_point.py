"""Second moments against simulation and against exact identities of the resolvent."""

import numpy as np
import pytest

from rmt_utils import (
    Spectrum,
    denoiser_mode_variance,
    denoiser_variance,
    resolvent_mean,
    resolvent_two_point,
    solve_kappa,
)

LAW, N = Spectrum.power_law(120, 1.0), 100
SIGMA2 = np.array([0.01, 0.1, 1.0, 10.0, 100.0])
N_DRAWS = 8000  # the relative standard error of a variance is sqrt(2 / N_DRAWS) = 0.016


@pytest.fixture(scope="module")
def probes():
    """Pairs v, x (8, 120): four in general position, two aligned, two single modes."""
    v, x = np.random.default_rng(7).standard_normal((2, 4, 120))
    modes = np.eye(120)[[3, 40]]
    return np.concatenate([v, x[:2], modes]), np.concatenate([x, x[:2], modes])


@pytest.fixture(scope="module")
def draws(probes):
    """By treatment of the mean: v^T D(x), (draws, sigma2, pairs), and the variance of D(x_0), (sigma2, modes)."""
    v, x = probes
    rng = np.random.default_rng(0)
    projected = {mean: np.empty((N_DRAWS, SIGMA2.size, len(v))) for mean in ("known", "estimated")}
    moments = {mean: np.zeros((2, SIGMA2.size, 120)) for mean in projected}
    for draw in range(N_DRAWS):
        samples = rng.standard_normal((N, 120)) * np.sqrt(LAW.eigenvalues)
        for mean in projected:
            centre = samples.mean(axis=0) if mean == "estimated" else np.zeros(120)
            rows = (samples - centre) / np.sqrt(N - (mean == "estimated"))
            eigenvalues, vectors = np.linalg.eigh(rows @ rows.T)
            factor = rows.T @ vectors  # (modes, n), factor factor^T = Sigma_hat
            coordinates = (x - centre) @ factor  # (pairs, n)
            for level, noise in enumerate(SIGMA2):
                shrunk = coordinates / (eigenvalues + noise)
                projected[mean][draw, level] = v @ centre + np.sum((v @ factor) * shrunk, axis=1)
                output = centre + factor @ shrunk[0]
                moments[mean][:, level] += output, output**2
    first, second = (sums / N_DRAWS for sums in np.stack(list(moments.values()), axis=1))
    return projected, dict(zip(moments, second - first**2, strict=True))


@pytest.mark.parametrize("mean", ["known", "estimated"])
def test_variance_of_every_probe_matches_simulation(draws, probes, mean):
    # Three standard errors, and the theory's own error: up to 0.04 at n = 100, largest on aligned single modes.
    ratio = draws[0][mean].var(axis=0, ddof=1) / denoiser_variance(*probes, LAW, SIGMA2, N, mean=mean)
    np.testing.assert_allclose(ratio, 1, atol=0.06)
    np.testing.assert_allclose(ratio.mean(axis=1), 1, atol=0.025)


@pytest.mark.parametrize("mean", ["known", "estimated"])
def test_total_variance_matches_simulation(draws, probes, mean):
    law = denoiser_variance(np.eye(120), probes[1][0], LAW, SIGMA2, N, mean=mean)  # (sigma2, modes)
    np.testing.assert_allclose(draws[1][mean].sum(axis=1) / law.sum(axis=1), 1, atol=0.015)


def test_published_law_misses_the_mean_and_the_second_pairing(draws, probes):
    published = denoiser_variance(*probes, LAW, SIGMA2, N, mean="known", pairing=False)
    known, estimated = (draws[0][mean].var(axis=0, ddof=1) / published for mean in ("known", "estimated"))
    np.testing.assert_allclose(known[:, 4:], 2, atol=0.15)  # aligned
    assert (estimated[-1, :4] > 1.5).all()  # in general position, at high noise
    assert (estimated[-1, 6:] > 50).all()


def test_at_high_noise_only_the_mean_varies():
    v = np.random.default_rng(0).standard_normal(120)
    found = denoiser_variance(v, np.zeros(120), LAW, 1e9, N)
    assert found == pytest.approx(v**2 @ LAW.eigenvalues / N, rel=1e-6)


def test_denoiser_variance_is_the_two_point_equivalent_of_a_rank_one_matrix(probes):
    v, x = probes[0][0], probes[1][0]
    second = resolvent_two_point(v, np.outer(x, x), v, 0.3, 0.3, LAW, N)
    first = v @ (resolvent_mean(0.3, LAW, N) * x)
    assert denoiser_variance(v, x, LAW, 0.3, N, mean="known", pairing=False) == pytest.approx(second - first**2)


@pytest.mark.parametrize("n", [40, 120, 900])
def test_identity_between_resolvents_is_the_resolvent_identity(n):
    # R R' = (R - R') / (z' - z), for any eigenvalues
    z, prime = 0.2 + 0.1j, 1.5 - 0.4j
    one, two = resolvent_mean(z, LAW, n) / z, resolvent_mean(prime, LAW, n) / prime
    found = resolvent_two_point(np.eye(120), np.ones(120), np.eye(120), z, prime, LAW, n)
    np.testing.assert_allclose(found, z * prime * (one - two) / (prime - z), rtol=1e-10)


def test_two_points_with_any_matrix_match_simulation():
    rng = np.random.default_rng(3)
    a = rng.standard_normal((120, 120))
    a = (a + a.T) / 30 + np.diag(LAW.eigenvalues)
    v, x = rng.standard_normal((2, 3, 120)) / np.sqrt(120)
    z, prime, values = 0.2 + 0.3j, 0.7, []
    for _ in range(600):
        rows = rng.standard_normal((N, 120)) * np.sqrt(LAW.eigenvalues / N)
        covariance = rows.T @ rows
        left = np.linalg.solve(covariance + z * np.eye(120), v.T)
        right = np.linalg.solve(covariance + prime * np.eye(120), x.T)
        values.append(np.sum(left * (a @ right), axis=0) * z * prime)
    error = np.std(values, axis=0) / np.sqrt(600)
    deviation = np.abs(np.mean(values, axis=0) - resolvent_two_point(v, a, x, z, prime, LAW, N))
    scale = np.abs(resolvent_two_point(v, np.abs(np.diag(a)), v, z, prime, LAW, N)).max()
    assert (deviation <= 4 * error + 0.01 * scale).all()


def test_diagonal_and_matrix_are_the_same_and_multiplicities_count():
    v, x, a = np.random.default_rng(0).standard_normal((3, 4))
    law = [4.0, 1.0, 1.0, 0.5]
    dense = resolvent_two_point(v, np.diag(a), x, 1.0, 2.0, law, 3)
    assert resolvent_two_point(v, a, x, 1.0, 2.0, law, 3) == pytest.approx(dense)
    v[2] = x[2] = 0
    kept, a[2] = [0, 1, 3], a[1]
    counted = Spectrum([4.0, 1.0, 0.5], multiplicities=[1, 2, 1])
    expected = resolvent_two_point(v, a, x, 1.0, 2.0, law, 3)
    assert resolvent_two_point(v[kept], a[kept], x[kept], 1.0, 2.0, counted, 3) == pytest.approx(expected)


def test_shapes_broadcast():
    v, x = np.ones((5, 1, 2)), np.ones((3, 2))
    n = np.array([[2.0], [7.0], [9.0]])
    found = denoiser_variance(v, x, [1.0, 2.0], [0.1, 1.0], n)
    assert found.shape == (3, 2, 5, 3)
    assert found[2, 1, 4, 0] == pytest.approx(denoiser_variance(v[4, 0], x[0], [1.0, 2.0], 1.0, 9))
    assert denoiser_variance([1.0], [1.0], [1.0], 1.0, 3).shape == ()


@pytest.mark.parametrize("mean", ["known", "estimated"])
@pytest.mark.parametrize("pairing", [True, False])
def test_mode_variance_is_the_variance_of_every_unit_probe(mean, pairing):
    x, one = np.random.default_rng(0).standard_normal((3, 120)), np.eye(120)
    expected = denoiser_variance(one, x[:, None], LAW, SIGMA2, N, mean, pairing)
    np.testing.assert_allclose(denoiser_mode_variance(x, LAW, SIGMA2, N, mean, pairing), expected, rtol=1e-12)


def test_no_cancellation_at_n_equal_rank():
    # kappa = sqrt(z lambda) there, and the variance kappa^2 / (2 n kappa / lambda) * 2 / lambda^2 = kappa / (n lambda)
    kappa = solve_kappa(1e-20, [2.0], 1)
    assert denoiser_variance([1.0], [1.0], [2.0], 1e-20, 1, mean="known") == pytest.approx(kappa / 2, rel=1e-9)


ONE = [1.0]


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("v", lambda: denoiser_variance([1.0, 2.0], ONE, ONE, 1.0, 3)),
        ("v", lambda: denoiser_variance([np.nan], ONE, ONE, 1.0, 3)),
        ("x", lambda: denoiser_variance(ONE, 1.0, ONE, 1.0, 3)),
        ("broadcast", lambda: denoiser_variance(np.ones((2, 1)), np.ones((3, 1)), ONE, 1.0, 3)),
        ("sigma2", lambda: denoiser_variance(ONE, ONE, ONE, 0.0, 3)),
        ("n_samples", lambda: denoiser_variance(ONE, ONE, ONE, 1.0, 1)),
        ("n_samples", lambda: denoiser_variance(ONE, ONE, ONE, 1.0, 0, mean="known")),
        ("mean", lambda: denoiser_variance(ONE, ONE, ONE, 1.0, 3, mean="centred")),
        ("a must", lambda: resolvent_two_point([1, 2], [[1, 2], [3, 4]], [1, 2], 1.0, 1.0, [1, 2], 3)),
        ("a must", lambda: resolvent_two_point(ONE, [1, 2], ONE, 1.0, 1.0, ONE, 3)),
        ("z", lambda: resolvent_two_point(ONE, ONE, ONE, -1.0, 1.0, ONE, 3)),
        ("z", lambda: resolvent_two_point(ONE, ONE, ONE, [1.0, 2.0], 1.0, ONE, 3)),
    ],
)
def test_bad_arguments_are_named(argument, call):
    with pytest.raises(ValueError, match=argument):
        call()
