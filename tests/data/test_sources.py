import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rmt_utils.data import photographs
from rmt_utils.data.sources import flatten, load_images


def test_digits():
    images = load_images("digits")
    assert images.shape == (1797, 8, 8, 1)
    assert images.dtype == np.float32
    assert images.min() == -1
    assert images.max() == 1


def test_sizes_that_divide_the_side_are_block_averages_and_others_stay_in_range():
    images, halved, larger = (load_images("digits", size=size) for size in (None, 4, 11))
    assert np.allclose(halved[:, 0, 1], images[:, :2, 2:4].mean(axis=(1, 2)), atol=1e-6)
    assert larger.shape == (1797, 11, 11, 1)
    assert larger.min() >= -1
    assert larger.max() <= 1
    assert larger.mean() == pytest.approx(images.mean(), abs=0.05)


def test_subsets_are_random_without_replacement_and_follow_the_seed():
    images = flatten(load_images("digits"))
    subset, again, other = (flatten(load_images("digits", n_images=1000, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(subset, again)
    assert not np.array_equal(subset, other)
    assert len(np.unique(subset, axis=0)) == 1000  # no two digits are equal
    assert set(map(bytes, subset)) <= set(map(bytes, images))


def test_colour_of_grey_images_is_three_equal_channels():
    images = load_images("digits", n_images=3, color=True)
    assert images.shape == (3, 8, 8, 3)
    assert np.array_equal(photographs.luminance(images), load_images("digits", n_images=3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": "cifar"}, "source must be 'natural-patches', 'digits'.*got 'cifar'"),
        ({"source": "digits", "size": 0}, "size.*0"),
        ({"source": "digits", "size": 2.5}, "size.*2.5"),
        ({"source": "digits", "n_images": 1798}, "n_images must be at most 1797.*got 1798"),
        ({"source": "digits", "n_images": 0}, "n_images.*0"),
        ({"source": "natural-patches", "n_images": 0}, "n_images.*0"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_images(**arguments)


# a folder of images


def noise(height, width, channels=3):
    pixels = np.random.default_rng(height).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return pixels.squeeze()


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "images"
    (root / "sub").mkdir(parents=True)
    Image.fromarray(noise(40, 60)).save(root / "a.png")
    Image.fromarray(noise(32, 32)).save(root / "sub" / "b.JPG", "jpeg")
    Image.fromarray(noise(50, 20, 1)).save(root / "c.bmp")
    Image.fromarray(noise(33, 33, 1)).save(root / "d.gif")
    (root / "notes.txt").write_text("not an image")
    return root


@pytest.mark.parametrize("kind", [str, Path])
def test_folder_of_mixed_images(folder, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        images = load_images(kind(folder), size=16)
    assert images.shape == (4, 16, 16, 3)
    assert images.dtype == np.float32
    assert images.min() >= -1
    assert images.max() <= 1
    assert load_images(folder, size=16, color=False).shape == (4, 16, 16, 1)
    assert np.array_equal(images[1, ..., 0], images[1, ..., 1])  # c.bmp, grey, comes second


def test_folder_is_cropped_to_the_central_square_and_averaged(folder):
    pixels = noise(40, 60)[:, 10:50].astype(np.float64) / 127.5 - 1
    expected = pixels.reshape(20, 2, 20, 2, 3).mean(axis=(1, 3))
    assert np.allclose(load_images(folder, size=20)[0], expected, atol=1e-6)


def test_folder_of_grey_images_is_grey(folder):
    (folder / "a.png").unlink()
    (folder / "sub" / "b.JPG").unlink()
    assert load_images(folder, size=10).shape == (2, 10, 10, 1)
    assert load_images(folder, size=10, color=True).shape == (2, 10, 10, 3)


def test_folder_needs_a_size_only_if_sizes_differ(folder):
    with pytest.raises(ValueError, match=r"size must be given.*20 to 40"):
        load_images(folder)
    assert load_images(folder / "sub").shape == (1, 32, 32, 3)


def test_unreadable_files_are_skipped_with_one_warning(folder):
    good = (folder / "a.png").read_bytes()
    for number in range(7):
        (folder / f"broken{number}.png").write_bytes(good[: 60 * number])
    with pytest.warns(UserWarning, match="skipped 7 unreadable") as caught:
        images = load_images(folder, size=8)
    assert len(images) == 4
    assert len(caught) == 1
    assert "broken4.png" in str(caught[0].message)
    assert "broken5.png" not in str(caught[0].message)
    assert caught[0].filename == __file__


def test_folder_without_readable_images(tmp_path):
    with pytest.raises(ValueError, match="readable images"):
        load_images(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="1 unreadable"):
        load_images(tmp_path, n_images=1)
    with pytest.raises(ValueError, match="source must be"):
        load_images(tmp_path / "absent")


def test_subset_of_a_folder_makes_up_for_unreadable_files(folder):
    (folder / "broken.png").write_bytes(b"nothing")
    for seed in range(6):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            images = load_images(folder, size=8, n_images=4, color=True, seed=seed)
        assert len(np.unique(flatten(images), axis=0)) == 4
    with pytest.raises(ValueError, match=r"n_images must be at most 4.*got 5"):
        load_images(folder, size=8, n_images=5)


def test_subset_of_a_folder_has_the_number_asked_for(folder):
    assert load_images(folder, size=8, n_images=2, color=True).shape == (2, 8, 8, 3)


def test_sixteen_bit_and_rotated_pictures(tmp_path):
    Image.fromarray(np.full((8, 8), 32768, np.uint16)).save(tmp_path / "a.png")
    rotated = Image.Exif()
    rotated[0x0112] = 6  # orientation: turn by 90 degrees clockwise
    top_bright = np.zeros((8, 8), np.uint8)
    top_bright[:4] = 255
    Image.fromarray(top_bright).save(tmp_path / "b.png", exif=rotated)
    deep, turned = load_images(tmp_path)
    assert np.allclose(deep, 0, atol=1e-4)
    assert (turned[:, 4:] == 1).all()
    assert (turned[:, :4] == -1).all()


# the Hugging Face hub


def test_hub_without_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)  # what python does for a package that is not there
    with pytest.raises(ImportError, match=r"pip install 'rmt_utils\[hub\]'"):
        load_images("hub:uoft-cs/cifar10")


def test_hub_reads_a_local_dataset(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for number in range(5):
        Image.fromarray(noise(20 + number, 30)).save(tmp_path / f"{number}.png")
    assert np.array_equal(load_images(f"hub:{tmp_path}", size=10), load_images(tmp_path, size=10))
    assert load_images(f"hub:{tmp_path}:train", size=10, n_images=3, color=False).shape == (3, 10, 10, 1)
