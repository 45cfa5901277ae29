"""Studies of mixtures: their numbers are those of the functions they stand on."""

from pathlib import Path

import numpy as np
import pytest

from rmt_utils import Mixture, edm_sigmas, flatten, fragility
from rmt_utils.data.splits import disjoint_pair
from rmt_utils.models import linear
from rmt_utils.models.agreement import mse_per_seed
from rmt_utils.nets import kept, mixtures
from rmt_utils.nets.trained_on import source_images

STUDY = mixtures.quick()[1]


@pytest.fixture(scope="module")
def numbers():
    return mixtures.carry_out(STUDY)


def test_numbers_are_those_of_the_mixture_of_the_population(numbers):
    samples = flatten(source_images("digits", 8)).astype(np.float64)
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


def test_ranking_adds_up_several_studies(numbers):
    sensitive, refit = mixtures.ranking([numbers, {name: 4 * values for name, values in numbers.items()}])
    np.testing.assert_allclose(sensitive, 2 * np.prod(numbers["sensitivity"], axis=0) ** (1 / 3))
    np.testing.assert_allclose(refit, 2 * numbers["refit"])


def test_a_table_of_ranks_has_a_row_for_each_study():
    rising = np.arange(16.0)
    numbers = {"sensitivity": np.stack([rising, -rising, rising]), "refit": np.roll(rising, 8)}
    lines = mixtures.rank_table({1: numbers, 16: numbers}, rising**3).splitlines()
    assert lines == ["eps = 0.05 0.2 0.4 refitted", "K =  1      1.0 -1.0 1.0 -0.51", "K = 16      1.0 -1.0 1.0 -0.51"]


@pytest.mark.parametrize("study", mixtures.book(), ids=lambda study: f"K={study.n_components}")
def test_studies_of_the_book_are_in_the_checkout(study):
    numbers = kept.read(study, Path(__file__).parents[2] / "runs")
    assert numbers["difference"].shape == (5, 2, 512)
    assert np.isfinite(numbers["difference"][:, 0]).all()
    assert (numbers["sensitivity"] > 0).all()


def test_the_kept_sensitivity_is_made_again():
    study = next(study for study in mixtures.book() if study.n_components == 2)
    numbers = kept.read(study, Path(__file__).parents[2] / "runs")
    images = flatten(source_images(study.source, study.size)).astype(np.float64)
    mixture, seeds = mixtures.population_mixture(study, images), [0, 100, 200, 300, 400, 500]
    noise = linear.seed_noise(range(study.n_seeds), images.shape[1])[seeds]
    again = fragility(mixture, noise, mixtures.EPS[1], sigmas=edm_sigmas(mixtures.STEPS))
    # an edge of a cluster may be crossed by rounding on another machine
    np.testing.assert_allclose(numbers["sensitivity"][1, seeds], again, rtol=0.1)


def test_every_study_of_the_book_is_a_file_of_its_own():
    names = [study.name for study in (*mixtures.book(), *mixtures.quick())]
    assert len({*names}) == len(names)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"^n_fits\b"):
        mixtures.Study("digits", 8, 2, n_fits=0)
