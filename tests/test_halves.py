import numpy as np
import pytest

from rmt_utils import exact_map, linear
from rmt_utils.halves import measure
from rmt_utils.moments import Moments, shared_moments, union
from rmt_utils.spectrum import Spectrum

F, SCALE = exact_map(80.0), 80.0


def steps(loop, label):
    return loop


def moments_of(rows, n_shares):
    return shared_moments([rows], rows.shape[1], n_shares)


def draw(n, dim, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, dim)) * np.linspace(2, 0.5, dim)


def test_two_shares_give_the_difference_of_the_two_models():
    rows = draw(40, 6)
    shares = moments_of(rows, 2)
    sizes, found, error = measure(F, SCALE, shares, union(shares).spectrum(), steps, np.random.default_rng(0))
    centred = rows - rows.mean(axis=0)
    noise = linear.seed_noise(range(4000), 6)
    first, second = (linear.sample(Spectrum.from_samples(centred[part::2]), noise) for part in (0, 1))
    expected = np.square((first - second) @ union(shares).spectrum().eigenvectors).mean(axis=0)
    assert sizes.tolist() == [20]
    # 4000 seeds know a mean square to sqrt(2/4000) = 2.2%; the largest of six modes is allowed four of these
    assert found[0] == pytest.approx(expected, rel=0.09)
    assert error[0] == pytest.approx(0, abs=1e-12)  # every pair is the same one


def test_images_fewer_than_dimensions_are_measured_in_their_span():
    rows = draw(24, 60)
    shares = moments_of(rows, 4)
    fitted = union(shares).spectrum()
    _, found, _ = measure(F, SCALE, shares, fitted, steps, np.random.default_rng(0))
    basis = np.linalg.qr(rng_matrix(60))[0]
    turned = moments_of(rows @ basis, 4)
    # the whole space must give the same as the span: padding with large independent directions would change it
    _, again, _ = measure(F, SCALE, turned, union(turned).spectrum(), steps, np.random.default_rng(0))
    assert found.shape == (2, 60)
    assert found[:, 23:].max() == 0
    assert found.sum(axis=1) == pytest.approx(again.sum(axis=1), rel=1e-8)


def rng_matrix(dim):
    return np.random.default_rng(5).standard_normal((dim, dim))


def test_difference_of_gaussian_models_falls_as_the_law_says():
    from rmt_utils.calibration import Law

    rows = draw(3200, 12)
    shares = moments_of(rows, 32)
    sizes, found, error = measure(F, SCALE, shares, union(shares).spectrum(), steps, np.random.default_rng(0))
    law = Law(F, SCALE, Spectrum(np.linspace(2, 0.5, 12) ** 2))
    predicted = np.array([law.modes(n).sum() for n in sizes])
    assert sizes.tolist() == [200, 400, 800, 1600]
    # pairs share images, so the error is understated: by the 31 independent differences of shares it is
    # sqrt(2 / (31 * 12)) = 7% for 12 modes; two of these beside two standard errors
    assert (np.abs(found.sum(axis=1) - predicted) <= 2 * error + 0.15 * predicted).all()


def test_too_few_images_measure_nothing():
    shares = [Moments.of(row[None]) for row in draw(2, 3)]
    sizes, found, error = measure(F, SCALE, shares, union(shares).spectrum(), steps, np.random.default_rng(0))
    assert (sizes.size, found.shape, error.size) == (0, (0, 3), 0)
