"""Fashion-MNIST, from a web server of our own."""

import functools
import gzip
import hashlib
import http.server
import threading
from pathlib import Path

import numpy as np
import pytest

from rmt_utils.data import fashion_mnist
from rmt_utils.data.sources import load_images


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("RMT_CACHE", str(folder))
    return folder


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def served_files(tmp_path, cache, monkeypatch):
    """Two small files in the format of Fashion-MNIST on a web server: the folder it serves and the pixels."""
    served = tmp_path / "served"
    served.mkdir()
    rng = np.random.default_rng(0)
    pixels = {
        name: rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        for name, n in zip(fashion_mnist.SHA256, (6, 4), strict=True)
    }
    for name, array in pixels.items():
        content = np.array([2051, *array.shape], ">i4").tobytes() + array.tobytes()
        (served / name).write_bytes(gzip.compress(content))
        monkeypatch.setitem(fashion_mnist.SHA256, name, hashlib.sha256(content).hexdigest())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=served))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("RMT_FASHION_MNIST", raising=False)
    monkeypatch.setattr(fashion_mnist, "SYSTEM_FOLDER", str(tmp_path / "absent"))
    monkeypatch.setattr(fashion_mnist, "URL", f"http://127.0.0.1:{server.server_port}/")
    yield served, np.concatenate(list(pixels.values()))
    server.shutdown()
    thread.join()
    server.server_close()


def test_fashion_mnist_is_downloaded_once(served_files, cache, monkeypatch):
    _, pixels = served_files
    images = load_images("fashion-mnist")
    assert images.dtype == np.float32
    assert np.allclose(images[..., 0], pixels / 127.5 - 1, atol=1e-6)
    assert sorted(path.name for path in cache.iterdir()) == sorted(fashion_mnist.SHA256)
    monkeypatch.setattr(fashion_mnist, "URL", "http://127.0.0.1:9/")
    assert np.array_equal(load_images("fashion-mnist"), images)
    halved = load_images("fashion-mnist", size=14)
    assert np.allclose(halved[:, 3, 2], images[:, 6:8, 4:6].mean(axis=(1, 2)), atol=1e-6)


def test_fashion_mnist_from_a_named_folder(served_files, cache, monkeypatch):
    served, _ = served_files
    monkeypatch.setattr(fashion_mnist, "URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("RMT_FASHION_MNIST", str(served))
    assert load_images("fashion-mnist", n_images=5).shape == (5, 28, 28, 1)
    assert not cache.exists()


@pytest.mark.parametrize("damage", [lambda content: content[:-20], lambda content: gzip.compress(b"other")])
def test_fashion_mnist_with_a_wrong_checksum_is_refused(served_files, cache, monkeypatch, damage):
    served, _ = served_files
    path = served / "train-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    for folder in ("", str(served)):  # downloaded, then from a folder
        monkeypatch.setenv("RMT_FASHION_MNIST", folder)
        with pytest.raises(RuntimeError, match=r"wrong checksum.*dataset-fashion-mnist.*RMT_FASHION_MNIST"):
            load_images("fashion-mnist")
    assert not cache.exists()


def test_fashion_mnist_that_cannot_be_downloaded(served_files, cache):
    served, _ = served_files
    (served / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(OSError, match=r"404.*dataset-fashion-mnist.*RMT_FASHION_MNIST"):
        load_images("fashion-mnist")
    assert not cache.exists()


def test_fashion_mnist_that_breaks_off(served_files, cache, monkeypatch):
    def copyfile(self, source, outputfile):
        outputfile.write(source.read(50))

    monkeypatch.setattr(Handler, "copyfile", copyfile)
    with pytest.raises(OSError, match=r"could not be downloaded.*dataset-fashion-mnist"):
        load_images("fashion-mnist")
    assert not cache.exists()


@pytest.mark.skipif(not Path(fashion_mnist.SYSTEM_FOLDER).is_dir(), reason="needs dataset-fashion-mnist")
def test_real_fashion_mnist():
    images = load_images("fashion-mnist")
    assert images.shape == (70_000, 28, 28, 1)
    assert images.min() == -1
    assert images.max() == 1
    # 0.2860 is the published mean of the training images with pixels in [0, 1]
    assert images[:60_000].mean() == pytest.approx(2 * 0.2860 - 1, abs=1e-3)
