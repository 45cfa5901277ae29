"""Images of many numbers: forecasts in a subspace beside those in all pixels, which smaller images allow."""

import numpy as np
import pytest

from rmt_utils import Spectrum, flatten, load_images
from rmt_utils.data.vectors import VectorStream
from rmt_utils.forecast import difference, forecast, reading, views
from rmt_utils.forecast.frame import Frame, principal_subspace, widened
from rmt_utils.forecast.halves import Errors
from rmt_utils.forecast.report import as_html, as_text
from rmt_utils.reports import per_cent


@pytest.fixture
def without_covariance(monkeypatch):
    """Images of 100 numbers already count as too large for a covariance of pixels."""
    monkeypatch.setattr(reading, "MOST_DIM", 100)
    monkeypatch.setattr(reading, "FEW_SHARES", reading.SHARES)  # pairs of the same sets of images as in all pixels


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


@pytest.mark.parametrize(("n_images", "kept"), [(72, 72), (73, 144)])
def test_images_have_their_span_where_they_are_fewer_than_half_their_numbers(patches, n_images, kept):
    assert reading.read(VectorStream(flatten(patches[:n_images])), 10).frame.modes == kept


@pytest.fixture(scope="module")
def fewer(patches):
    """A forecast from models in 100 of the 144 modes."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reading, "MODES", 100)
        patched.setattr(reading, "FEW_SHARES", reading.SHARES)  # pairs of the same sets of images as in all modes
        return forecast(patches, n_samples=[100, 800], population=0, mixture=False, seeds=range(4))


def _halved(found):
    low, high = sorted(found.halved_modes)
    return f"With half as many modes the MSE forecast would be {low:.3g} to {high:.3g} times this one"


def test_models_in_the_largest_modes_leave_the_spectrum_as_it_is(whole, fewer):
    assert (fewer.kept, fewer.resolved, whole.kept) == (100, 144, 144)
    for name in ("eigenvalues", "gaussian", "kappa", "unrelated"):
        np.testing.assert_allclose(getattr(fewer, name), getattr(whole, name), rtol=1e-7, err_msg=name)
    assert [band[:2] for band in fewer.bands] == [band[:2] for band in whole.bands]
    assert [ring[:2] for ring in fewer.frequencies] == [ring[:2] for ring in whole.frequencies]
    np.testing.assert_allclose([r[2] for r in fewer.frequencies], [r[2] for r in whole.frequencies], rtol=1e-6)
    np.testing.assert_allclose(fewer.pictures["mean"], whole.pictures["mean"], atol=1e-6)
    assert fewer.sha256 == whole.sha256


def test_their_error_is_no_larger_than_stated(whole, fewer):
    stated = np.abs(fewer.halved_modes - 1).max()
    assert (np.abs(fewer.expected / whole.expected - 1) < stated).all()
    assert stated < 0.2
    said = " ".join(as_text(fewer).split())
    assert "Of 144 modes models were fitted in the 100 largest, with 99." in said
    assert _halved(fewer) in said
    assert "of linear models of disjoint parts of the images in their 100 largest modes, with what the law says" in said
    # the forecast goes through what is measured, as it does where models are fitted in all modes
    for found in (whole, fewer):
        assert found.measured_sizes[-1] == 400
        (again,) = np.exp(np.interp(np.log([400]), np.log(found.sizes), np.log(found.expected)))
        assert found.measured[-1] == pytest.approx(again, rel=0.15)


def test_intervals_count_the_modes_left_out(monkeypatch):
    """In 18 of 108 modes of colour patches the numbers needed come out 13 to 28% too low."""
    images, options = load_images("natural-patches", 6, 3000), {"population": 0, "mixture": False, "seeds": [0]}
    targets = [0.03, 0.01, 0.003, 0.001]
    right = forecast(images, targets=targets, **options)
    assert (right.modes_error == 0).all()
    monkeypatch.setattr(reading, "MODES", 18)
    found = forecast(images, targets=targets, **options)
    for (mse, _, low, high), (_, n, *_) in zip(found.needed, right.needed, strict=True):
        assert low < n < high, mse
    # bounds that are equally likely: a third of the square of what log2(108/18) such halvings change
    change = np.abs(np.log(found.halved_modes)).max() * np.log2(6)
    assert found.modes_error[-1] == pytest.approx(change / np.sqrt(3), rel=0.1)
    assert found.modes_error[0] < 0.8 * found.modes_error[-1]  # fewer images tell fewer modes
    monkeypatch.setattr(reading, "MODES", 9)
    np.testing.assert_allclose(forecast(images, **options).expected / found.expected, found.halved_modes, rtol=1e-6)
    monkeypatch.setattr(reading, "MODES", 18)
    said = " ".join(as_text(found).split())
    assert f"taken for a standard error of up to {per_cent(found.modes_error.max())} of the MSE" in said
    assert np.isnan(forecast(images, targets=[1e-20], **options).modes_error).all()
    monkeypatch.setattr(reading, "MOST_DIM", 100)
    spread = forecast(images, targets=targets, **options)
    assert np.isnan(spread.modes_error).all()
    assert np.isnan([ends for _, _, *ends in spread.needed]).all()
    assert "images needed have no interval here" in " ".join(as_text(spread).split())


def test_reduced_sizes_say_how_well_they_are_known(whole, fewer):
    for found in (whole, fewer):
        assert 0 < found.side_error < 0.3
        assert f"(standard error {found.side_error:.1%} of their MSE, at most)" in " ".join(as_text(found).split())
    for (side, n), (_, expected) in zip(fewer.by_side, whole.by_side, strict=True):
        assert n == pytest.approx(expected, rel=2 * fewer.side_error), side


def test_their_error_is_the_largest(monkeypatch):
    real, errors = views.calibrated, [Errors(0.05, 0.04), Errors(0.005, 0.005)]
    monkeypatch.setattr(views, "calibrated", lambda *arguments: (real(*arguments)[0], errors.pop(0)))
    images = np.random.default_rng(0).random((40, 16, 16, 1), dtype=np.float32)
    found = forecast(images, population=0, mixture=False, seeds=[0])
    assert [side for side, _ in found.by_side] == [16, 8, 4]
    assert found.side_error == pytest.approx(0.3)


@pytest.mark.parametrize("side", [10, 40])
def test_shares_take_little_memory(side):
    """However many numbers an image has, at most 260 MB; one covariance for all pixels comes and goes before them."""
    images = np.random.default_rng(0).standard_normal((2100, side * side)).astype(np.float32)
    found = reading.read(VectorStream(images), 10)
    assert found.frame.modes == min(side * side, 1000)
    assert len(found.shares) == {10: 128, 40: 32}[side]
    assert found.n_images == 2100
    assert found.whole.dim == side * side
    assert found.whole.trace == pytest.approx(images.var(axis=0, ddof=1).sum(), rel=1e-5)


def test_copies_alone_are_too_few_for_modes(monkeypatch):
    monkeypatch.setattr(reading, "MODES", 10)
    with pytest.raises(ValueError, match="2 different readable images, got 1"):
        forecast(np.tile(np.linspace(-1, 1, 25), (60, 1)))


@pytest.mark.parametrize("modes", [110, 70])
def test_the_error_of_leaving_modes_out_is_no_larger_than_stated(
    patches, whole, modes, without_covariance, monkeypatch
):
    monkeypatch.setattr(reading, "MODES", modes)
    found = forecast(patches, n_samples=[100, 800], population=0, seeds=range(4))
    assert found.kept == modes
    stated = np.abs(found.halved_modes - 1).max()
    assert abs(found.expected[-1] / whole.expected[-1] - 1) < stated < 0.2
    assert found.unrelated == pytest.approx(whole.unrelated, rel=1e-5)
    # a mean over 256 other seeds, with a tail
    assert found.mixture.mean() == pytest.approx(whole.mixture.mean(), rel=0.3)
    said = " ".join(as_text(found).split())
    assert f"Of 144 modes models were fitted in the {modes} largest, with 9" in said
    assert "They were found by a randomised method" in said
    assert _halved(found) in said


def test_photographs_of_64_pixels_have_a_forecast():
    found = forecast("natural-patches", size=64, n_images=50, seeds=range(2))
    assert found.source["shape"] == [64, 64, 3]
    assert [side for side, _ in found.by_side] == [64, 32, 16, 8, 4]
    assert np.isfinite(found.expected).all()
    assert found.eigenvalues.shape == (12288,)
    smaller = forecast("natural-patches", size=32, n_images=50, population=0, mixture=False, seeds=range(2))
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
    found = forecast(vectors, n_samples=[100, 800], population=0, mixture=False, seeds=range(4))
    np.testing.assert_allclose(found.gaussian, whole.gaussian, rtol=1e-3)
    # other pairs of models are drawn; both know what they measure to their standard error
    np.testing.assert_allclose(found.expected, whole.expected, rtol=4 * whole.relative_error)
    assert found.frequencies == found.by_side == []
    for source in (tmp_path / "latents.npy", str(tmp_path / "latents.npz")):
        (largest,) = difference(source, n_sizes=1)[0].measured
        assert largest / 144 == pytest.approx(found.measured[-1], rel=1e-9)
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


def test_vectors_are_drawn_and_copies_left_out():
    vectors = np.random.default_rng(0).standard_normal((20, 4))
    again = forecast(np.vstack([vectors, vectors[:5]]), population=0, mixture=False)
    assert (again.source["used"], again.source["copies"]) == (20, 5)
    assert forecast(vectors, n_images=12, population=0, mixture=False).source["used"] == 12
