"""Variance components against samples that were made from known ones."""

import numpy as np
import pytest

from rmt_utils.models.agreement import mse_per_seed
from rmt_utils.models.anova import components, jackknife


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
    found = components(draw(rng, halves, trainings, seeds=2000))
    for estimate, variance in ((found.data, 0.09), (found.seed, 0.49), (found.interaction, 1.0)):
        error = estimate.std() / np.sqrt(estimate.size)
        assert abs(estimate.mean() - variance) < 4 * error
        assert error < 0.01  # so that one taken for another would be seen


def test_interaction_is_not_taken_for_an_effect_of_the_images():
    """Only chance that the images steer: the halves differ, and yet the data effect is zero."""
    rng = np.random.default_rng(1)
    found = components(draw(rng, 2, 3, seeds=2000, deviations=(0, 0, 1)))
    assert found.images_changed.mean() == pytest.approx(2, abs=0.05)
    assert abs(found.data.mean()) < 4 * found.data.std() / np.sqrt(2000)


def test_differences_of_the_models_are_sums_of_components():
    x = draw(np.random.default_rng(2), 2, 2)
    found = components(x)
    np.testing.assert_allclose(found.images_changed, mse_per_seed(x[0], x[1]).mean(axis=0))
    np.testing.assert_allclose(found.seed_changed, mse_per_seed(x[:, 0], x[:, 1]).mean(axis=0))
    both = mse_per_seed(x[0, 0], x[1, 1]), mse_per_seed(x[0, 1], x[1, 0])
    np.testing.assert_allclose(found.both_changed, np.mean(both, axis=0))


def test_errors_are_the_spread_over_repetitions():
    rng = np.random.default_rng(3)
    results = [
        jackknife(
            draw(rng, 4, 4, seeds=60, common=0.5),
            lambda x: np.array([(c := components(x)).data, c.seed, c.interaction]),
        )
        for _ in range(150)
    ]
    means, errors = np.moveaxis(np.array(results), 1, 0)
    ratio = np.sqrt(np.square(errors).mean(axis=0)) / means.std(axis=0)
    # 150 repetitions know the spread to 6%; the jackknife of quadratic statistics of four errs on the large side
    assert (ratio > 0.8).all()
    assert (ratio < 2.2).all()


def test_two_of_a_kind_leave_their_part_out():
    x = draw(np.random.default_rng(4), 2, 2, common=0.5)
    each = components(x).data
    _, error = jackknife(x, lambda x: components(x).data)
    assert error == pytest.approx(each.std(ddof=1) / np.sqrt(each.size))


@pytest.mark.parametrize("shape", [(1, 2, 3, 4), (2, 1, 3, 4), (2, 3, 4), (2, 2, 0, 4)])
def test_bad_shapes_are_named(shape):
    with pytest.raises(ValueError, match=r"samples"):
        components(np.ones(shape))
