import numpy as np
import pytest

from rmt_utils.forecast.moments import Moments, shared_moments, union
from rmt_utils.theory.spectrum import Spectrum


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return 5 + rng.standard_normal((50, 8)) * np.arange(1, 9)


def batches(rows):
    return (rows[start : start + 7] for start in range(0, len(rows), 7))


@pytest.mark.parametrize("n_rows", [50, 6])
def test_spectrum_of_all_shares_is_that_of_the_rows(rows, n_rows):
    found = union(shared_moments(batches(rows[:n_rows]), 8, 4)[0]).spectrum()
    expected = Spectrum.from_samples(rows[:n_rows])
    assert np.allclose(found.eigenvalues, expected.eigenvalues, rtol=1e-10, atol=1e-10)
    assert found.eigenvectors.shape == expected.eigenvectors.shape
    reference = rows[:n_rows][:7].mean(axis=0)
    assert np.allclose(found.mean + reference, rows[:n_rows].mean(axis=0))


def test_rows_are_dealt_in_turn(rows):
    shares, reference = shared_moments(batches(rows), 8, 4)
    np.testing.assert_allclose(reference, rows[:7].mean(axis=0))
    assert [share.count for share in shares] == [13, 13, 12, 12]
    centred = rows - rows[:7].mean(axis=0)
    for number, share in enumerate(shares):
        expected = Moments.of(centred[number::4])
        assert np.allclose(share.total, expected.total)
        assert np.allclose(share.second, expected.second)


def test_projection_onto_the_span_loses_nothing(rows):
    whole = union(shared_moments(batches(rows[:5]), 8, 2)[0])
    fitted = whole.spectrum()
    projected = whole.projected(fitted.eigenvectors).spectrum()
    assert np.allclose(projected.eigenvalues, fitted.eigenvalues[:4])


@pytest.mark.parametrize("n_rows", [50, 6, 2])
def test_eigenvalues_alone_are_those_of_the_spectrum(rows, n_rows):
    whole = union(shared_moments(batches(rows[:n_rows]), 8, 1)[0])
    np.testing.assert_allclose(whole.eigenvalues(), whole.spectrum().eigenvalues, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("n_rows", [50, 6, 2])
def test_modes_are_those_of_the_spectrum_that_are_not_0(rows, n_rows):
    whole = union(shared_moments(batches(rows[:n_rows]), 8, 1)[0])
    eigenvalues, vectors = whole.modes()
    assert eigenvalues.size == min(n_rows - 1, 8)
    np.testing.assert_allclose((vectors * eigenvalues) @ vectors.T, np.cov(rows[:n_rows].T), rtol=1e-9, atol=1e-9)
