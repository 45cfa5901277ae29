import functools
import gzip
import hashlib
import http.server
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rmt_utils import files
from rmt_utils.data import photographs, sources
from rmt_utils.data.sources import flatten, load_images


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("RMT_CACHE", str(folder))
    return folder


# the population of natural patches


@pytest.mark.parametrize("color", [True, False])
def test_patch_moments_match_brute_force(color):
    mean, covariance = photographs.patch_moments(4, color)
    patches = flatten(photographs.crops(np.arange(photographs.n_crops(4)), 4, color)).astype(np.float64)
    assert np.allclose(mean, patches.mean(axis=0), rtol=0, atol=1e-12)
    patches -= patches.mean(axis=0)
    expected = patches.T @ patches / len(patches)
    assert np.linalg.norm(covariance - expected) <= 1e-12 * np.linalg.norm(expected)
    assert np.array_equal(covariance, covariance.T)


def test_patch_moments_of_single_pixels():
    mean, covariance = photographs.patch_moments(1)
    pictures = photographs.photographs()
    pixels = np.concatenate([picture.reshape(-1, 3) for picture in pictures], dtype=np.float64)
    assert np.allclose(mean, pixels.mean(axis=0), rtol=0, atol=1e-12)
    assert np.allclose(covariance, np.cov(pixels.T, bias=True), rtol=0, atol=1e-12)


def test_crops_are_numbered_photograph_by_photograph_and_row_by_row():
    first, second = photographs.photographs()[:2]
    columns, in_first = 640 - 8 + 1, (640 - 8 + 1) * (427 - 8 + 1)
    indices = [5 * columns + 7, in_first - 1, in_first, photographs.n_crops(8) - 1]
    got = photographs.crops(indices, 8)
    assert np.array_equal(got[0], first[5:13, 7:15])
    assert np.array_equal(got[1], first[-8:, -8:])
    assert np.array_equal(got[2], second[:8, :8])
    assert np.array_equal(got[3], photographs.photographs()[-1][-8:, -8:])
    grey = photographs.crops(indices, 8, color=False)
    assert grey.shape == (4, 8, 8, 1)
    assert np.array_equal(grey[0], photographs.luminance(first[5:13, 7:15]))


def test_luminance_has_the_weights_of_rec_709():
    assert np.allclose(photographs.luminance(np.eye(3))[:, 0], [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("index", [-1, photographs.n_crops(8)])
def test_crop_indices_out_of_range(index):
    with pytest.raises(ValueError, match="indices must be from 0 to"):
        photographs.crops([0, index], 8)


def test_sizes_out_of_range():
    for size in (0, 301, 4.5):
        with pytest.raises(ValueError, match=f"size.*{size}"):
            photographs.patch_moments(size)


def test_natural_patches_are_a_uniform_sample_of_the_population():
    images = load_images("natural-patches", size=4, n_images=20_000)
    assert images.shape == (20_000, 4, 4, 3)
    assert images.dtype == np.float32
    assert -1 <= images.min() < -0.9
    assert 0.9 < images.max() <= 1
    mean, covariance = photographs.patch_moments(4)
    error = (images.reshape(20_000, -1).mean(axis=0) - mean) / np.sqrt(np.diag(covariance) / 20_000)
    assert np.abs(error).max() < 4
    trace = flatten(images).var(axis=0).sum() / np.trace(covariance)
    assert trace == pytest.approx(1, abs=0.05)


def test_natural_patches_are_drawn_without_replacement():
    n_crops = photographs.n_crops(300)  # few positions, so that a draw with replacement would repeat some
    drawn = sources.choose(n_crops, n_crops // 2, seed=0)
    assert len(set(drawn)) == n_crops // 2
    images = load_images("natural-patches", size=300, n_images=3, color=False, seed=5)
    assert np.array_equal(images, photographs.crops(sources.choose(n_crops, 3, seed=5), 300, color=False))
    with pytest.raises(ValueError, match=f"n_images must be at most {n_crops}"):
        load_images("natural-patches", size=300, n_images=n_crops + 1)


def test_patch_eigensystem_diagonalises_the_covariance(cache):
    mean, eigenvalues, eigenvectors = photographs.patch_eigensystem(4)
    expected_mean, covariance = photographs.patch_moments(4)
    assert np.array_equal(mean, expected_mean)
    assert (eigenvalues >= 0).all()
    assert (np.diff(eigenvalues) <= 0).all()
    rebuilt = (eigenvectors.astype(np.float64) * eigenvalues) @ eigenvectors.T
    assert np.abs(rebuilt - covariance).max() < 1e-6 * eigenvalues[0]


def test_patch_eigensystem_reads_its_cache_and_rebuilds_a_damaged_one(cache, monkeypatch):
    expected = photographs.patch_eigensystem(2, color=False)
    (path,) = cache.iterdir()
    good = path.read_bytes()
    calls = []
    moments = photographs.patch_moments
    monkeypatch.setattr(photographs, "patch_moments", lambda *args: calls.append(args) or moments(*args))
    photographs.patch_eigensystem(2, color=False)
    assert calls == []
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 1
    for damaged in (b"", b"nonsense", good[:100], good[:-1], bytes(flipped)):
        calls.clear()
        path.write_bytes(damaged)
        rebuilt = photographs.patch_eigensystem(2, color=False)
        assert len(calls) == 1
        assert all(np.array_equal(a, b) for a, b in zip(expected, rebuilt, strict=True))
        assert path.read_bytes() == good
    assert list(cache.iterdir()) == [path]


def test_no_partial_file_is_left_when_a_write_fails(tmp_path, monkeypatch):
    def full_disk(path, content):
        path.touch()
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        files.write_file(tmp_path / "file", b"content")
    assert list(tmp_path.iterdir()) == []


# digits, and what is common to the sources


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


# Fashion-MNIST, from a web server of our own


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def fashion_mnist(tmp_path, cache, monkeypatch):
    """Two small files in the format of Fashion-MNIST on a web server: the folder it serves and the pixels."""
    served = tmp_path / "served"
    served.mkdir()
    rng = np.random.default_rng(0)
    pixels = {
        name: rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        for name, n in zip(sources.FASHION_MNIST_SHA256, (6, 4), strict=True)
    }
    for name, array in pixels.items():
        content = np.array([2051, *array.shape], ">i4").tobytes() + array.tobytes()
        (served / name).write_bytes(gzip.compress(content))
        monkeypatch.setitem(sources.FASHION_MNIST_SHA256, name, hashlib.sha256(content).hexdigest())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=served))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("RMT_FASHION_MNIST", raising=False)
    monkeypatch.setattr(sources, "FASHION_MNIST_SYSTEM_FOLDER", str(tmp_path / "absent"))
    monkeypatch.setattr(sources, "FASHION_MNIST_URL", f"http://127.0.0.1:{server.server_port}/")
    yield served, np.concatenate(list(pixels.values()))
    server.shutdown()
    thread.join()
    server.server_close()


def test_fashion_mnist_is_downloaded_once(fashion_mnist, cache, monkeypatch):
    _, pixels = fashion_mnist
    images = load_images("fashion-mnist")
    assert images.dtype == np.float32
    assert np.allclose(images[..., 0], pixels / 127.5 - 1, atol=1e-6)
    assert sorted(path.name for path in cache.iterdir()) == sorted(sources.FASHION_MNIST_SHA256)
    monkeypatch.setattr(sources, "FASHION_MNIST_URL", "http://127.0.0.1:9/")
    assert np.array_equal(load_images("fashion-mnist"), images)
    halved = load_images("fashion-mnist", size=14)
    assert np.allclose(halved[:, 3, 2], images[:, 6:8, 4:6].mean(axis=(1, 2)), atol=1e-6)


def test_fashion_mnist_from_a_named_folder(fashion_mnist, cache, monkeypatch):
    served, _ = fashion_mnist
    monkeypatch.setattr(sources, "FASHION_MNIST_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("RMT_FASHION_MNIST", str(served))
    assert load_images("fashion-mnist", n_images=5).shape == (5, 28, 28, 1)
    assert not cache.exists()


@pytest.mark.parametrize("damage", [lambda content: content[:-20], lambda content: gzip.compress(b"other")])
def test_fashion_mnist_with_a_wrong_checksum_is_refused(fashion_mnist, cache, monkeypatch, damage):
    served, _ = fashion_mnist
    path = served / "train-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    for folder in ("", str(served)):  # downloaded, then from a folder
        monkeypatch.setenv("RMT_FASHION_MNIST", folder)
        with pytest.raises(RuntimeError, match=r"wrong checksum.*dataset-fashion-mnist.*RMT_FASHION_MNIST"):
            load_images("fashion-mnist")
    assert not cache.exists()


def test_fashion_mnist_that_cannot_be_downloaded(fashion_mnist, cache):
    served, _ = fashion_mnist
    (served / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(OSError, match=r"404.*dataset-fashion-mnist.*RMT_FASHION_MNIST"):
        load_images("fashion-mnist")
    assert not cache.exists()


def test_fashion_mnist_that_breaks_off(fashion_mnist, cache, monkeypatch):
    def copyfile(self, source, outputfile):
        outputfile.write(source.read(50))

    monkeypatch.setattr(Handler, "copyfile", copyfile)
    with pytest.raises(OSError, match=r"could not be downloaded.*dataset-fashion-mnist"):
        load_images("fashion-mnist")
    assert not cache.exists()


@pytest.mark.skipif(not Path(sources.FASHION_MNIST_SYSTEM_FOLDER).is_dir(), reason="needs dataset-fashion-mnist")
def test_real_fashion_mnist():
    images = load_images("fashion-mnist")
    assert images.shape == (70_000, 28, 28, 1)
    assert images.min() == -1
    assert images.max() == 1
    # 0.2860 is the published mean of the training images with pixels in [0, 1]
    assert images[:60_000].mean() == pytest.approx(2 * 0.2860 - 1, abs=1e-3)


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
    too_many = pytest.raises(ValueError, match=r"n_images must be at most 4.*got 5")
    with pytest.warns(UserWarning, match="skipped 1"), too_many:
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
