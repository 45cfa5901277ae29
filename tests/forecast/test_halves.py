from itertools import combinations

import numpy as np
import pytest

from rmt_utils import exact_map
from rmt_utils.forecast.halves import _groups, _map, measure, unevenness
from rmt_utils.forecast.moments import Moments, shared_moments, union
from rmt_utils.models import linear
from rmt_utils.theory.spectrum import Spectrum

F, SCALE = exact_map(80.0), 80.0


def steps(loop, label):
    return loop


def moments_of(rows, n_shares):
    return shared_moments([rows], rows.shape[1], n_shares)[0]


def draw(n, dim, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, dim)) * np.linspace(2, 0.5, dim)


def test_two_shares_give_the_difference_of_the_two_models():
    rows = draw(40, 6)
    shares = moments_of(rows, 2)
    sizes, found, errors = measure(F, SCALE, shares, union(shares).spectrum(), steps, np.random.default_rng(0))
    centred = rows - rows.mean(axis=0)
    noise = linear.seed_noise(range(4000), 6)
    first, second = (linear.sample(Spectrum.from_samples(centred[part::2]), noise) for part in (0, 1))
    expected = np.square((first - second) @ union(shares).spectrum().eigenvectors).mean(axis=0)
    assert sizes.tolist() == [20]
    # 4000 seeds know a mean square to sqrt(2/4000) = 2.2%; the largest of six modes is allowed four of these
    assert found[0] == pytest.approx(expected, rel=0.09)
    assert np.isnan(errors.relative)  # every difference is the same one, which says nothing


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
    from rmt_utils.forecast.calibration import Law

    rows = draw(3200, 12)
    shares = moments_of(rows, 32)
    sizes, found, errors = measure(F, SCALE, shares, union(shares).spectrum(), steps, np.random.default_rng(0))
    law = Law(F, SCALE, Spectrum(np.linspace(2, 0.5, 12) ** 2))
    predicted = np.array([law.modes(n).sum() for n in sizes])
    assert sizes.tolist() == [100, 400, 800, 1600]
    assert (np.abs(found.sum(axis=1) - predicted) <= 3 * errors.relative * predicted).all()
    assert errors.relative < 0.1


def test_differences_of_disjoint_models_are_all_their_mutual_ones():
    rows = draw(320, 4)
    shares = moments_of(rows, 8)
    fitted = union(shares).spectrum()
    _, found, _ = measure(F, SCALE, shares, fitted, steps, np.random.default_rng(0), n_differences=7)
    models = [_map(F, SCALE, share) @ fitted.eigenvectors for share in shares]
    mutual = [np.square(one - other).sum(axis=0) for one, other in combinations(models, 2)]
    assert found[0] == pytest.approx(np.mean(mutual, axis=0), rel=1e-10)


@pytest.mark.parametrize(("count", "models"), [(1, 65), (4, 32 + 32 + 3), (64, 2 * 64)])
def test_few_models_of_disjoint_sets_give_many_differences(count, models):
    groups = _groups(np.random.default_rng(0), 128, count, 64)
    assert sum(len(group) for group in groups) == models
    assert sum(len(group) - 1 for group in groups) == 64
    assert all(np.unique(group).size == group.size for group in groups)


def test_gaussian_images_are_as_uneven_as_their_fourth_moments_say():
    rows = np.random.default_rng(0).standard_normal((200_000, 1))
    # an image contributes x^4: E x^8 / (E x^4)^2 - 1 = 105/9 - 1
    assert unevenness(lambda s: s, rows, Spectrum([1.0], eigenvectors=[[1.0]])) == pytest.approx(105 / 9 - 1, rel=0.1)


def test_error_is_how_much_other_images_change_the_difference():
    rng = np.random.default_rng(0)
    totals, errors = [], []
    for seed in range(40):
        rows = draw(640, 6, seed) * rng.choice([0.5, 2.0], (640, 1))  # images of two contrasts
        shares = moments_of(rows, 64)
        fitted = union(shares).spectrum()
        _, found, of_set = measure(F, SCALE, shares, fitted, steps, rng, unevenness(F, rows, fitted))
        totals.append(found.sum(axis=1))
        errors.append(of_set.relative)
    spread = np.std(totals, axis=0) / np.mean(totals, axis=0)
    # 40 sets know their spread to 1/sqrt(80) = 11%: three of these; and first order in 1/n, n = 40 the smallest
    assert spread == pytest.approx(np.mean(errors), rel=0.35)


def test_error_adds_differences_shares_and_images_in_squares():
    rows = draw(320, 4)
    shares = moments_of(rows, 8)
    fitted = union(shares).spectrum()

    def errors(n_differences, seed, unevenness=0.0):
        rng = np.random.default_rng(seed)
        return measure(F, SCALE, shares, fitted, steps, rng, unevenness, n_differences)[2]

    def square(*settings):
        return errors(*settings).relative ** 2

    assert errors(4, 0).own == pytest.approx(errors(4, 0).common * 8 / 4)  # 4 differences at each size, 8 shares of all
    assert square(64, 0, 5.0) - square(64, 0) == pytest.approx(5.0 / 320)
    few, many = (np.mean([square(n_differences, seed) for seed in range(40)]) for n_differences in (4, 64))
    # 40 times three degrees of freedom at three sizes know a variance to 7%; three of these
    assert few / many == pytest.approx((1 / 4 + 1 / 8) / (1 / 64 + 1 / 8), rel=0.21)


def test_too_few_images_measure_nothing():
    shares = [Moments.of(row[None]) for row in draw(2, 3)]
    sizes, found, errors = measure(F, SCALE, shares, union(shares).spectrum(), steps, np.random.default_rng(0))
    assert (sizes.size, found.shape) == (0, (0, 3))
    assert np.isnan(errors.relative)
