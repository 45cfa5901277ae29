"""Disjoint splits: random ones, ones that differ in mean or variance on purpose, and crops that share no pixel."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from rmt_utils import checks
from rmt_utils.annotations import Indices
from rmt_utils.data.photographs import n_crops, photographs


def iid_splits(n_total: int, n_samples: int, n_splits: int = 3, seed: int = 0) -> list[Indices]:
    """Disjoint, uniformly random sets of samples: by default split 1, split 2 and a control.

    Returns a list of n_splits index arrays (n_samples,) with values from 0 to n_total - 1. Raises ValueError
    unless n_splits * n_samples <= n_total.

    >>> [len(split) for split in iid_splits(10, n_samples=3)]
    [3, 3, 3]
    """
    n_total, n_samples = checks.count("n_total", n_total), checks.count("n_samples", n_samples)
    n_splits = checks.count("n_splits", n_splits)
    if n_splits * n_samples > n_total:
        raise ValueError(
            f"n_samples must be <= {n_total // n_splits} ({n_splits} splits of {n_total}), got {n_samples}"
        )
    shuffled = np.random.default_rng(seed).permutation(n_total)
    return list(shuffled[: n_splits * n_samples].reshape(n_splits, n_samples))


def disjoint_pair(n_total, n_samples, pair=0):
    """Pair number ``pair`` of two disjoint, uniformly random sets of samples: two index arrays (n_samples,).

    Pair 0 is that of ``iid_splits``. The pairs of one n_samples have no sample in common; pairs from 1 on of different
    sizes are drawn independently of each other. Raises ValueError unless 2 (pair + 1) n_samples <= n_total.

    >>> rows = np.concatenate([half for pair in range(2) for half in disjoint_pair(12, 3, pair)])
    >>> sorted(rows.tolist()) == list(range(12))
    True
    """
    pair = checks.count("pair", pair, at_least=0)
    first = iid_splits(n_total, n_samples, n_splits=2)
    if pair == 0:
        return first
    if 2 * (pair + 1) * n_samples > n_total:
        raise ValueError(f"pair must be < {n_total // (2 * n_samples)} for {n_samples} of {n_total}, got {pair}")
    free = np.ones(n_total, dtype=bool)
    free[np.concatenate(first)] = False
    shuffled = np.random.default_rng([n_samples, n_total]).permutation(np.flatnonzero(free))
    return list(shuffled[2 * (pair - 1) * n_samples : 2 * pair * n_samples].reshape(2, n_samples))


def component_splits(
    scores: ArrayLike, n_samples: int, kind: Literal["mean", "variance"], seed: int = 0
) -> tuple[Indices, Indices]:
    """Two disjoint sets of samples cut along one component, so that they differ there by construction.

    scores: (n_total,), projections of the samples on the component. kind: "mean" draws from the lower and
    from the upper half of the scores; "variance" draws from the half nearest to the median and from the other
    half, whose means agree if the scores are symmetric.

    Returns two index arrays (n_samples,), random subsets of their halves. Raises ValueError for scores that
    are not finite numbers of shape (n_total,), another kind, or n_samples above n_total // 2.

    >>> low, high = component_splits([3.0, 1.0, 2.0, 0.0], n_samples=2, kind="mean")
    >>> sorted(low.tolist()), sorted(high.tolist())
    ([1, 3], [0, 2])
    """
    scores, n_samples = np.asarray(scores, np.float64), checks.count("n_samples", n_samples)
    if scores.ndim != 1 or not np.isfinite(scores).all():
        raise ValueError(f"scores must be finite numbers of shape (n_total,), got shape {scores.shape}")
    if kind not in ("mean", "variance"):
        raise ValueError(f"kind must be 'mean' or 'variance', got {kind!r}")
    half = len(scores) // 2
    if n_samples > half:
        raise ValueError(f"n_samples must be <= {half} (half of {len(scores)} scores), got {n_samples}")
    order = np.argsort(scores if kind == "mean" else np.abs(scores - np.median(scores)), kind="stable")
    rng = np.random.default_rng(seed)
    return rng.permutation(order[:half])[:n_samples], rng.permutation(order[half:])[:n_samples]


def region_splits(
    size: int, n_samples: int, n_splits: int = 2, by: Literal["region", "photograph"] = "region", seed: int = 0
) -> list[Indices]:
    """Random crops of the six photographs for splits that share no pixel: indices for ``crops(indices, size)``.

    size: side of the crops in pixels. by: "region" cuts every photograph into tiles of at least 2 * size pixels a side
    and deals each photograph's tiles out at random; "photograph" deals out whole photographs. A split draws its crops,
    without replacement, from the positions inside its own tiles.

    Returns a list of n_splits index arrays (n_samples,). Its splits differ by more than ``iid_splits`` of all crops do,
    because two regions show two different things; with "photograph" by far more. Raises ValueError for a size out of
    range, another ``by``, or more splits or samples than there are.

    >>> [len(split) for split in region_splits(16, n_samples=100)]
    [100, 100]
    """
    n_samples, n_splits = checks.count("n_samples", n_samples), checks.count("n_splits", n_splits)
    checks.choice("by", by, ("region", "photograph"))
    n_crops(size)  # names a size out of range
    rng, owners, dealt = np.random.default_rng(seed), [], 0
    for picture in photographs():
        height, width, _ = picture.shape
        tile = 2 * size if by == "region" else max(height, width)
        ys, xs = (np.linspace(0, side, max(1, side // tile) + 1).astype(int) for side in (height, width))
        owner = np.full((height - size + 1, width - size + 1), -1)  # of each crop, by its upper left corner; -1: none
        for number, (row, column) in enumerate(rng.permutation(list(np.ndindex(len(ys) - 1, len(xs) - 1)))):
            inside = slice(ys[row], ys[row + 1] - size + 1), slice(xs[column], xs[column + 1] - size + 1)
            owner[inside] = (dealt + number) % n_splits
        dealt += number + 1
        owners.append(owner.ravel())
    owners = np.concatenate(owners)
    if n_splits > dealt:
        raise ValueError(f"n_splits must be at most {dealt}, the number of tiles, got {n_splits}")
    most = np.bincount(owners[owners >= 0], minlength=n_splits).min()
    if n_samples > most:
        raise ValueError(
            f"n_samples must be at most {most} ({n_splits} splits of crops with side {size}), got {n_samples}"
        )
    return [rng.permutation(np.flatnonzero(owners == split))[:n_samples] for split in range(n_splits)]
