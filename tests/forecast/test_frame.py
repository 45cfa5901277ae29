"""Images of many numbers: forecasts in a subspace beside those in all pixels, which smaller images allow."""

import numpy as np
import pytest

from rmt_utils import Spectrum, flatten, load_images
from rmt_utils.forecast import forecast, reading
from rmt_utils.forecast.frame import Frame, principal_subspace, widened
from rmt_utils.forecast.report import as_html, as_text


@pytest.fixture
def without_covariance(monkeypatch):
    """Images of 100 numbers already count as too large for a covariance of pixels."""
    monkeypatch.setattr(reading, "MOST_DIM", 100)


@pytest.fixture(scope="module")
def patches():
    return load_images("natural-patches", 12, 800, color=False)


@pytest.fixture(scope="module")
def whole(patches):
    return forecast(patches, n_samples=[100, 800], population=0, seeds=range(4))


def test_all_modes_give_the_forecast_of_all_pixels(patches, whole, without_covariance):
    found = forecast(patches, n_samples=[100, 800], population=0, mixture=False, seeds=range(4))
    assert found.kept == 144
    for name in ("expected", "gaussian", "seed_mse", "needed", "by_side", "frequencies", "unrelated", "relative_error"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name), rtol=1e-5, err_msg=name)
    for name, images in whole.pictures.items():
        if name != "modes":  # whose signs are arbitrary
            np.testing.assert_allclose(found.pictures[name], images, atol=1e-4, err_msg=name)


def test_fewer_images_than_modes_are_exact(patches, without_covariance):
    found = forecast(patches[:80], n_samples=[40], population=0, mixture=False, seeds=range(4))
    reading.MOST_DIM = 6000
    exact = forecast(patches[:80], n_samples=[40], population=0, mixture=False, seeds=range(4))
    assert found.kept == 80
    assert found.outside == 0
    np.testing.assert_allclose(found.expected, exact.expected, rtol=1e-6)
    needed, ends = np.split(np.array(found.needed), 2, axis=1)
    # the ends of the interval come from small differences of eight fits
    np.testing.assert_allclose(needed, np.array(exact.needed)[:, :2], rtol=1e-6)
    np.testing.assert_allclose(ends, np.array(exact.needed)[:, 2:], rtol=1e-3)


@pytest.mark.parametrize("modes", [110, 70])
def test_the_error_of_leaving_modes_out_is_no_larger_than_stated(
    patches, whole, modes, without_covariance, monkeypatch
):
    monkeypatch.setattr(reading, "MODES", modes)
    found = forecast(patches, n_samples=[100, 800], population=0, seeds=range(4))
    assert found.kept == modes
    stated = abs(found.halved_modes[-1] - 1)
    assert abs(found.expected[-1] / whole.expected[-1] - 1) < stated < 0.2
    assert found.unrelated == pytest.approx(whole.unrelated, rel=1e-5)
    # a mean over 256 other seeds, with a tail
    assert found.mixture.mean() == pytest.approx(whole.mixture.mean(), rel=0.3)
    said = " ".join(as_text(found).split())
    assert f"Of 144 modes the {modes} largest were found by a randomised method" in said
    assert f"{found.halved_modes[-1]:.3g} times this one" in said


def test_photographs_of_64_pixels_have_a_forecast():
    found = forecast("natural-patches", size=64, n_images=100, seeds=range(2))
    assert found.source["shape"] == [64, 64, 3]
    assert [side for side, _ in found.by_side] == [64, 32, 16, 8, 4]
    assert np.isfinite(found.expected).all()
    assert found.eigenvalues.shape == (12288,)
    smaller = forecast("natural-patches", size=32, n_images=100, population=0, mixture=False, seeds=range(2))
    assert found.expected[-1] < 2 * smaller.expected[-1]
    assert as_html(found).count("data:image/png") == 4


def test_sketch_holds_nearly_what_the_best_subspace_does():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((500, 60)) / np.arange(1, 61)
    basis = principal_subspace([rows[:300], rows[300:]], 60, 20)
    np.testing.assert_allclose(basis.T @ basis, np.eye(20), atol=1e-12)
    powers = np.linalg.svd(rows, compute_uv=False) ** 2
    lost = 1 - np.square(rows @ basis).sum() / powers.sum()
    assert lost < 2 * powers[20:].sum() / powers.sum()  # Halko, Martinsson and Tropp (2011), section 4.5


def test_halved_frames_average_blocks():
    rng = np.random.default_rng(0)
    images = rng.standard_normal((5, 8, 8, 3))
    averaged = images.reshape(5, 4, 2, 4, 2, 3).mean(axis=(2, 4)).reshape(5, -1)
    basis = np.linalg.qr(rng.standard_normal((192, 40)))[0]
    for frame in (Frame((8, 8, 3)), Frame((8, 8, 3), basis)):
        rows = frame.up(frame.down(images.reshape(5, -1)))
        expected = rows.reshape(5, 4, 2, 4, 2, 3).mean(axis=(2, 4)).reshape(5, -1)
        smaller, change = frame.halved()
        assert smaller.shape == (4, 4, 3)
        np.testing.assert_allclose(smaller.up(frame.down(rows) @ change), expected, atol=1e-12)
    np.testing.assert_allclose(Frame((8, 8, 3)).halved()[1].T @ images.reshape(5, -1).T, averaged.T)


def test_what_is_left_of_the_variance_is_spread_over_the_modes_there_can_be():
    found = widened(Spectrum([4.0, 2.0]), 10, 9.0, n_images=6)
    np.testing.assert_allclose(found.eigenvalues, [4, 2, 1, 1, 1, 0, 0, 0, 0, 0])
    assert widened(Spectrum([4.0, 2.0]), 10, 6.0, n_images=3).trace == 6.0


def test_latents_are_vectors_of_any_range(patches, whole, tmp_path):
    vectors = flatten(patches) + 3  # beyond -1 to 1; the unit stays, because the noise begins at 80 of it
    np.save(tmp_path / "latents.npy", vectors)
    np.savez(tmp_path / "latents.npz", x=vectors)
    for source in (vectors, tmp_path / "latents.npy", str(tmp_path / "latents.npz")):
        found = forecast(source, n_samples=[100, 800], population=0, mixture=False, seeds=range(4))
        np.testing.assert_allclose(found.gaussian, whole.gaussian, rtol=1e-3)
        # other pairs of models are drawn; both know what they measure to their standard error
        np.testing.assert_allclose(found.expected, whole.expected, rtol=4 * whole.relative_error)
        assert found.frequencies == found.by_side == []
    said = " ".join(as_text(found).split())
    assert "800 vectors of 144 numbers" in said
    assert "spatial frequency" not in said
    assert "<img" not in as_html(found)


def test_vectors_that_cannot_be_are_named():
    vectors = np.random.default_rng(0).standard_normal((20, 4))
    for settings in ({"size": 4}, {"color": True}):
        with pytest.raises(ValueError, match=f"{next(iter(settings))} must be None for vectors"):
            forecast(vectors, **settings)
    with pytest.raises(ValueError, match="n_images must be at most 20"):
        forecast(vectors, n_images=21)
    with pytest.raises(ValueError, match="source must be finite"):
        forecast(np.where(vectors > 2, np.nan, vectors))
    again = forecast(np.vstack([vectors, vectors[:5]]), population=0, mixture=False)
    assert (again.source["used"], again.source["copies"]) == (20, 5)
