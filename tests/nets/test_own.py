"""Two networks on halves of a person's images, from the pictures to the report."""

import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from rmt_utils import cli, flatten, load_images
from rmt_utils.nets import own, runs
from rmt_utils.nets.recipe import Recipe
from rmt_utils.nets.trained_on import training_images

RECIPE = Recipe("unet-tiny", 30, batch=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """44 different pictures, ten of them also as JPEG, which looks alike, and as a copy."""
    root = tmp_path_factory.mktemp("pictures")
    images = load_images("natural-patches", size=16, n_images=44, seed=3)
    for number, pixels in enumerate(sorted(images, key=np.std, reverse=True)):  # nothing tells flat ones apart
        picture = Image.fromarray(np.uint8((pixels + 1) * 127.5))
        picture.save(root / f"{number}.png")
        if number < 10:
            picture.save(root / f"{number}.jpg", quality=100, subsampling=0)
            picture.save(root / f"{number}_again.png")
    return root


def test_halves_are_trained_from_every_seed():
    plan = own.halves("digits", 8, 50, RECIPE, (2, 3))
    assert [(run.half, run.recipe.seed) for run in plan] == [(1, 2), (2, 2), (1, 3), (2, 3)]
    assert {(run.source, run.size, run.split, run.n_samples, run.recipe.steps) for run in plan} == {
        ("digits", 8, "iid", 50, 30)
    }


def test_a_pair_has_the_seed_of_its_recipe(folder, tmp_path):
    pair = own.pair(folder, None, 8, replace(RECIPE, seed=4), tmp_path)
    assert [(run.half, run.recipe.seed) for run in pair] == [(1, 4), (2, 4)]


def test_halves_share_no_picture(folder, tmp_path):
    pair = own.pair(folder, None, 8, RECIPE, tmp_path)
    halves = [training_images(run) for run in pair]
    assert [len(half) for half in halves] == [22, 22]
    assert halves[0].shape[1:] == (8, 8, 3)
    different = flatten(load_images(load_images("natural-patches", size=16, n_images=44, seed=3), size=8))
    nearest = min(np.square(a - b).mean() for a, b in combinations(different, 2))
    distances = np.square(flatten(halves[0])[:, None] - flatten(halves[1])).mean(axis=-1)
    assert distances.min() > 0.9 * nearest  # a picture and its JPEG are ten times as near
    assert own.pair(folder, None, 8, RECIPE, tmp_path) == pair
    assert [len(list(tmp_path.glob(kind))) for kind in ("*.npy", "*")] == [1, 1]
    with pytest.raises(ValueError, match=r"n must be from 2 to 22.*44 do not look like another one, got 23"):
        own.pair(folder, 23, 8, RECIPE, tmp_path)


def test_command_trains_what_a_pair_lacks_and_reports_forecast_and_outcome(folder, tmp_path, capsys):
    """One of two networks is there: the other needs one worker, which takes seconds to import torch."""
    report = tmp_path / "report.html"
    runs.execute(own.pair(folder, 20, 8, Recipe("unet-tiny", 30), tmp_path / "runs")[0], tmp_path / "runs")
    command = ["train", str(folder), "--folder", str(tmp_path / "runs"), "--n", "20"]
    command += ["--size", "8", "--steps", "30", "--network", "unet-tiny"]
    assert cli.main([*command, "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["done", "missing"]
    line = [sys.executable, "-m", "rmt_utils.cli", *command, "--html", report]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "With 20 images each, two LINEAR models agree on" in said
    assert "512 seeds: the two models' samples differ by" in said
    assert "your models by" in said
    assert max(map(len, done.stdout.splitlines())) <= 80
    page = report.read_text()
    assert page.count("<h2>") == 2
    assert "Most fragile seeds" in page
    assert f"<code>rmt train {folder} " in page  # how it was made
    assert cli.main(command) == 0
    assert capsys.readouterr().out == done.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--n", "5"], "--n must go with IMAGES, got 5"),
        (["digits", "--n", "900"], "n must be from 2 to 898"),
        (["digits", "--steps", "0"], "steps must be > 0"),
        (["digits", "--network", "gan"], "network must be one of unet-small, dit-small"),
        (["digits", "--n", "20", "--size", "7", "--network", "unet-small"], "size must be a multiple of 2"),
        (["absent"], "source must be"),
    ],
)
def test_bad_options_are_one_sentence(options, sentence, tmp_path, capsys):
    assert cli.main(["train", *options, "--folder", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sentence in printed.err
    assert len(printed.err.splitlines()) == 1
