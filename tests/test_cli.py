"""The command as people run it: real folders, real processes."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from rmt_utils import cli
from rmt_utils.forecast import command


def picture(height, width, seed, color=True):
    shape = (height, width, 3) if color else (height, width)
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def rmt(*arguments):
    command = [sys.executable, "-m", "rmt_utils.cli", "forecast", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path):
    """40 pictures of mixed sizes, grey and colour, among broken and other files."""
    root = tmp_path / "mixed"
    (root / "sub").mkdir(parents=True)
    for number in range(40):
        picture(8 + number % 4, 9, number, color=number % 2).save(
            root / ("sub" if number % 3 else ".") / f"{number}.png"
        )
    (root / "cut.png").write_bytes((root / "0.png").read_bytes()[:90])
    (root / "text.jpg").write_text("no picture")
    (root / "notes.txt").write_text("no picture")
    return root


def test_mixed_folder(folder, tmp_path):
    report = tmp_path / "report.html"
    done = rmt(folder, "--html", report)
    assert (done.returncode, done.stderr) == (0, "")
    assert "40 images, 8 x 8 pixels, colour (d = 192)" in " ".join(done.stdout.split())  # lines break at any word
    assert "Skipped 2 files" in done.stdout
    assert "cut.png" in done.stdout
    assert "text.jpg (not an image)" in done.stdout
    assert "Left out 1 file: it is not an image by its name" in done.stdout
    assert "20 of them were grey" in done.stdout
    assert report.read_text().startswith("<!DOCTYPE html>")
    assert f"Made by <code>rmt forecast {folder} --html {report}</code>" in report.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mixed", "report.html"]


def test_json_is_all_that_is_printed(folder):
    done = rmt(folder, "--json", "-n", 10, 40, "--size", 4, "--grey", "--steps", 18, "--seeds", 3, 5)
    found = json.loads(done.stdout)
    assert found["sizes"] == [10, 40]
    assert found["source"]["shape"] == [4, 4, 1]
    assert found["seeds"] == [3, 5]
    assert "18 steps" in found["sampler"]
    assert found["command"] == f"rmt forecast {folder} --json -n 10 40 --size 4 --grey --steps 18 --seeds 3 5"


def test_bad_input_is_one_sentence_and_leaves_nothing(folder, tmp_path, capsys):
    empty, single, equal = (tmp_path / name for name in ("empty", "single", "equal"))
    for place, count in ((empty, 0), (single, 1), (equal, 5)):
        place.mkdir()
        for number in range(count):
            picture(6, 6, seed=0).save(place / f"{number}.png")
    report = tmp_path / "report.html"
    cases = {
        "readable images": [empty],
        "at least 2 different readable images, got 1": [single],
        "2 different readable images, got 1": [equal],
        "at most 40, the number of images": [folder, "-n", 41],
        "source must be": [tmp_path / "absent"],
        "n_images must be at most 40": [folder, "--n-images", 41],
        "size must be a whole number": [folder, "--size", 0],
        "size must be at most 223 pixels for grey and 129 for colour": ["digits", "--size", 3000],
        "n_samples must be a whole number >= 2, got -3": [folder, "-n", -3],
    }
    for sentence, arguments in cases.items():
        assert cli.main(["forecast", *map(str, arguments), "--html", str(report)]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert sentence in printed.err.splitlines()[-1]
        assert printed.err.splitlines()[-1].startswith("rmt forecast: ")
    assert not report.exists()
    assert cli.main(["forecast", "digits", "--html", str(tmp_path / "absent" / "report.html")]) == 2
    assert "in a folder that exists and may be written" in capsys.readouterr().err


def test_folders_without_permission(folder, tmp_path, monkeypatch, capsys):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied", str(folder))

    with monkeypatch.context() as patched:
        patched.setattr("tempfile.TemporaryFile", refused)
        assert cli.main(["forecast", "digits", "--html", str(tmp_path / "report.html")]) == 2
    assert "may be written, got" in capsys.readouterr().err
    monkeypatch.setattr("pathlib.Path.iterdir", refused)
    assert cli.main(["forecast", str(folder)]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "Permission denied" in sentence
    assert str(folder) in sentence


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ModuleNotFoundError(name="PIL"), "PIL is not installed: pip install 'rmt_utils[cli]'"),
        (ArithmeticError("not found"), "not found"),
        (MemoryError(), "out of memory"),
    ],
)
def test_errors_of_the_work_are_one_sentence(error, sentence, monkeypatch, capsys):
    def fails(options):
        raise error

    monkeypatch.setattr(command, "run", fails)
    assert cli.main(["forecast", "digits"]) == 2
    assert capsys.readouterr().err == f"rmt forecast: {sentence}\n"


def test_exit_code_of_the_process(tmp_path):
    done = rmt(tmp_path / "absent")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_unknown_commands_and_options(capsys):
    for arguments in ([], ["fortune"], ["forecast"], ["forecast", "digits", "--colour"]):
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
        assert stopped.value.code == 2
    assert "usage: rmt" in capsys.readouterr().err
