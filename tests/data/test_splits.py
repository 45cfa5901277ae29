import numpy as np
import pytest

from rmt_utils.data.photographs import n_crops, photographs
from rmt_utils.data.splits import component_splits, disjoint_pair, iid_splits, region_splits


def test_iid_splits_are_disjoint_and_cover_every_sample():
    splits = iid_splits(30, n_samples=10)
    assert [len(split) for split in splits] == [10, 10, 10]
    assert sorted(np.concatenate(splits)) == list(range(30))


def test_iid_splits_follow_the_seed():
    first, again, other = (iid_splits(1000, 100, n_splits=2, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_iid_splits_have_the_means_of_independent_samples():
    # sorted scores, so that anything but a shuffle gives different means
    scores = np.sort(np.random.default_rng(0).standard_normal(100_000))
    distances = []
    for seed in range(200):
        first, second = iid_splits(len(scores), 500, n_splits=2, seed=seed)
        distances.append((scores[first].mean() - scores[second].mean()) / np.sqrt(2 / 500))
    assert abs(np.mean(distances)) < 4 / np.sqrt(200)
    assert abs(np.var(distances) - 1) < 4 * np.sqrt(2 / 200)


def test_mean_splits_differ_in_mean_and_not_in_variance():
    scores = np.random.default_rng(0).standard_normal(40_000)
    low, high = component_splits(scores, 5000, "mean")
    assert len(set(low) | set(high)) == 10_000
    assert scores[low].max() <= np.median(scores) <= scores[high].min()
    # half of a normal distribution has mean sqrt(2 / pi) and variance 1 - 2 / pi
    assert scores[high].mean() - scores[low].mean() == pytest.approx(2 * np.sqrt(2 / np.pi), rel=0.02)
    assert scores[high].var() / scores[low].var() == pytest.approx(1, rel=0.1)


def test_variance_splits_differ_in_variance_and_not_in_mean():
    scores = 3 + np.random.default_rng(0).standard_normal(40_000)
    inner, outer = component_splits(scores, 5000, "variance")
    assert len(set(inner) | set(outer)) == 10_000
    assert np.abs(scores[inner] - 3).max() == pytest.approx(0.6745, abs=0.02)
    assert scores[outer].mean() == pytest.approx(scores[inner].mean(), abs=4 * 1.4 / np.sqrt(5000))
    assert scores[outer].var() / scores[inner].var() == pytest.approx(1.857 / 0.1426, rel=0.1)


def test_component_splits_are_random_within_their_halves():
    scores = np.arange(1000.0)
    low, high = component_splits(scores, 100, "mean", seed=0)
    # a subset of the most extreme or of the first scores would be far from the middle of its half
    assert abs(scores[low].mean() - 249.5) < 4 * 144 / np.sqrt(100)
    assert abs(scores[high].mean() - 749.5) < 4 * 144 / np.sqrt(100)
    assert not np.array_equal(low, component_splits(scores, 100, "mean", seed=1)[0])


def test_constant_scores_still_give_disjoint_halves():
    first, second = component_splits(np.ones(20), 10, "variance")
    assert sorted(np.concatenate([first, second])) == list(range(20))


def test_pairs_of_one_size_are_disjoint_and_those_of_different_sizes_not_nested():
    pairs = {n: [disjoint_pair(1000, n, pair) for pair in range(4)] for n in (20, 60)}
    for n, found in pairs.items():
        assert len(np.unique(np.concatenate([half for pair in found for half in pair]))) == 8 * n
    assert all(np.array_equal(a, b) for a, b in zip(pairs[20][0], iid_splits(1000, 20, 2), strict=True))
    for pair in range(1, 4):  # 120 of 1000 images hold 40 others by chance about five times
        assert np.isin(pairs[20][pair], pairs[60][pair]).sum() < 15


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iid_splits(10, 4), r"n_samples must be <= 3.*got 4"),
        (lambda: iid_splits(10, 0), r"n_samples.*0"),
        (lambda: iid_splits(10, 2.5), r"n_samples.*2.5"),
        (lambda: iid_splits(10, True), r"n_samples.*True"),
        (lambda: iid_splits(10, 2, n_splits=0), r"n_splits.*0"),
        (lambda: disjoint_pair(10, 2, 2), r"pair must be < 2.*got 2"),
        (lambda: component_splits(np.arange(9), 5, "mean"), r"n_samples must be <= 4.*got 5"),
        (lambda: component_splits(np.arange(9), 2, "median"), r"kind must be.*'variance'.*'median'"),
        (lambda: component_splits(np.ones((3, 3)), 1, "mean"), r"scores.*\(3, 3\)"),
        (lambda: component_splits([0.0, np.nan], 1, "mean"), "scores must be finite"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def seen(indices, size):
    """Which pixels of the six photographs the crops cover, as one flat array."""
    covered, start = [], 0
    for picture in photographs():
        height, width, _ = picture.shape
        columns = width - size + 1
        here = (height - size + 1) * columns
        y, x = np.divmod(indices[(indices >= start) & (indices < start + here)] - start, columns)
        mask = np.zeros((height, width), bool)
        for row, column in zip(y, x, strict=True):
            mask[row : row + size, column : column + size] = True
        covered.append(mask.ravel())
        start += here
    return np.concatenate(covered)


@pytest.mark.parametrize(("by", "size", "n_splits"), [("region", 16, 2), ("region", 31, 3), ("photograph", 16, 2)])
def test_region_splits_share_no_pixel(by, size, n_splits):
    splits = region_splits(size, 3000, n_splits, by)
    assert [len(np.unique(split)) for split in splits] == [3000] * n_splits
    assert np.sum([seen(split, size) for split in splits], axis=0).max() == 1


def test_iid_splits_of_the_crops_share_nearly_every_pixel():
    size = 16
    first, second = (seen(split, size) for split in iid_splits(n_crops(size), 20_000, n_splits=2))
    assert (first & second).sum() > 0.95 * first.sum()


def test_regions_take_part_of_every_photograph_and_photographs_all_or_nothing():
    ends = np.cumsum([picture.shape[0] * picture.shape[1] for picture in photographs()])[:-1]
    shares = {
        by: [part.mean() for split in region_splits(16, 20_000, by=by) for part in np.split(seen(split, 16), ends)]
        for by in ("region", "photograph")
    }
    assert 0.3 < min(shares["region"]) <= max(shares["region"]) < 0.7
    assert np.count_nonzero(shares["photograph"]) == 6
    assert min(share for share in shares["photograph"] if share) > 0.7


def test_region_splits_follow_the_seed():
    first, again, other = (region_splits(8, 500, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"size": 301, "n_samples": 5}, "size must be at most 300"),
        ({"size": 16, "n_samples": 5, "by": "pixel"}, "by must be 'region' or 'photograph', got 'pixel'"),
        ({"size": 16, "n_samples": 5, "by": "photograph", "n_splits": 7}, "n_splits must be at most 6"),
        ({"size": 16, "n_samples": 10**6}, "n_samples must be at most"),
    ],
)
def test_region_splits_name_what_is_wrong(arguments, named):
    with pytest.raises(ValueError, match=named):
        region_splits(**arguments)
