"""Comparisons of samples against definitions, and against samples whose causes are known."""

import numpy as np
import pytest

from rmt_utils import flatten, load_images
from rmt_utils.comparison.compare import compare, variance_components
from rmt_utils.comparison.report import as_text
from rmt_utils.models import linear
from rmt_utils.models.bands import MODES
from rmt_utils.models.mixture import Mixture
from rmt_utils.reports import per_cent, spread

RNG = np.random.default_rng(7)


def pictures(seeds=40, side=8, channels=1):
    return RNG.standard_normal((seeds, side, side, channels))


def test_numbers_are_those_of_their_definitions():
    a = pictures()
    b = a + 0.3 * pictures()
    b[:3] = pictures(3)  # three seeds that show something else
    found = compare(a, b)
    per_seed = np.square(a - b).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(found.mse, per_seed)
    assert found.mean == pytest.approx(per_seed.mean())
    pairs = [np.square(a[i] - b[j]).mean() for i in range(40) for j in range(40) if i != j]
    assert found.unrelated == pytest.approx(np.mean(pairs))
    words = spread(found.mse, found.unrelated)
    for value in (
        per_seed.mean() / found.unrelated,
        np.median(per_seed) / found.unrelated,
        3 / 40,
        np.sort(per_seed)[-4:].sum() / per_seed.sum(),
    ):
        assert per_cent(value) in words
    assert found.variance == pytest.approx((a.var(axis=0).mean() + b.var(axis=0).mean()) / 2)


def test_bands_and_frequencies_share_out_the_whole_difference():
    a, b = pictures(channels=3), pictures(channels=3)
    found = compare(a, b)
    for parts in (found.bands, found.frequencies):
        shares, ratios = np.array([part[2:] for part in parts]).T
        # 80 samples of 192 numbers: their 79 components hold all differences about the mean, and nearly all of the rest
        whole = 0.02 if parts is found.bands else 1e-12
        assert shares.sum() == pytest.approx(1, abs=whole)
        assert shares @ ratios * found.unrelated == pytest.approx(found.mean, rel=max(whole, 1e-9))
    assert found.bands[0][:2] == (1, MODES[1])


def test_a_difference_of_one_frequency_is_found_there():
    a = pictures(side=16)
    wave = np.cos(2 * np.pi * 3 * np.arange(16) / 16)
    found = compare(a, a + wave[:, None, None])
    at = {(low, high): ratio for low, high, _, ratio in found.frequencies}
    assert at[2.0, 4.0] > 0.01
    assert max(ratio for edges, ratio in at.items() if edges != (2.0, 4.0)) < 1e-12


def test_variance_components_are_those_put_in():
    data, seed, both = 0.5, 0.3, 0.8  # standard deviations
    shape = (400, 100)
    effects = {half: data * RNG.standard_normal(shape) for half in "ab"}
    seeds = [seed * RNG.standard_normal(shape) for _ in range(2)]
    x = {(half, s): effects[half] + seeds[s] + both * RNG.standard_normal(shape) for half in "ab" for s in range(2)}
    found = variance_components(x["a", 0], x["b", 0], x["a", 1], x["b", 1])
    for name, deviation in (("data", data), ("seed", seed), ("interaction", both)):
        value, error = found[name]
        assert error < 0.02
        assert abs(value - deviation**2) < 4 * error
    mean = compare(x["a", 0], x["b", 0]).mean
    assert mean == pytest.approx(2 * (data**2 + both**2), rel=0.05)


def test_memory_tells_own_images_from_the_others():
    images = flatten(load_images("digits")).astype(float)
    own, other = images[:300], images[300:600]
    copies = own[:20] + 0.01
    found = compare(copies, other[:20], images=(own, other))
    (near, far), (mine, _) = found.memory
    assert found.mixture.shape == (256,)
    assert 0 < np.median(found.mixture) < found.mixture.mean()
    assert near == pytest.approx(1e-4)
    assert far > 100 * near
    assert mine == 0


def test_bad_input_is_named():
    a = pictures(10)
    cases = {
        "samples_a must have shape": (a[:3], a[:3]),
        "samples_b must have the shape of samples_a": (a, a[:, :4]),
        "samples_b must be finite": (a, np.where(a > 2, np.nan, a)),
    }
    for sentence, arguments in cases.items():
        with pytest.raises(ValueError, match=sentence):
            compare(*arguments)
    with pytest.raises(ValueError, match="again must be two arrays"):
        compare(a, a + 1, again=[a])
    with pytest.raises(ValueError, match="images must be two sets"):
        compare(a, a + 1, images=[a])
    with pytest.raises(ValueError, match="images must have shape"):
        compare(a, a + 1, images=[a, a[:, :4]])
    with pytest.raises(ValueError, match="must differ from seed to seed"):
        compare(0 * a, 0 * a)
    with pytest.raises(ValueError, match="seeds must name the 10 samples"):
        compare(a, a + 1, seeds=["1"])


def test_seeds_that_move_are_compared_with_those_that_were_to_be_expected():
    """Two kinds of images, one model with more of the one: seeds near the boundary change sides, and are foretold."""
    kinds = np.array([[1.0] * 16, [-1.0] * 16])
    noise = linear.seed_noise(range(100), 16)
    sets, (a, b) = zip(
        *(
            (
                np.concatenate(
                    [kind + 0.1 * RNG.standard_normal((n, 16)) for kind, n in zip(kinds, counts, strict=True)]
                ),
                Mixture(np.divide(counts, 200), kinds, [0.01 * np.eye(16)] * 2).sample(noise),
            )
            for counts in ((70, 130), (130, 70))
        ),
        strict=True,
    )
    found = compare(a, b, again=(a, b + 1e-3), images=sets, noise=noise)
    assert found.gamma == pytest.approx(16 / 200)
    rank, error = found.expected
    assert rank > 4 * error
    assert found.retrained[0] > 0.99
    shuffled = compare(a, b, images=sets, noise=noise[::-1])
    assert abs(shuffled.expected[0]) < 4 * shuffled.expected[1]
    assert shuffled.retrained is None
    said = as_text(found)
    assert f"rank correlation {rank:.2f}" in " ".join(said.split())
    assert "The seeds that moved are those that were to be expected from the sensitivity of a MIXTURE" in " ".join(
        said.split()
    )
    assert compare(a, b, images=sets).expected is None
    with pytest.raises(ValueError, match="noise must have the shape of samples_a"):
        compare(a, b, images=sets, noise=noise[:, :5])
