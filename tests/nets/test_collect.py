"""Which samples are put where."""

import numpy as np
import pytest

from rmt_utils.nets.collect import crossed, crossed_seeds
from rmt_utils.nets.recipe import Recipe
from rmt_utils.nets.runs import Result, Run


def finished(half, seed, pair=0, snapshots=(), **recipe):
    """A run, with samples that say which it is: (snapshots, 2, 3)."""
    recipe = Recipe("unet-tiny", 20, seed=seed, snapshots=snapshots, **recipe)
    steps = np.array([*snapshots, 20])
    values = 1000 * pair + 100 * half + 10 * seed + np.arange(len(steps))
    samples = np.broadcast_to(values[:, None, None], (len(steps), 2, 3)).astype(np.float32)
    return Run("digits", 8, "iid", half, 50, recipe, pair=pair), Result(samples, None, steps, None, {})


def collect(*ran, **which):
    return crossed(dict(ran), Recipe("unet-tiny", 20), 50, **which)


def test_samples_stand_at_their_half_and_training_seed():
    found = collect(*(finished(half, seed) for seed in (3, 0) for half in (2, 1)))
    assert found.shape == (2, 2, 2, 3)
    np.testing.assert_array_equal(found[:, :, 0, 0], [[100, 130], [200, 230]])


def test_only_training_seeds_of_all_halves_are_kept():
    ran = [finished(half, seed, pair) for half in (1, 2) for seed in (0, 1) for pair in (0, 1)][:-1]
    assert collect(*ran).shape[:2] == (2, 2)
    found = collect(*ran, pairs=(0, 1))
    np.testing.assert_array_equal(found[:, :, 0, 0], [[100], [200], [1100], [1200]])


def test_a_snapshot_is_found_by_its_step_among_runs_with_different_ones():
    found = collect(finished(1, 0, snapshots=(5, 10)), finished(2, 0, snapshots=(10,)), at=10)
    np.testing.assert_array_equal(found[:, 0, 0, 0], [101, 200])


@pytest.mark.parametrize("other", [{"order_seed": 1}, {"p_mean": -1.2}, {"batch": 16}, {"precision": "bfloat16"}])
def test_runs_of_another_kind_do_not_count(other):
    assert collect(finished(1, 0), finished(2, 0, **other)).shape == (0, 0, 0, 0)
    both = collect(finished(1, 0), finished(2, 0), finished(2, 0, **other))
    assert both[1, 0, 0, 0] == 200


def test_what_is_not_there_is_empty():
    assert collect().shape == (0, 0, 0, 0)
    assert collect(finished(1, 0)).shape == (0, 0, 0, 0)


def test_separate_seeds_make_a_square():
    ran = [finished(1, seed, order_seed=order) for seed, order in ((0, 1), (1, 0))] + [finished(1, 0), finished(1, 1)]
    assert crossed_seeds(dict(ran[:-1]), Recipe("unet-tiny", 20), 50).shape == (0, 0, 0, 0)
    marked = {
        run: Result(np.full((1, 2, 3), 10 * run.recipe.seed + run.recipe.draws_seed), *[None] * 4) for run, _ in ran
    }
    found = crossed_seeds(marked, Recipe("unet-tiny", 20), 50)
    np.testing.assert_array_equal(found[:, :, 0, 0], [[0, 1], [10, 11]])
