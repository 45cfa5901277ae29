"""Rows of pictures hold the samples and images that their labels name."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from rmt_utils.book import pictured
from rmt_utils.nets import sweep

SEEDS, DIM = 5, 4


def test_rows_are_of_either_half_from_the_first_training_seed():
    x = np.random.default_rng(0).standard_normal((2, 3, SEEDS, DIM))

    def samples(name, n, split):
        assert (n, split) == (50, "regions")
        return x if name == "UNet" else np.empty((0, 0, 0, 0))

    rows = pictured.halves(SimpleNamespace(samples=samples), ("UNet", "DiT"), 50, "regions")
    assert [*rows] == ["UNet, half 1", "UNet, half 2"]
    np.testing.assert_array_equal(rows["UNet, half 2"], x[1, 0])


def test_nearest_images_are_those_of_the_half_that_is_named():
    images = {half: np.random.default_rng(half).standard_normal((30, DIM)) for half in (1, 2)}
    net = SimpleNamespace(training=lambda n, half: images[half][:n])
    rows = pictured.nearest(net, images[2][[7, 3]] + 1e-3, 20)
    np.testing.assert_array_equal(rows["nearest in half 2"], images[2][[7, 3]])
    far = np.square(rows["nearest in half 1"][0] - images[2][7]).sum()
    assert far == pytest.approx(np.square(images[1][:20] - images[2][7]).sum(axis=1).min(), rel=0.01)


@pytest.fixture(scope="module")
def net():
    """A UNet whose top and bottom modes are amplified, with and without the norm kept; a DiT with one edit alone."""
    run, rng = sweep.quick()[0], np.random.default_rng(0)
    edits = ((0, 10, 2.0), (10, 20, 2.0), (0, 10, 2.0, True), (10, 20, 2.0, True), (0, 5, 0.0))
    unet = replace(run, recipe=replace(run.recipe, network="unet-tiny"), edits=edits)
    dit = replace(run, recipe=replace(run.recipe, network="dit-tiny"), edits=edits[:1])
    results = {
        one: SimpleNamespace(
            samples=rng.standard_normal((2, SEEDS + 1, DIM)), edited=rng.standard_normal((len(one.edits), SEEDS, DIM))
        )
        for one in (unet, dit)
    }
    return SimpleNamespace(results=results)


def test_edited_seeds_stand_under_their_energy_and_first_mode(net):
    rows, (result, _) = pictured.edited(net, "UNet"), net.results.values()
    assert [*rows] == [
        "$n=50$, as drawn",
        "$n=50$, +30, from mode 1",
        "$n=50$, +30, from mode 11",
        "$n=50$, removed, from mode 1",
    ]
    np.testing.assert_array_equal(rows["$n=50$, as drawn"], result.samples[-1, :SEEDS])
    np.testing.assert_array_equal(rows["$n=50$, +30, from mode 11"], result.edited[1])


def test_changes_are_of_edits_made_of_top_and_bottom(net):
    changes, (result, _) = pictured.edit_changes(net), net.results.values()
    assert [*changes] == ["UNet-30", "UNet-30 kept"]
    drawn = result.samples[-1, :SEEDS]
    expected = [np.square(result.edited[place] - drawn).mean(axis=1) for place in (2, 3)]
    np.testing.assert_allclose(changes["UNet-30 kept"], expected)
