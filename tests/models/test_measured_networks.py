"""The numbers on networks that reports quote, computed anew from the samples in runs/."""

from pathlib import Path

import numpy as np
import pytest

from rmt_utils.book.networks import Networks
from rmt_utils.models import measured_networks as quoted
from rmt_utils.models.agreement import ceiling, mse_per_seed
from rmt_utils.models.anova import unrelated
from rmt_utils.models.baselines import mixture_fragility
from rmt_utils.models.fragile import rank_correlation
from rmt_utils.nets import sweep
from rmt_utils.theory.spectrum import Spectrum

RUNS = Path(__file__).parents[2] / "runs"


@pytest.fixture(scope="module")
def networks():
    plan = [run for run in sweep.book() if run.split == "iid" and run.source == "fashion-mnist"]
    found = Networks(plan, RUNS)
    assert found.population.dim == quoted.DIM
    assert found.first.recipe.steps * found.first.recipe.batch == quoted.SEEN
    return found


@pytest.mark.parametrize("name", quoted.NETWORKS)
def test_differences_factors_and_memory_are_those_of_the_runs(name, networks):
    one = quoted.NETWORKS[name]
    for n, share, factor, memory in zip(quoted.SIZES, one.shares, one.factors, one.memory, strict=True):
        samples = networks.samples(name, n)
        assert samples.shape[:2] == (2, 4)
        difference = mse_per_seed(samples[0], samples[1]).mean()
        # as many digits as are quoted
        assert difference / unrelated(samples) == pytest.approx(share, abs=6e-4)
        assert difference / mse_per_seed(*networks.fitted(n)).mean() == pytest.approx(factor, rel=0.03)
        assert networks.own_over_other(samples[0], n)[0] == pytest.approx(memory, abs=6e-3)


@pytest.mark.parametrize("name", quoted.NETWORKS)
def test_a_mixture_ranks_seeds_as_weakly_as_is_said(name, networks):
    images = np.concatenate([networks.training(1000, half) for half in (1, 2)]).astype(float)
    seeds = slice(0, 512, 4)
    difference = mse_per_seed(*networks.samples(name, 1000))
    ranking = mixture_fragility(images, networks.noise[seeds], Spectrum.from_samples(images))
    rank, error = rank_correlation(ranking, difference.mean(axis=0)[seeds])
    assert abs(rank - quoted.NETWORKS[name].rank) < 2 * error  # of a quarter of the seeds that were ranked
    assert ceiling(difference) == pytest.approx(0.9, abs=0.02)


def test_factors_in_colour_are_those_of_the_samples():
    colored = Networks([run for run in sweep.book() if run.split == "regions"], RUNS)
    for name, factor in quoted.COLOUR.items():
        raw = colored.difference(name, 300)
        assert raw.mean() / colored.linear(300)[:, : raw.shape[1]].mean() == pytest.approx(factor, abs=6e-3)


def test_factors_in_between_and_beyond():
    between = [quoted.factor("UNet", quoted.DIM / n) for n in (100, 150, 300)]
    assert between[0] < between[1] < between[2]
    assert np.isnan(quoted.factor("UNet", quoted.DIM / 99))
    assert "5.1 and 3.8 times as much as linear ones at d/n = 0.2" in quoted.sentence(quoted.DIM / 1000)
    assert "differed more than linear models of the same images, and never" in quoted.sentence(30.0)
    assert "measured for d/n from 0.0065 to 2, here it is 30." in quoted.sentence(30.0)
    assert "less than 4.7% and 3.9% of unrelated samples" in quoted.sentence(30.0)
