"""Studies of mixtures: their numbers are those of the functions they stand on."""

import numpy as np
import pytest

from rmt_utils import Mixture, edm_sigmas, flatten, fragility
from rmt_utils.data.splits import disjoint_pair
from rmt_utils.models import linear
from rmt_utils.models.agreement import mse_per_seed
from rmt_utils.nets import mixtures, runs

STUDY = mixtures.quick()[0]


@pytest.fixture(scope="module")
def numbers():
    return mixtures.carry_out(STUDY)


def test_numbers_are_those_of_the_mixture_of_the_population(numbers):
    samples = flatten(runs.source_images("digits", 8)).astype(np.float64)
    noise = linear.seed_noise(range(16), 64)
    population = Mixture.fit(samples[np.random.default_rng(0).permutation(len(samples))[:1700]], 4)
    sensitive = fragility(population, noise, 0.2, sigmas=edm_sigmas(18))
    np.testing.assert_allclose(numbers["sensitivity"][1], sensitive, rtol=1e-6)
    halves = (samples[rows] for rows in disjoint_pair(len(samples), 400, 1))
    one, two = (mixtures.refitted(population, half).sample(noise) for half in halves)
    np.testing.assert_allclose(numbers["difference"][1, 1], mse_per_seed(one, two), rtol=1e-6)


def test_more_images_differ_less(numbers):
    assert np.nanmean(numbers["difference"][1]) < np.nanmean(numbers["difference"][0])
    assert numbers["refit"].shape == (16,)
    assert (numbers["refit"] > 0).all()


def test_every_study_of_the_book_is_a_file_of_its_own():
    names = [study.name for study in (*mixtures.book(), *mixtures.quick())]
    assert len({*names}) == len(names)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"^n_fits\b"):
        mixtures.Study("digits", 8, 2, n_fits=0)
