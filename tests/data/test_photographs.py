import numpy as np
import pytest

from rmt_utils.data import photographs, sources
from rmt_utils.data.sources import flatten, load_images


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("RMT_CACHE", str(folder))
    return folder


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


def test_crop_indices_out_of_range():
    for index in (-1, photographs.n_crops(8)):
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
