"""Disjoint splits of a set of samples: random ones, and ones that differ in mean or variance on purpose."""

import numpy as np

from rmt_utils import checks


def iid_splits(n_total, n_samples, n_splits=3, seed=0):
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
    others = np.setdiff1d(np.arange(n_total), np.concatenate(first))
    shuffled = np.random.default_rng([n_samples, n_total]).permutation(others)
    return list(shuffled[2 * (pair - 1) * n_samples : 2 * pair * n_samples].reshape(2, n_samples))


def component_splits(scores, n_samples, kind, seed=0):
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
