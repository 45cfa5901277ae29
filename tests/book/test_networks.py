"""Samples of trained networks, and of linear models of the same images, against their definitions."""

from dataclasses import replace

import numpy as np
import pytest

from rmt_utils.book import networks
from rmt_utils.book.networks import Networks
from rmt_utils.models import linear
from rmt_utils.models.agreement import mse_per_seed
from rmt_utils.models.anova import effects, jackknife
from rmt_utils.nets import runs, sweep
from rmt_utils.nets.recipe import Recipe
from rmt_utils.theory.spectrum import Spectrum


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    return Networks(sweep.quick(), tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Of 50 digits, two pairs of halves: pair 0 from three training seeds, pair 1 from two (UNet) or one (DiT)."""
    folder, rng = tmp_path_factory.mktemp("several"), np.random.default_rng(0)
    first = sweep.quick()[0]
    plan = [
        replace(first, half=half, pair=pair, recipe=replace(first.recipe, network=network, seed=seed))
        for network, last in (("unet-tiny", 2), ("dit-tiny", 1))
        for pair, seeds in ((0, 3), (1, last))
        for half in (1, 2)
        for seed in range(seeds)
    ]
    for run in plan:
        samples, steps = rng.standard_normal((1, run.n_seeds, 64)).astype(np.float16), np.array([run.recipe.steps])
        arrays = {"samples": samples, "edited": samples[:0], "steps": steps, "losses": np.zeros(1)}
        runs.write(run, folder, arrays, {})
    return Networks([*plan, replace(first, half=2, recipe=Recipe("mlp-tiny", 10))], folder)


def test_linear_models_are_those_of_the_networks_images(net):
    assert net.samples("UNet", 50).size == 0  # nothing has been trained
    images = net.training(50, 2)
    assert images.shape == (50, 64)
    expected = linear.sample_heun(Spectrum.from_samples(images), net.noise)
    np.testing.assert_array_equal(net.fitted(50)[1, 0], expected)


def test_modes_are_those_of_the_population_about_the_ideal(net):
    assert net.modes.population is net.population
    np.testing.assert_array_equal(net.modes.mean, net.ideal.mean(axis=0))


def test_linear_models_stand_by_their_networks_names(net):
    np.testing.assert_array_equal(net.samples("linear", 50), net.fitted(50))
    halves = net.fitted(50, pairs=(0, 1))[:, 0]
    assert halves.shape == (4, len(net.noise), 64)
    np.testing.assert_array_equal(halves[:2], net.fitted(50)[:, 0])
    found = net.linear(50, pairs=(0, 1))
    np.testing.assert_array_equal(found[1], mse_per_seed(halves[2], halves[3]))


def test_the_law_is_what_linear_models_differ_by(net):
    # Gaussian images; what 16 noise seeds and one pair of halves know it to
    assert net.linear(400, "surrogate").mean() == pytest.approx(2 * net.law(400), rel=0.15)


def test_the_law_of_a_seed_has_the_mean_of_the_law(net):
    by_seed = net.seed_law(400) / net.population.dim
    assert by_seed.mean() == pytest.approx(net.law(400), abs=4 * by_seed.std() / np.sqrt(by_seed.size))


def test_a_pair_counts_where_all_networks_have_two_training_seeds(several):
    assert several.pairs(50, "UNet") == (0, 1)
    assert several.pairs(50, "DiT") == several.pairs(50, "UNet", "DiT") == (0,)
    assert several.pairs(400, "UNet") == ()


def test_differences_are_pair_by_pair(several):
    x = several.samples("UNet", 50, pairs=(0, 1))  # (halves, training seeds, seeds, dim)
    (raw,) = several.differences(50, "UNet")
    assert raw.shape == (2, 2, 16)
    np.testing.assert_array_equal(raw[1], mse_per_seed(x[2], x[3]))
    np.testing.assert_array_equal(several.difference("UNet", 50)[:2], raw[0])


def test_an_estimate_is_over_all_pairs_and_the_training_seeds_of_the_first(several):
    found = several.estimate(effects, 50, "UNet")
    pairs, first = several.samples("UNet", 50, pairs=(0, 1)), several.samples("UNet", 50)
    np.testing.assert_allclose(found, jackknife(pairs, effects, first))
    apart, _ = several.estimate(lambda x, y: mse_per_seed(x, y).mean(axis=(0, 1)), 50, "UNet", "DiT")
    assert apart == pytest.approx(mse_per_seed(first, several.samples("DiT", 50)).mean())


def test_what_is_missing_is_said(several):
    assert several.missing() == ["iid halves, n = 50, 10 steps: 1 of 19 missing"]


def test_without_a_folder_the_plan_is_carried_out(monkeypatch, tmp_path):
    """In a folder of its own, or in one that is shared: there what another process is at comes last."""
    busy, free = plan = sweep.quick()[:2]
    asked = []

    def execute(run, folder, wait):
        asked.append((run, folder, wait))

    monkeypatch.setattr(runs, "execute", execute)
    monkeypatch.delenv(networks.SHARED, raising=False)
    net = Networks(plan, None)
    assert asked == [(run, net.folder, wait) for wait in (False, True) for run in (busy, free)]
    assert net.results == {}
    monkeypatch.setenv(networks.SHARED, str(tmp_path))
    assert Networks(plan, None).folder == str(tmp_path)
    assert tmp_path.exists()


def test_short_and_long_trainings_are_those_of_the_plan(net):
    assert net.sizes == [50, 400]
    assert net.long == 20
    assert net.recipe("DiT").network == "dit-tiny"
    assert (net.recipe("MLP").steps, net.recipe("UNet", "regions").steps) == (20, 10)
