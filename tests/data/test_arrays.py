"""One gate for arrays of images, wherever they come from."""

import io
import zipfile

import numpy as np
import pytest

from rmt_utils import flatten, load_images
from rmt_utils.data.sources import ImageStream
from rmt_utils.forecast import forecast

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (100, 8, 8, 3), dtype=np.uint8)
FLOATS = BYTES / 127.5 - 1


def test_bytes_and_floats_are_the_same_images():
    images = load_images(BYTES)
    assert images.dtype == np.float32
    assert images.shape == (100, 8, 8, 3)
    for kind in (np.float64, np.float32):
        assert np.allclose(load_images(FLOATS.astype(kind)), images, rtol=0, atol=1e-6)
    assert np.allclose(load_images(FLOATS.astype(np.float16)), images, rtol=0, atol=1e-3)


def test_a_forecast_of_bytes_is_that_of_floats():
    of_bytes, of_floats = (forecast(images, population=0, mixture=False) for images in (BYTES, FLOATS))
    assert of_bytes.expected == pytest.approx(of_floats.expected, rel=1e-5)
    assert of_bytes.needed[0][1] < 10_000  # and not the hundreds of thousands that 0 to 255 would need


def test_size_number_and_colour_hold_for_arrays():
    images = load_images(BYTES, size=4, n_images=10, color=False, seed=3)
    assert images.shape == (10, 4, 4, 1)
    all_of_them = {one.tobytes() for one in load_images(BYTES, size=4, color=False)}
    assert {one.tobytes() for one in images} <= all_of_them
    assert load_images(BYTES[..., 0], color=True).shape == (100, 8, 8, 3)
    found = forecast(FLOATS, size=4, n_images=10, color=False, population=0, mixture=False)
    assert (found.source["shape"], found.source["used"]) == ([4, 4, 1], 10)
    with pytest.raises(ValueError, match=r"n_images must be at most 100.*got 101"):
        load_images(BYTES, n_images=101)


def test_other_forms_of_an_array():
    assert load_images(list(BYTES)).shape == (100, 8, 8, 3)
    assert load_images(BYTES[..., 0]).shape == (100, 8, 8, 1)
    assert np.array_equal(load_images(BYTES[:, :, 1:7]), load_images(BYTES[:, 1:7, 1:7]))  # the central square
    assert load_images(np.repeat(BYTES[..., :1], 3, axis=3)).shape == (100, 8, 8, 1)  # no colour in it


@pytest.mark.parametrize(
    ("images", "named"),
    [
        (BYTES.astype(int), r"source must hold uint8 from 0 to 255 or floats from -1 to 1, got int64"),
        (BYTES.astype(np.float32), r"got float32 from 0 to 255"),
        (FLOATS * 1.01, r"got float64 from -1.01 to 1.01"),
        (np.where(FLOATS > 0.99, np.nan, FLOATS), r"source must hold finite numbers, got nan or infinity"),
        (np.where(FLOATS > 0.99, np.inf, FLOATS), r"source must hold finite numbers, got nan or infinity"),
        (BYTES > 3, r"got bool"),
        (FLOATS + 1j, r"got complex128"),
        (np.moveaxis(BYTES, 3, 1), r"got shape \(100, 3, 8, 8\): channels come last"),
        (np.concatenate([BYTES, BYTES[..., :1]], axis=3), r"1 or 3 channels, got shape \(100, 8, 8, 4\)"),
        (FLOATS[0, 0, 0], r"got shape \(3,\)"),
        (BYTES[:0], r"got shape \(0, 8, 8, 3\)"),
        ([np.zeros((2, 2)), np.zeros((3, 3))], r"images of one shape"),
        ([["a"]], r"got shape"),
        (np.full((2, 3, 3, 1), "a"), r"got <U1"),
    ],
)
def test_what_is_no_array_of_images_is_named(images, named):
    for entry in (load_images, ImageStream, forecast):
        with pytest.raises(ValueError, match=named):
            entry(images)


def test_vectors_are_no_images():
    for entry in (load_images, ImageStream):
        with pytest.raises(ValueError, match=r"got shape \(8, 3\)"):
            entry(FLOATS[0, 0])


def test_an_array_is_not_changed():
    before = FLOATS.copy()
    load_images(FLOATS, size=4)[:] = 0
    load_images(FLOATS)[:] = 0
    assert np.array_equal(before, FLOATS)


def test_files_of_arrays(tmp_path):
    np.save(tmp_path / "a.npy", BYTES)
    np.savez(tmp_path / "b.npz", BYTES)
    np.savez_compressed(tmp_path / "c.NPZ.npz", labels=np.arange(100), images=BYTES)
    np.savez(tmp_path / "d.npz", anything=FLOATS)
    expected = load_images(BYTES)
    for path in sorted(tmp_path.iterdir()):
        assert np.allclose(load_images(path), expected, rtol=0, atol=1e-6)
    images = load_images(str(tmp_path / "a.npy"), size=4, n_images=7)
    assert images.shape == (7, 4, 4, 3)
    assert len(np.unique(flatten(images), axis=0)) == 7


def test_files_that_hold_no_array_of_images(tmp_path):
    whole = io.BytesIO()
    np.savez_compressed(whole, images=BYTES)
    (tmp_path / "cut.npz").write_bytes(whole.getvalue()[:-500])
    (tmp_path / "cut.npy").write_bytes(b"\x93NUMPY\x01\x00nothing")
    (tmp_path / "empty.npy").write_bytes(b"")
    np.save(tmp_path / "objects.npy", np.array([{}, []], dtype=object))
    np.savez(tmp_path / "several.npz", first=BYTES, second=BYTES)
    np.save(tmp_path / "integers.npy", BYTES.astype(int))
    with zipfile.ZipFile(tmp_path / "hollow.npz", "w"):
        pass
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(ValueError, match=path.name):
            load_images(path)
    with pytest.raises(ValueError, match="its arrays are first, second"):
        load_images(tmp_path / "several.npz")
