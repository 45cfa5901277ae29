"""Runs: what they are called, what they train on, and what is kept of them."""

import json
import random
import time
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from rmt_utils.data.photographs import crops
from rmt_utils.data.sources import flatten
from rmt_utils.data.splits import region_splits
from rmt_utils.models.linear import seed_noise
from rmt_utils.nets import runs, sweep
from rmt_utils.nets.recipe import Recipe
from rmt_utils.nets.runs import Run
from rmt_utils.nets.trained_on import edited_noise, source_spectrum, training_images
from rmt_utils.theory.spectrum import Spectrum

RUN = Run("digits", 8, "iid", 1, 100, Recipe("unet-tiny", 20, batch=8, warmup=5), 4, ((0, 3, 2.0),))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return folder, runs.execute(RUN, folder)


def test_a_run_leaves_samples_weights_and_a_record(finished):
    folder, result = finished
    assert result.samples.shape == (1, 4, 64)
    assert result.edited.shape == (1, 4, 64)  # fewer seeds than EDITED
    assert np.isfinite(result.samples).all()
    assert result.record["versions"]["torch"]
    assert result.record["hardware"]
    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".npz", ".safetensors"]
    assert runs.state(RUN, folder) == "done"
    assert runs.state(replace(RUN, half=2), folder) == "missing"


def test_a_finished_run_is_not_done_again(finished):
    folder, _ = finished
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    runs.execute(RUN, folder)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_the_kept_weights_draw_the_kept_samples(finished):
    from rmt_utils.nets.edm import sample_heun

    folder, result = finished
    again = sample_heun(runs.load_denoiser(RUN, folder), seed_noise(range(4), 64), (8, 8, 1))
    np.testing.assert_array_equal(again.astype(np.float16), result.samples[0].astype(np.float16))


@pytest.mark.parametrize("change", [{"half": 2}, {"n_samples": 101}, {"recipe": replace(RUN.recipe, seed=1)}])
def test_the_key_depends_on_the_configuration(change):
    assert replace(RUN, **change).key != RUN.key


def test_the_key_depends_on_data_and_code(monkeypatch):
    monkeypatch.setattr(runs, "VERSION", runs.VERSION + 1)
    assert replace(RUN).key != RUN.key
    monkeypatch.undo()
    monkeypatch.setattr(runs, "fingerprint", lambda source, size: "other images")
    assert replace(RUN).key != RUN.key


@pytest.mark.parametrize("network", sweep.SMALL)
def test_the_training_code_is_the_one_its_version_stands_for(network, tmp_path):
    # Results of one version must be comparable. If this fails after a change of what is computed, raise runs.VERSION
    # and write the new numbers here; 1e-3 is far above the rounding of other processors and far below another recipe.
    from rmt_utils.nets import training

    recipe = replace(RUN.recipe, network=network)
    losses = training.train(recipe, training_images(RUN), tmp_path / "checkpoint")[1]
    reference = {1: {"unet-small": (1.06102, 0.87028, 0.79763), "dit-small": (1.06102, 0.94802, 0.80276)}}
    np.testing.assert_allclose(losses[[0, 9, 19]], reference[runs.VERSION][network], rtol=1e-3)


@pytest.mark.parametrize("damage", ["truncate", "flip", "record", "not json", "no samples"])
def test_damage_is_named_and_mended(damage, finished, tmp_path):
    for path in finished[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    samples, record = runs.paths(RUN, tmp_path)
    content = bytearray(samples.read_bytes())
    if damage == "truncate":
        samples.write_bytes(content[:-20])
    elif damage == "flip":
        content[len(content) // 2] ^= 1
        samples.write_bytes(content)
    elif damage == "record":
        entry = json.loads(record.read_text())
        entry["training_seconds"] += 1
        record.write_text(json.dumps(entry))
    elif damage == "not json":
        record.write_text("{")
    else:
        samples.unlink()
    assert runs.state(RUN, tmp_path) == "damaged"
    with pytest.raises(RuntimeError, match=record.stem):
        runs.read(RUN, tmp_path)
    mended = runs.execute(RUN, tmp_path)
    np.testing.assert_array_equal(mended.samples, finished[1].samples)
    assert samples.read_bytes() == runs.paths(RUN, finished[0])[0].read_bytes()


def test_a_record_of_another_run_is_not_taken_for_this_one(finished, tmp_path):
    other = replace(RUN, half=2)
    for ours, theirs in zip(runs.paths(RUN, finished[0]), runs.paths(other, tmp_path), strict=True):
        theirs.write_bytes(ours.read_bytes())
    with pytest.raises(RuntimeError, match="half2"):
        runs.read(other, tmp_path)


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        runs.execute(RUN, tmp_path)
    assert not list(tmp_path.iterdir())


def test_killed_at_any_moment_a_run_ends_with_the_same_bytes(tmp_path):
    """SIGKILL at random moments, as often as it takes: half of its time a run here writes checkpoints."""
    run = replace(RUN, recipe=Recipe("dit-tiny", 200, batch=8, warmup=5))
    disturbed, calm, kills = tmp_path / "disturbed", tmp_path / "calm", 0
    disturbed.mkdir()
    (disturbed / f"{runs.checkpoint_path(run, disturbed).name}.4194305.tmp").write_bytes(b"half")  # no process's number
    context, rng = get_context("forkserver"), random.Random(2602)
    # what takes seconds to import, once for all: the last by the first optimiser
    context.set_forkserver_preload([__name__, "rmt_utils.nets.training", "sklearn.datasets", "torch._dynamo"])
    while True:
        process, began = context.Process(target=execute_in_fear, args=(run, disturbed)), time.time()
        process.start()
        while process.is_alive() and not gone_on(runs.checkpoint_path(run, disturbed), began):
            time.sleep(0.01)
        process.join(rng.uniform(0, 0.3))
        if process.exitcode is not None:
            break
        process.kill()
        process.join()
        kills += 1
    assert process.exitcode == 0
    assert kills >= 2
    runs.execute(run, calm)
    # nothing that was being written when a process was killed stays
    ours, undisturbed = ({path.name: path for path in folder.iterdir()} for folder in (disturbed, calm))
    record = runs.paths(run, calm)[1].name  # has the time
    assert ours.keys() == undisturbed.keys()
    assert all(ours[name].read_bytes() == undisturbed[name].read_bytes() for name in ours if name != record)


def execute_in_fear(run, folder):
    """Carry out ``run`` with a checkpoint after every step."""
    from rmt_utils.nets import training

    training.CHECKPOINT_SHARE = np.inf
    runs.execute(run, folder)


def gone_on(path, began):
    """Whether the file has been written since."""
    try:
        return path.stat().st_mtime > began
    except FileNotFoundError:
        return False


def test_halves_are_disjoint_and_cut_as_they_say():
    images = {
        split: [flatten(training_images(replace(RUN, split=split, half=h, n_samples=800))) for h in (1, 2)]
        for split in runs.SPLITS
        if split != "regions"
    }
    spectrum = source_spectrum("digits", 8)
    rows = [{row.tobytes() for row in half} for half in images["iid"]]
    assert not rows[0] & rows[1]
    for split, (one, two) in images.items():
        assert one.shape == two.shape == (800, 64)
        assert one.dtype == np.float32
        if split not in ("iid", "surrogate"):
            kind, component = split.split("-")
            direction = spectrum.eigenvectors[:, int(component) - 1]
            scores = [half @ direction for half in (one, two)]
            apart = abs(scores[0].mean() - scores[1].mean()) / np.sqrt(spectrum.eigenvalues[int(component) - 1])
            assert (apart > 1) == (kind == "mean")
            if kind == "variance":
                assert scores[0].std() < scores[1].std() / 2


def test_the_surrogate_has_the_sources_moments():
    run = replace(RUN, split="surrogate", n_samples=20_000)
    model = Spectrum.from_samples(flatten(training_images(run)))
    truth = source_spectrum("digits", 8)
    # sampling errors of 20,000 images: 1/sqrt(20,000) = 0.7% of a standard deviation, 1% of an eigenvalue
    assert np.abs(model.mean - truth.mean).max() < 5 * 0.007 * np.sqrt(truth.eigenvalues[0])
    np.testing.assert_allclose(model.eigenvalues[:10], truth.eigenvalues[:10], rtol=0.05)


def test_edits_act_on_their_components_only():
    noise = seed_noise(range(3), 64)
    modes = source_spectrum("digits", 8).eigenvectors
    edited = edited_noise(RUN, noise, (2, 5, 3.0))
    np.testing.assert_allclose(edited @ modes[:, 2:5], 3 * noise @ modes[:, 2:5], atol=1e-12)
    np.testing.assert_allclose(edited @ modes[:, 5:], noise @ modes[:, 5:], atol=1e-12)


def test_an_edit_can_keep_each_seeds_norm():
    noise = seed_noise(range(3), 64)
    edited = edited_noise(RUN, noise, (2, 5, 3.0, True))
    np.testing.assert_allclose(np.linalg.norm(edited, axis=1), np.linalg.norm(noise, axis=1), rtol=1e-12)
    free = edited_noise(RUN, noise, (2, 5, 3.0))
    cosine = (free * edited).sum(axis=1) / np.linalg.norm(free, axis=1) / np.linalg.norm(edited, axis=1)
    np.testing.assert_allclose(cosine, 1, rtol=1e-12)


def test_pairs_of_halves_are_other_images():
    rows = [
        {row.tobytes() for row in flatten(training_images(replace(RUN, half=half, pair=pair)))}
        for pair in (0, 1, 2)
        for half in (1, 2)
    ]
    assert [len(half) for half in rows] == [100] * 6
    assert len(set.union(*rows)) == 600


def test_regions_give_each_half_its_own_patches():
    run = replace(RUN, source="natural-patches", size=32, split="regions", n_samples=50)
    halves = [training_images(replace(run, half=half)) for half in (1, 2)]
    for images, rows in zip(halves, region_splits(32, 50, seed=50), strict=True):
        np.testing.assert_array_equal(images, crops(rows, 32))
    nested = training_images(replace(run, n_samples=100))
    assert not (nested[:50] == halves[0]).all()


def test_fields_added_since_leave_every_committed_run_its_key():
    committed = {path.stem for path in (Path(__file__).parents[2] / "runs").glob("*.json")}
    first = {run.name for run in sweep.book()[:140]}  # committed before there were such fields
    assert len(first) == 140
    assert first <= committed


@pytest.mark.parametrize(
    "change",
    [{"pair": 1}, {"recipe": replace(RUN.recipe, order_seed=1)}, {"recipe": replace(RUN.recipe, precision="bfloat16")}],
)
def test_the_key_depends_on_added_fields(change):
    assert replace(RUN, **change).key != RUN.key


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "random"}, "split"),
        ({"half": 3}, "half"),
        ({"n_samples": 1}, "n_samples"),
        ({"pair": -1}, "pair"),
        ({"pair": 1, "split": "surrogate"}, "pair"),
        ({"split": "regions"}, "source"),
    ],
)
def test_bad_runs_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        replace(RUN, **change)
