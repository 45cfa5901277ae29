import os

import numpy as np
import pytest
from PIL import Image

from rmt_utils.data.sources import ImageStream, flatten, load_images


def picture(side, color=True, seed=0):
    shape = (side, side, 3) if color else (side, side)
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


@pytest.fixture
def folder(tmp_path):
    for number in range(40):
        picture(12 + number % 3, seed=number).save(tmp_path / f"{number:02}.png")
    return tmp_path


def rows(images):
    return {flatten(image[None]).tobytes() for image in images}


def read(stream, batch=7):
    return np.concatenate(list(stream.batches(batch)))


def test_folder_comes_whole_and_shuffled_and_as_load_images_reads_it(folder):
    stream = ImageStream(folder)
    images = read(stream)
    expected = load_images(folder, size=12)
    assert stream.shape == (12, 12, 3)
    assert stream.expected == len(images) == 40
    assert images.dtype == np.float32
    assert rows(images) == rows(expected)
    assert not np.array_equal(images, expected)
    assert np.array_equal(images, read(ImageStream(folder)))
    assert not np.array_equal(images, read(ImageStream(folder, seed=1)))


def test_batches_have_the_size_asked_for(folder):
    assert [len(batch) for batch in ImageStream(folder).batches(16)] == [16, 16, 8]


def test_broken_and_other_files_are_named(folder):
    good = (folder / "00.png").read_bytes()
    (folder / "cut.png").write_bytes(good[:200])
    (folder / "text.jpg").write_text("no picture")
    (folder / "notes.txt").write_text("no picture")
    Image.fromarray(np.zeros((9, 9), np.float32)).save(folder / "float.tif")
    stream = ImageStream(folder)
    assert len(read(stream)) == 40
    summary = stream.summary(40)
    assert set(summary["skipped"]) == {"cut.png", "text.jpg", "float.tif"}
    assert summary["skipped"]["text.jpg"] == "not an image"
    assert "mode F" in summary["skipped"]["float.tif"]
    assert summary["other_files"] == 1


def test_only_what_is_used_is_counted(tmp_path):
    for number in range(30):
        picture(5 + number % 2, color=number % 3 == 0, seed=number).save(tmp_path / f"{number:02}.png")
    (tmp_path / "05.png").write_bytes((tmp_path / "05.png").read_bytes()[:70])
    stream = ImageStream(tmp_path, size=6, n_images=12)
    read(stream)
    summary = stream.summary(12)
    assert sum(stream.sides.values()) == 12
    assert summary["enlarged"] == stream.sides[5]
    assert 0 < summary["grey"] < 12
    assert (len(read(stream)), stream.summary(12)) == (12, summary)  # twice is the same


def test_folders_that_may_not_be_read_are_named(folder, monkeypatch):
    (folder / "locked").mkdir()
    real = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    stream = ImageStream(folder)
    assert len(read(stream)) == 40
    assert stream.summary(40)["closed"] == {"locked/": "Permission denied"}


def test_reading_shows_how_far_it_is(folder):
    loops = {}

    def progress(steps, label):
        loops[label] = len(steps)
        return steps

    read(ImageStream(folder, n_images=10, progress=progress))
    assert loops == {"scanning": 40, "reading": 10}


def test_default_side_leaves_a_twentieth_smaller_and_is_at_most_32(tmp_path):
    for number in range(40):
        picture(5 if number < 2 else 20, seed=number).save(tmp_path / f"{number}.png")
    stream = ImageStream(tmp_path)
    assert stream.shape == (20, 20, 3)
    read(stream)
    assert stream.summary(40)["enlarged"] == 2
    for number in range(40):
        picture(50, seed=number).save(tmp_path / f"{number}.png")
    assert ImageStream(tmp_path).shape == (32, 32, 3)


def test_colour_is_found_as_load_images_finds_it(tmp_path):
    picture(9, color=False).save(tmp_path / "a.png")
    picture(9, color=False, seed=1).convert("RGB").save(tmp_path / "b.png")  # grey that is stored as colour
    assert ImageStream(tmp_path).shape == load_images(tmp_path).shape[1:] == (9, 9, 1)
    picture(9, seed=2).save(tmp_path / "c.png")
    assert ImageStream(tmp_path).shape == load_images(tmp_path).shape[1:] == (9, 9, 3)
    assert read(ImageStream(tmp_path, color=False)).shape == (3, 9, 9, 1)


def test_subsets(folder):
    images = read(ImageStream(folder, n_images=10))
    assert len(rows(images)) == 10
    with pytest.raises(ValueError, match=r"n_images must be at most 40.*got 41"):
        ImageStream(folder, n_images=41)
    for number in range(5):  # a whole header, so that only reading them tells
        (folder / f"{number:02}.png").write_bytes((folder / f"{number:02}.png").read_bytes()[:200])
    with pytest.raises(ValueError, match=r"n_images must be at most 35.*got 40"):
        read(ImageStream(folder, n_images=40, color=True))


def test_built_in_sources_and_arrays():
    digits = load_images("digits")
    assert rows(read(ImageStream("digits"))) == rows(digits)
    assert rows(read(ImageStream(digits))) == rows(digits)
    assert read(ImageStream("digits", size=4, n_images=9)).shape == (9, 4, 4, 1)


def test_hub_streams_a_local_dataset(folder, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert rows(read(ImageStream(f"hub:{folder}"))) == rows(read(ImageStream(folder)))


def test_sources_without_images(tmp_path):
    with pytest.raises(ValueError, match=r"readable images.*\(0 unreadable, 0 other files\)"):
        ImageStream(tmp_path)
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"readable images.*\(1 unreadable"):
        ImageStream(tmp_path)
    with pytest.raises(ValueError, match="source must be"):
        ImageStream(tmp_path / "absent")
    with pytest.raises(ValueError, match="size"):
        ImageStream(tmp_path, size=0)


def test_what_lies_outside_of_the_central_squares_is_counted(tmp_path):
    wide = np.random.default_rng(0).integers(0, 256, (6, 6, 8, 3), dtype=np.uint8)
    for number, pixels in enumerate(wide):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    picture(6).save(tmp_path / "square.png")
    for source, count in ((tmp_path, 7), (wide, 6)):
        stream = ImageStream(source)
        assert len(read(stream)) == count
        found = stream.summary(count)
        assert found["cropped"] == 6
        assert found["cut"] == pytest.approx(1 / 4)
    stream = ImageStream(wide[:, :, :6])
    read(stream)
    assert (stream.summary(6)["cropped"], stream.summary(6)["cut"]) == (0, 0)
