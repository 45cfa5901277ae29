"""The package where nothing is installed but numpy and scipy."""

import json
import subprocess
import venv
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import scipy

import rmt_utils
from rmt_utils.cli import COMMANDS
from rmt_utils.extras import extra

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Run an interpreter that has numpy, scipy and this package: bare(arguments...)."""
    place = tmp_path_factory.mktemp("bare")
    venv.create(place / "venv", with_pip=False, symlinks=True)
    libraries = place / "libraries"
    libraries.mkdir()
    for package in (np, scipy):
        origin = Path(package.__file__).parent
        for part in origin.parent.glob(f"{origin.name}*"):  # the package, its shared libraries and its metadata
            (libraries / part.name).symlink_to(part)
    (libraries / "rmt_utils").symlink_to(ROOT / "rmt_utils")
    (site,) = (place / "venv").glob("lib/python*/site-packages")
    (site / "bare.pth").write_text(f"{libraries}\n")

    def run(*arguments):
        command = [place / "venv" / "bin" / "python", "-I", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=place)

    return run


def test_nothing_else_can_be_imported(bare):
    assert bare("-c", "import numpy, scipy, rmt_utils").returncode == 0
    for package in ("PIL", "sklearn", "tqdm", "matplotlib", "torch"):
        assert "ModuleNotFoundError" in bare("-c", f"import {package}").stderr


def test_the_theory_needs_no_more(bare):
    code = "import rmt_utils as r; print(r.__version__, r.denoiser_gain([1.0, 1.0], 0.0, 4).tolist())"
    done = bare("-c", code)
    assert (done.returncode, done.stdout) == (0, "0.2.0 [1.0, 1.0]\n")


def test_help_needs_no_more(bare):
    done = bare("-m", "rmt_utils.cli", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for name in COMMANDS:
        assert name in done.stdout
    done = bare("-c", "import sys, rmt_utils.cli; print(*sys.modules)")
    assert not {place for place, *_ in COMMANDS.values()} & {*done.stdout.split()}  # loaded when they are called


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["forecast", "digits"], "sklearn", "data"),
        (["forecast", "natural-patches"], "skimage", "data"),
        (["forecast", "PICTURES"], "PIL", "data"),
        (["forecast", "hub:cifar10"], "datasets", "hub"),
        (["forecast", "images.npy", "--html", "report.html"], "matplotlib", "cli"),
        (["compare", "PICTURES", "PICTURES"], "PIL", "data"),
        (["split", "PICTURES", "-o", "halves"], "PIL", "data"),
        (["sample", "model", "-o", "samples.npz"], "torch", "diffusers"),
        (["train", "--profile", "quick", "--list"], "tqdm", "nets"),
    ],
)
def test_every_command_names_the_extra_that_it_needs(bare, tmp_path, arguments, package, extra):
    (tmp_path / "a.png").write_bytes(b"")
    np.save(tmp_path / "images.npy", np.random.default_rng(0).integers(0, 256, (8, 3, 3), dtype=np.uint8))
    places = {"PICTURES": tmp_path, "images.npy": tmp_path / "images.npy", "report.html": tmp_path / "report.html"}
    done = bare("-m", "rmt_utils.cli", *(places.get(word, word) for word in arguments))
    sentence = f"rmt {arguments[0]}: {package} is not installed: pip install 'rmt_utils[{extra}]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence)


def test_a_module_of_ours_that_is_missing_is_in_no_extra():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"), extra("data"):
        import_module("rmt_utils.no_such_module")


def test_every_command_is_among_these():
    tried = {arguments[0] for arguments, *_ in test_every_command_names_the_extra_that_it_needs.pytestmark[0].args[1]}
    assert tried == set(COMMANDS)


def test_an_array_is_forecast_without_any_extra(bare, tmp_path):
    np.save(tmp_path / "images.npy", np.random.default_rng(0).integers(0, 256, (8, 3, 3), dtype=np.uint8))
    done = bare("-m", "rmt_utils.cli", "forecast", tmp_path / "images.npy")
    assert (done.returncode, done.stderr) == (0, "")
    assert "8 images, 3 x 3 pixels" in " ".join(done.stdout.split())
    as_json = bare("-m", "rmt_utils.cli", "forecast", tmp_path / "images.npy", "--json")
    assert json.loads(as_json.stdout)["version"] == rmt_utils.__version__
