"""A person's images in two halves that share no picture, not even as a copy, for training a pair of models."""

from dataclasses import dataclass

import numpy as np

from rmt_utils.data.sources import ImageStream

SIDE = 32  # pixels at which images are looked at: enough to tell copies


@dataclass(frozen=True, eq=False)
class Halves:
    """indices: two rising arrays of images of the source. names: theirs, as they are, two lists. copies, near: images
    that are equal to another one, and different ones that look like another one; each group of them lies in one half.
    skipped: {name: reason} of what could not be read.
    """

    indices: tuple
    names: tuple
    copies: int
    near: int
    skipped: dict


def halves(source, seed=0, progress=lambda steps, label: steps):
    """``Halves`` of the images of a source, as equal in number as copies allow; at random by ``seed``.

    source, progress: as in ``ImageStream``. ValueError as there, and for a source whose images all look alike.

    >>> found = halves("digits")
    >>> [len(names) for names in found.names]
    [899, 898]
    """
    stream = ImageStream(source, size=SIDE, progress=progress)
    for _ in stream.batches():
        pass
    indices, groups = np.array(stream.indices), stream.copies.near()
    sizes = np.bincount(groups)
    if sizes.size < 2:
        raise ValueError(f"source must hold images that differ, got {stream.source} of which all look alike")
    side, counts = np.empty(sizes.size, dtype=int), [0, 0]
    for group in np.random.default_rng(seed).permutation(sizes.size):
        side[group] = counts[1] < counts[0]
        counts[side[group]] += sizes[group]
    names = np.array(stream.true_names, dtype=object)
    chosen = [np.flatnonzero(side[groups] == half) for half in (0, 1)]
    chosen = [places[np.argsort(indices[places])] for places in chosen]
    return Halves(
        tuple(indices[places] for places in chosen),
        tuple(names[places].tolist() for places in chosen),
        stream.copies.n_copies,
        stream.copies.n_near,
        stream.skipped,
    )
