"""Halves of a person's images share nothing."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from rmt_utils import cli, load_images
from rmt_utils.data.halves import halves


@pytest.fixture
def folder(tmp_path):
    """60 different pictures, ten of them six times under other names, and one that is none."""
    images = load_images("natural-patches", size=16, n_images=60, seed=3)
    root = tmp_path / "pictures"
    (root / "more").mkdir(parents=True)
    for number, pixels in enumerate(images):
        picture = Image.fromarray(np.uint8((pixels + 1) * 127.5))
        for copy in range(6 if number < 10 else 1):
            picture.save(root / ("more" if copy else ".") / f"{number}_{copy}.png")
    (root / "none.png").write_text("no picture")
    return root


def of(names):
    return {name.rpartition("/")[2].partition("_")[0] for name in names}


def test_copies_stay_together(folder):
    found = halves(folder)
    first, second = found.names
    assert len(first) + len(second) == 110
    assert abs(len(first) - len(second)) <= 6
    assert of(first) & of(second) == set()
    assert of(first) | of(second) == {str(number) for number in range(60)}
    assert found.copies == 50
    assert list(found.skipped) == ["none.png"]
    assert halves(folder).names == found.names
    assert halves(folder, seed=1).names != found.names


def test_an_array_is_split_by_its_rows():
    images = load_images("digits", n_images=100)
    images[40:60] = images[0]
    first, second = halves(images).indices
    assert np.union1d(first, second).tolist() == [*range(100)]
    assert np.intersect1d(first, second).size == 0
    same = np.array([0, *range(40, 60)])
    assert np.isin(same, first).all() or np.isin(same, second).all()


def test_images_that_are_all_alike_are_refused():
    with pytest.raises(ValueError, match="images that differ"):
        halves(np.repeat(load_images("digits", n_images=1), 5, axis=0))


def test_command_writes_lists_and_links(folder, tmp_path, capsys):
    output = tmp_path / "out"
    assert cli.main(["split", str(folder), "-o", str(output), "--links"]) == 0
    assert "50 copies of others" in capsys.readouterr().out
    for half in ("half1", "half2"):
        names = (output / f"{half}.txt").read_text().splitlines()
        assert sorted(names) == sorted(str(path.relative_to(output / half)) for path in (output / half).rglob("*.png"))
        assert all((output / half / name).resolve() == (folder / name).resolve() for name in names)
    assert load_images(output / "half1").shape[1:] == (16, 16, 3)
    assert cli.main(["split", str(folder), "-o", str(output), "--links"]) == 2
    assert "must not hold half1 already" in capsys.readouterr().err
    assert cli.main(["split", "digits", "-o", str(tmp_path / "no"), "--links"]) == 2
    assert not (tmp_path / "no").exists()


def test_names_that_no_terminal_shows_are_linked_too(tmp_path):
    folder = os.fsencode(tmp_path / "pictures")
    os.mkdir(folder)
    odd = [b"\xff%d.png" % number for number in range(4)] + [b"a\n.png", b"\x1b[2J.png"]
    for name, pixels in zip(odd, load_images("digits", n_images=6), strict=True):
        picture = io.BytesIO()
        Image.fromarray(np.uint8((pixels[..., 0] + 1) * 127.5)).save(picture, "png")
        with open(os.path.join(folder, name), "wb") as file:
            file.write(picture.getvalue())
    output = tmp_path / "out"
    assert cli.main(["split", os.fsdecode(folder), "-o", str(output), "--links"]) == 0
    linked = [os.fsencode(link.name) for half in ("half1", "half2") for link in (output / half).iterdir()]
    assert sorted(linked) == sorted(odd)
    assert all(link.resolve().is_file() for half in ("half1", "half2") for link in (output / half).iterdir())
    listed = b"".join((output / f"half{half}.txt").read_bytes() for half in (1, 2)).splitlines()
    assert sorted(listed) == sorted([*odd[:4], rb"a\n.png", odd[5]])
