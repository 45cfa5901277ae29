"""Variance components against samples that were made from known ones."""

import numpy as np
import pytest

from rmt_utils.models.agreement import mse_per_seed
from rmt_utils.models.anova import changed, effects, jackknife, unrelated


def draw(rng, halves, trainings, seeds=300, dim=20, deviations=(0.3, 0.7, 1.0), common=0.0):
    """x = m + A + B + C with given standard deviations; ``common``: of a part of A and B that all seeds share."""
    data, seed, interaction = deviations
    m = rng.standard_normal((seeds, dim))
    a = data * rng.standard_normal((halves, 1, seeds, dim)) + common * rng.standard_normal((halves, 1, 1, dim))
    b = seed * rng.standard_normal((1, trainings, seeds, dim)) + common * rng.standard_normal((1, trainings, 1, dim))
    return m + a + b + interaction * rng.standard_normal((halves, trainings, seeds, dim))


@pytest.mark.parametrize(("halves", "trainings"), [(2, 2), (2, 4), (6, 3)])
def test_components_are_found_without_bias(halves, trainings):
    rng = np.random.default_rng(0)
    found = effects(draw(rng, halves, trainings, seeds=2000))
    for estimate, variance in zip(found, (0.09, 0.49, 1.0), strict=True):
        error = estimate.std() / np.sqrt(estimate.size)
        assert abs(estimate.mean() - variance) < 4 * error
        assert error < 0.01  # so that one taken for another would be seen


def test_interaction_is_not_taken_for_an_effect_of_the_images():
    """Only chance that the images steer: the halves differ, and yet the data effect is zero."""
    rng = np.random.default_rng(1)
    x = draw(rng, 2, 3, seeds=2000, deviations=(0, 0, 1))
    assert changed(x)[0].mean() == pytest.approx(2, abs=0.05)
    data = effects(x)[0]
    assert abs(data.mean()) < 4 * data.std() / np.sqrt(2000)


def test_differences_of_the_models_are_sums_of_components():
    x = draw(np.random.default_rng(2), 2, 2)
    images, seed, everything = changed(x)
    np.testing.assert_allclose(images, mse_per_seed(x[0], x[1]).mean(axis=0))
    np.testing.assert_allclose(seed, mse_per_seed(x[:, 0], x[:, 1]).mean(axis=0))
    both = mse_per_seed(x[0, 0], x[1, 1]), mse_per_seed(x[0, 1], x[1, 0])
    np.testing.assert_allclose(everything, np.mean(both, axis=0))


def test_errors_are_the_spread_over_repetitions():
    rng = np.random.default_rng(3)
    results = [jackknife(draw(rng, 4, 4, seeds=60, common=0.5), effects) for _ in range(150)]
    means, errors = np.moveaxis(np.array(results), 1, 0)
    ratio = np.sqrt(np.square(errors).mean(axis=0)) / means.std(axis=0)
    # 150 repetitions know the spread to 6%; the jackknife of quadratic statistics of four errs on the large side
    assert (ratio > 0.8).all()
    assert (ratio < 2.2).all()


@pytest.mark.parametrize(("halves", "trainings"), [(2, 3), (2, 5), (4, 3)])
def test_the_jackknife_of_a_mean_is_its_standard_error(halves, trainings):
    x = draw(np.random.default_rng(5), halves, trainings, common=0.5)
    mean, error = jackknife(x, lambda x: x.mean(axis=(0, 1, 3)))
    squared = [x.mean(axis=(0, 1, 3)).var(ddof=1) / x.shape[2], x.mean(axis=(0, 2, 3)).var(ddof=1) / trainings]
    if halves > 2:
        squared.append(x.mean(axis=(1, 2, 3)).var(ddof=1) / halves)
    assert mean == pytest.approx(x.mean())
    assert error == pytest.approx(np.sqrt(sum(squared)), rel=1e-9)


def test_training_seeds_of_other_halves_stand_in():
    rng = np.random.default_rng(6)
    x, more = draw(rng, 8, 2, common=0.5), draw(rng, 2, 4, common=0.5)
    mean, error = jackknife(x, effects, more)
    np.testing.assert_allclose(mean, effects(x).mean(axis=1))
    without = [effects(np.delete(more, one, axis=1)).mean(axis=1) for one in range(4)]
    squared = 2 * 3 * np.var(without, axis=0)  # two training seeds in place of four: twice the variance
    np.testing.assert_allclose(error**2, jackknife(x, effects)[1] ** 2 + squared)


def test_two_of_a_kind_leave_their_part_out():
    x = draw(np.random.default_rng(4), 2, 2, common=0.5)
    each = effects(x)
    _, errors = jackknife(x, effects)
    np.testing.assert_allclose(errors, each.std(axis=1, ddof=1) / np.sqrt(each.shape[1]))


def test_unrelated_samples_differ_by_twice_the_variance():
    x = 0.5 * np.random.default_rng(5).standard_normal((2, 2, 4000, 10))
    # 160,000 squares of normal numbers: known to sqrt(2/160,000) = 0.35%, twice that for neighbours that share one
    assert unrelated(x) == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("shape", [(1, 2, 3, 4), (2, 1, 3, 4), (2, 3, 4), (2, 2, 0, 4)])
def test_bad_shapes_are_named(shape):
    with pytest.raises(ValueError, match=r"samples"):
        effects(np.ones(shape))
