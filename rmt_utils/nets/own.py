"""A pair of networks for a person's own images: two runs on halves that share no picture, not even a similar one.

The images are read once and kept beside the results, so that every worker, and every later command, sees the same.
"""

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np

from rmt_utils.data.sources import ImageStream
from rmt_utils.files import write_file
from rmt_utils.nets.runs import Run

LEAST = 2  # images of a half


def pair(source, n_samples, size, recipe, folder, progress=lambda steps, label: steps):
    """The two ``Run``s of ``recipe`` on n_samples images each of a source, whose images it writes into ``folder``.

    source, size, progress: as in ``ImageStream``. n_samples: None for half of all. Of images that are copies of one
    another, or look alike, one is taken. ValueError for more images than there are, and as in ``ImageStream``.
    """
    stream = ImageStream(source, size, progress=progress)
    images = np.concatenate(list(stream.batches()))
    images = images[np.unique(stream.copies.near(), return_index=True)[1]]
    most = len(images) // 2
    n_samples = most if n_samples is None else n_samples
    if not LEAST <= n_samples <= most:
        raise ValueError(
            f"n must be from {LEAST} to {most} for {stream.source}, of whose images {len(images):,} do not look like "
            f"another one, got {n_samples}"
        )
    content = io.BytesIO()
    np.save(content, images)
    name = hashlib.sha256(content.getvalue()).hexdigest()[:12]
    kept = Path(folder).resolve() / f"images-{name}.npy"
    if not kept.exists():
        write_file(kept, content.getvalue())
    return halves(str(kept), images.shape[1], n_samples, recipe, [recipe.seed])


def halves(source, size, n_samples, recipe, seeds):
    """The ``Run``s of ``recipe`` on random halves of n_samples images of a source, from each of the training seeds."""
    seeded = [replace(recipe, seed=seed) for seed in seeds]
    return [Run(source, size, "iid", half, n_samples, one) for one in seeded for half in (1, 2)]


def samples(run, result):
    """Samples of the finished network of a ``run`` as images: (seeds, size, size, channels)."""
    return result.samples[-1].reshape(len(result.samples[-1]), run.size, run.size, -1)
