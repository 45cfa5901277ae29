"""``rmt compare`` on samples as people keep them."""

import json

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from rmt_utils import cli
from rmt_utils.comparison.compare import compare
from rmt_utils.comparison.samples import paired, read_samples

RNG = np.random.default_rng(3)
A = RNG.integers(0, 256, (12, 6, 6, 3), dtype=np.uint8)
B = np.clip(A.astype(int) + RNG.integers(-20, 20, A.shape), 0, 255).astype(np.uint8)


def folder(path, samples, first=0):
    path.mkdir()
    for number, pixels in enumerate(samples, first):
        Image.fromarray(pixels).save(path / f"{number:04}.png")
    return path


def run(capsys, *arguments):
    code = cli.main(["compare", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_every_form_of_the_same_samples_gives_the_same_numbers(tmp_path, capsys):
    forms = {"pictures": (folder(tmp_path / "a", A), folder(tmp_path / "b", B))}
    for name, write in {
        "one.npy": lambda path, x: np.save(path, x),
        "two.npz": lambda path, x: np.savez(path, samples=x, other=np.zeros(3)),
        "three.safetensors": lambda path, x: save_file({"samples": np.ascontiguousarray(np.moveaxis(x, 3, 1))}, path),
    }.items():
        forms[name] = tmp_path / f"a_{name}", tmp_path / f"b_{name}"
        for path, samples in zip(forms[name], (A, B), strict=True):
            write(path, samples)
    expected = compare(A / 127.5 - 1, B / 127.5 - 1)
    for sources in forms.values():
        code, printed, _ = run(capsys, *sources, "--json")
        found = json.loads(printed)
        assert code == 0
        assert found["mean"] == pytest.approx(expected.mean, rel=1e-5)
        assert len(found["mse"]) == 12


def test_pictures_are_paired_by_name(tmp_path):
    first, second = folder(tmp_path / "a", A), folder(tmp_path / "b", A[3:], first=3)
    names, a, b = paired(read_samples(first), read_samples(second))
    assert names == [f"{number:04}" for number in range(3, 12)]
    np.testing.assert_array_equal(a, b)


def test_report_with_second_trainings_and_images(tmp_path, capsys):
    a, b = folder(tmp_path / "a", A), folder(tmp_path / "b", B)
    again = [folder(tmp_path / name, x) for name, x in (("a2", A[:, ::-1]), ("b2", B[:, ::-1]))]
    images = [
        folder(tmp_path / name, RNG.integers(0, 256, (30, 6, 6, 3), dtype=np.uint8)) for name in ("half1", "half2")
    ]
    report = tmp_path / "report.html"
    code, printed, complaints = run(capsys, a, b, "--again", *again, "--images", *images, "--html", report)
    assert (code, complaints) == (0, "")
    assert max(map(len, printed.splitlines())) <= 80
    for sentence in ("LINEAR models of these images", "Nearest training image", "both together"):
        assert sentence in " ".join(printed.split())
    page = report.read_text()
    assert page.count("data:image/png;base64,") == 2
    assert "Most fragile seeds" in page


def test_bad_input_is_one_sentence_and_leaves_nothing(tmp_path, capsys):
    good, other = folder(tmp_path / "a", A), folder(tmp_path / "other", B, first=100)
    pickled, text, cut = tmp_path / "p.npy", tmp_path / "t.npz", tmp_path / "c.safetensors"
    np.save(pickled, np.array([{}, {}]), allow_pickle=True)
    text.write_text("no archive")
    cut.write_bytes(b"\x10")
    report = tmp_path / "report.html"
    cases = {
        "at least 4 seeds in common": [good, other],
        "source must be a folder of pictures": [good, tmp_path / "absent"],
        "that can be read": [good, pickled],
        "got " + str(text): [good, text],
        "got " + str(cut): [good, cut],
        "--again must hold all 12 seeds": [good, good, "--again", good, folder(tmp_path / "few", A[:5])],
    }
    for sentence, arguments in cases.items():
        code, printed, complaints = run(capsys, *arguments, "--html", report)
        assert (code, printed) == (2, ""), sentence
        assert sentence in complaints
        assert len(complaints.splitlines()) == 1
    assert not report.exists()
