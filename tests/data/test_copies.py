"""Copies and pictures that look alike."""

import io
import shutil

import numpy as np
import pytest
from PIL import Image

from rmt_utils.data.copies import Copies, digest
from rmt_utils.data.photographs import crops, n_crops
from rmt_utils.data.sources import ImageStream
from rmt_utils.forecast import forecast
from rmt_utils.forecast.report import as_text


def photos(n_images, side, seed=0):
    """Crops of photographs with contrast, uint8 (n_images, side, side, 3)."""
    chosen = np.random.default_rng(seed).permutation(n_crops(side))[: 8 * n_images]
    found = ((crops(chosen, side) + 1) * 127.5).round().astype(np.uint8)
    coarse = found.reshape(len(found), 4, side // 4, 4, side // 4, 3).mean(axis=(2, 4, 5))
    return found[coarse.std(axis=(1, 2)) > 20][:n_images]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """120 pictures, and the same three times under other names."""
    once, thrice = (tmp_path_factory.mktemp(name) for name in ("once", "thrice"))
    for number, pixels in enumerate(photos(120, 8)):
        Image.fromarray(pixels).save(once / f"{number:03}.png")
        for copy in "abc":
            shutil.copy(once / f"{number:03}.png", thrice / f"{copy}{number:03}.png")
    return once, thrice


def read(*arguments, **settings):
    stream = ImageStream(*arguments, **settings)
    return stream, np.concatenate(list(stream.batches(50)))


def test_copies_have_one_group(folders):
    stream, images = read(folders[1])
    groups = np.array(stream.copies.groups)
    assert len(images) == 360
    assert stream.copies.n_copies == 240
    assert np.bincount(groups).tolist() == [3] * 120
    assert list(dict.fromkeys(stream.copies.groups)) == list(range(120))  # numbered as they come
    for group in range(0, 120, 17):
        assert (images[groups == group] == images[groups == group][0]).all()
        assert len({name[1:] for name, one in zip(stream.names, groups, strict=True) if one == group}) == 1


def test_a_forecast_counts_a_picture_once(folders):
    once, thrice = (forecast(folder, [30, 60, 120], size=4, population=0, mixture=False) for folder in folders)
    assert (once.source["copies"], thrice.source["copies"]) == (0, 240)
    assert (once.source["used"], thrice.source["used"]) == (120, 120)
    assert thrice.eigenvalues.sum() == pytest.approx(once.eigenvalues.sum(), rel=1e-4)
    # pairs of halves are drawn anew, with their own error
    allowed = 4 * np.hypot(once.relative_error, thrice.relative_error)
    assert thrice.expected == pytest.approx(once.expected, rel=allowed)
    assert thrice.needed[0][1] == pytest.approx(once.needed[0][1], rel=allowed)
    assert "Left out 240 copies of other images" in " ".join(as_text(thrice).split())


def test_copies_in_arrays_are_found_and_equal_plain_ones_are_none():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 6, 6, 3), dtype=np.uint8)
    pixels[5], pixels[7], pixels[8] = pixels[3], 200, 200
    stream, _ = read(pixels)
    assert stream.copies.n_copies == 1
    assert digest(np.zeros((3, 3))) is None
    assert digest(np.arange(4)) != digest(np.arange(4).reshape(2, 2))
    assert digest(np.arange(4, dtype=np.int32)) != digest(np.arange(4, dtype=np.uint32))


def test_crops_that_show_the_same_are_no_copies():
    stream, _ = read("natural-patches", size=2, n_images=3000)
    assert stream.copies.n_copies == 0


def test_pictures_compressed_again_brighter_or_smaller_look_alike_and_others_do_not(tmp_path):
    pixels = photos(40, 64)
    for number, one in enumerate(pixels):
        picture = Image.fromarray(one)
        picture.save(tmp_path / f"{number:02}.png")
        if number < 10:
            picture.save(tmp_path / f"{number:02}_again.jpg", quality=80)
        if number < 4:
            picture.resize((48, 48), Image.Resampling.LANCZOS).save(tmp_path / f"{number:02}_small.png")
            Image.fromarray((one * 0.8 + 20).astype(np.uint8)).save(tmp_path / f"{number:02}_brighter.png")
    for number in range(10, 14):  # mirrored: another picture
        Image.fromarray(pixels[number, :, ::-1].copy()).save(tmp_path / f"{number:02}_mirrored.png")
    stream, images = read(tmp_path, size=16)
    assert len(images) == 40 + 10 + 8 + 4
    assert (stream.copies.n_copies, stream.copies.n_near) == (0, 10 + 10 + 8)
    groups = dict(zip(stream.names, stream.copies.near(), strict=True))
    assert groups["02.png"] == groups["02_again.jpg"] == groups["02_small.png"] == groups["02_brighter.png"]
    assert groups["10.png"] != groups["10_mirrored.png"]
    assert len(set(groups.values())) == 44


def test_few_images_in_a_thousand_of_different_ones_look_alike():
    """The set of clothes has near copies, but few; crops of photographs overlap, but few by nearly everything."""
    stream, _ = read("fashion-mnist", n_images=5000)
    assert stream.copies.n_near <= 10
    stream, _ = read("natural-patches", size=16, n_images=5000)
    assert stream.copies.n_near <= 25


def test_a_chain_of_pictures_that_look_alike_is_one_group():
    start, change = np.random.default_rng(0).standard_normal((2, 1, 8, 8, 1)).astype(np.float32) / 4
    chain = np.concatenate([start + 0.04 * step * change for step in range(20)])  # neighbours alike, ends not
    copies = Copies()
    copies.add([bytes([step]) for step in range(20)], np.clip(chain, -1, 1))
    assert len(set(copies.near())) == 1
    ends = Copies()
    ends.add([b"first", b"last"], np.clip(chain[[0, -1]], -1, 1))
    assert len(set(ends.near())) == 2


def test_where_there_is_hardly_any_contrast_nothing_is_told_apart():
    pattern = np.random.default_rng(0).standard_normal((1, 8, 8, 1)).astype(np.float32)
    for contrast, alike in ((0.02, 0), (0.2, 2)):
        copies = Copies()
        copies.add([b"one", b"two"], np.concatenate([contrast * pattern, contrast * pattern + 0.1]))
        assert copies.n_near == alike


def test_nothing_read_has_no_copies():
    copies = Copies()
    assert (copies.n_copies, copies.n_near, len(copies.near())) == (0, 0, 0)
    copies.add([b"one"], np.zeros((1, 1, 1, 1), np.float32))
    assert (copies.n_copies, copies.n_near) == (0, 0)


def test_jpegs_of_equal_pixels_are_copies(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(photos(1, 16)[0]).save(buffer, "jpeg")
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    Image.open(buffer).save(tmp_path / "b.png")  # other bytes, the same pixels
    assert read(tmp_path)[0].copies.n_copies == 1
