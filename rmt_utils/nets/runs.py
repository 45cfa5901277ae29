"""One training run: what was trained on what, carried out, kept and read back.

A run is a file of samples and a record beside it, named by what the run is and by a key of its configuration, its data
and the version of the training code. A run without a valid record does not exist; what an interrupted run leaves is a
checkpoint to go on from.
"""

import hashlib
import io
import json
import platform
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from glob import escape
from importlib import metadata
from pathlib import Path

import numpy as np

from rmt_utils import checks
from rmt_utils.data.sources import flatten
from rmt_utils.files import claimed, write_file
from rmt_utils.models import linear
from rmt_utils.nets.recipe import ADDED, NETWORKS, Recipe, identity
from rmt_utils.nets.trained_on import EDITED, edited_noise, fingerprint, rows, source_images, training_images

# Raised by hand whenever the same configuration would give other samples: runs of other versions do not count.
VERSION = 1

SPLITS = ("iid", "regions", "surrogate", "mean-1", "mean-2", "variance-1", "variance-2")
LOSSES = 100  # the loss is kept as that many block means


@dataclass(frozen=True)
class Run:
    """One network trained on one half of a data set, and sampled.

    source, size: images as in ``load_images``. split: "iid" for random disjoint halves, "surrogate" for Gaussian images
    with the source's mean and covariance, "mean-k" or "variance-k" for halves cut along the k-th principal component
    (``component_splits``), "regions" for natural patches from regions without a common pixel (``region_splits``).
    half: 1 or 2. n_samples: training images. recipe: ``nets.recipe.Recipe``. n_seeds: samples are drawn from seeds 0 to
    n_seeds - 1. edits: (first, last, factor): the first EDITED seeds are sampled once more for each, their noise
    multiplied by factor in the source's principal components first to last - 1; with a fourth entry True each seed's
    norm is then restored. pair: which of several disjoint pairs of halves (``disjoint_pair``), 0 for all splits but
    "iid". ValueError for a split, a half or a pair that does not exist.
    """

    source: str
    size: int
    split: str
    half: int
    n_samples: int
    recipe: Recipe
    n_seeds: int = 512
    edits: tuple = ()
    pair: int = field(default=0, metadata=ADDED)

    def __post_init__(self):
        if self.split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {self.split!r}")
        if self.half not in (1, 2):
            raise ValueError(f"half must be 1 or 2, got {self.half!r}")
        if self.split == "regions" and self.source != "natural-patches":
            raise ValueError(f"source must be 'natural-patches' for the split 'regions', got {self.source!r}")
        if self.pair and self.split != "iid":
            raise ValueError(f"pair must be 0 for the split {self.split!r}, got {self.pair}")
        checks.count("pair", self.pair, at_least=0)
        checks.count("n_samples", self.n_samples, at_least=2)
        checks.count("n_seeds", self.n_seeds)

    @property
    def name(self):
        """Readable and unique: the name of the run's files."""
        parts = (Path(self.source).name.replace(":", "-"), self.size, self.split, self.n_samples, f"half{self.half}")
        pair = (f"pair{self.pair}",) if self.pair else ()
        recipe = (self.recipe.network, f"seed{self.recipe.seed}", self.key)
        return "_".join(str(part) for part in (*parts, *pair, *recipe))

    @cached_property
    def key(self):
        """12 hex digits of the configuration, the source's images and the version of the code."""
        network = NETWORKS[self.recipe.network]
        images = fingerprint(self.source, self.size)
        what = {**identity(self), "network": network, "images": images, "version": VERSION}
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Result:
    """samples: float32 (snapshots, n_seeds, dim), the last of the finished network. steps: (snapshots,).

    edited: float32 (edits, EDITED, dim). losses: (LOSSES,), block means over the training. record: where, when, with
    what and how fast.
    """

    samples: np.ndarray
    edited: np.ndarray
    steps: np.ndarray
    losses: np.ndarray
    record: dict

    def __post_init__(self):
        checks.own(self)


def execute(run, folder, report=None, wait=True):
    """Carry out ``run`` unless a valid result is in ``folder``; a damaged one is made anew. Returns its Result.

    report: called with (steps done, steps). Where another process carries it out its result is waited for, or None is
    returned if ``wait`` is False. Needs torch. Errors as in ``nets.training.train``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with claimed(folder / f"{run.name}.lock", wait) as mine:
        if not mine:
            return None
        try:
            return read(run, folder)
        except (FileNotFoundError, RuntimeError):
            for left in folder.glob(f"{escape(run.name)}*.tmp"):  # by a holder of this claim that was killed
                left.unlink()
            return _carried_out(run, folder, report)


def _carried_out(run, folder, report):
    from rmt_utils.nets import checkpoint as checkpoint_file
    from rmt_utils.nets import edm, training  # here: reading results needs no torch

    checkpoint = checkpoint_path(run, folder)
    images = training_images(run)
    each_step = report and (lambda step: report(step, run.recipe.steps))
    kept, losses, training_seconds = training.train(run.recipe, images, checkpoint, each_step)
    began = time.perf_counter()
    noise = linear.seed_noise(range(run.n_seeds), flatten(images).shape[1])
    shape = images.shape[1:]
    samples = np.stack([edm.sample_heun(denoiser, noise, shape) for denoiser in kept.values()])
    final = kept[run.recipe.steps]
    edited = np.empty((len(run.edits), min(EDITED, run.n_seeds), noise.shape[1]), np.float16)
    for place, edit in enumerate(run.edits):
        edited[place] = edm.sample_heun(final, edited_noise(run, noise, edit), shape)
    arrays = {
        "samples": samples.astype(np.float16),
        "edited": edited,
        "steps": np.array([*kept]),
        "losses": np.array([block.mean() for block in np.array_split(losses, min(LOSSES, losses.size))]),
    }
    details = {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "training_seconds": round(training_seconds, 1),
        "sampling_seconds": round(time.perf_counter() - began, 1),
        "device": str(final.centre.device),
        "hardware": training.hardware(final.centre.device),
        "platform": platform.platform(),
        "versions": {name: metadata.version(name) for name in ("rmt_utils", "numpy", "torch")},
    }
    checkpoint_file.write(weights_path(run, folder), final.state_dict())
    write(run, folder, arrays, details)
    checkpoint.unlink(missing_ok=True)
    return read(run, folder)


def write(run, folder, arrays, details):
    """Write the arrays and then the record of ``run``, each in one step: without a record there is no result."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    samples, record = paths(run, folder)
    write_file(samples, content.getvalue())
    entry = {"run": asdict(run), "key": run.key, "version": VERSION, **details, "sha256": _digest(content.getvalue())}
    entry["checksum"] = _digest(_canonical(entry))
    write_file(record, (json.dumps(entry, indent=1) + "\n").encode())


def read(run, folder):
    """Result of ``run``; FileNotFoundError if there is none, RuntimeError naming the file if it is damaged."""
    samples, record = paths(run, folder)
    try:
        entry = json.loads(record.read_text())
        checksum = entry.pop("checksum")
        if checksum != _digest(_canonical(entry)) or entry["key"] != run.key:
            raise ValueError("wrong checksum")
    except (ValueError, KeyError, AttributeError) as error:
        raise RuntimeError(f"{record} is damaged ({error})") from error
    content = samples.read_bytes() if samples.exists() else b""
    if _digest(content) != entry["sha256"]:
        raise RuntimeError(f"{samples} is damaged (wrong checksum)")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        samples, edited = (arrays[name].astype(np.float32) for name in ("samples", "edited"))
        return Result(samples, edited, arrays["steps"], arrays["losses"], entry)


def state(run, folder):
    """ "done", "damaged" (a result or a checkpoint), "begun" (a checkpoint is there), "missing" or "impossible"."""
    try:
        read(run, folder)
    except FileNotFoundError:
        try:
            return "begun" if check(run, folder) else "missing"
        except ValueError:
            return "impossible"
        except RuntimeError:
            return "damaged"
    except RuntimeError:
        return "damaged"
    return "done"


def check(run, folder):
    """Whether there is a checkpoint for ``run`` to go on from; nothing is trained.

    ValueError for a run that cannot exist, because its source has too few images or its network takes no images of this
    size; RuntimeError for a damaged checkpoint. Needs torch.
    """
    from rmt_utils.nets import checkpoint, training

    _, size, _, channels = source_images(run.source, run.size).shape
    try:
        rows(run)
        training.build(run.recipe.network, channels, size, device="meta")
    except ValueError as error:
        raise ValueError(f"{run.name} cannot be trained: {error}") from error
    path = checkpoint_path(run, folder)
    if path.exists():
        checkpoint.read(path)
    return path.exists()


def paths(run, folder):
    """Files of the samples and of the record of ``run``."""
    return Path(folder, f"{run.name}.npz"), Path(folder, f"{run.name}.json")


def checkpoint_path(run, folder):
    """File from which an interrupted ``run`` goes on."""
    return Path(folder, f"{run.name}.checkpoint.safetensors")


def weights_path(run, folder):
    """File of the finished network's averaged weights."""
    return Path(folder, f"{run.name}.weights.safetensors")


def load_denoiser(run, folder):
    """The trained network of a finished ``run``: ``nets.edm.Denoiser``. Needs torch and the file of weights."""
    from rmt_utils.nets import checkpoint, edm, training

    _, size, _, channels = source_images(run.source, run.size).shape
    denoiser = edm.Denoiser(training.build(run.recipe.network, channels, size), 0.0, 1.0)
    denoiser.load_state_dict(checkpoint.read(weights_path(run, folder))[0])
    return denoiser.eval().requires_grad_(False)


def _canonical(entry):
    return json.dumps(entry, sort_keys=True).encode()


def _digest(content):
    return hashlib.sha256(content).hexdigest()
