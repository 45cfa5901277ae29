"""Samples of a model as people keep them: a folder of pictures, an array of numpy, a file of safetensors."""

from pathlib import Path

import numpy as np

from rmt_utils.data.sources import ImageStream

KINDS = "a folder of pictures, or a file .npy, .npz or .safetensors"


def read_samples(source):
    """Names of the seeds and their samples: list, float32 (seeds, height, width, channels) or (seeds, dim).

    source: a folder, whose pictures are named after their seeds; or a file that holds one array or one called
    "samples", and in ``.npz`` perhaps one called "seeds": (seeds, dim), (seeds, height, width) or with channels last or
    first. Whole numbers are taken to run from 0 to 255 and become -1 to 1, others stay as they are. ValueError for
    anything else, naming the source; ImportError if a package for it is missing.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        return _folder(path)
    if not path.is_file() or path.suffix not in READERS:
        raise ValueError(f"source must be {KINDS}, got {source}")
    try:
        arrays = READERS[path.suffix](path)
    except (OSError, ValueError, EOFError, KeyError) as error:
        raise ValueError(f"source must be {KINDS} that can be read, got {source} ({error})") from error
    seeds = arrays.pop("seeds", None)
    if "samples" not in arrays and len(arrays) != 1:
        raise ValueError(f"source must hold one array, or one called 'samples', got {source} with {sorted(arrays)}")
    samples = arrays.get("samples", next(iter(arrays.values())))
    names = range(len(samples)) if seeds is None else np.asarray(seeds).tolist()
    return [str(name) for name in names], _scaled(_channels_last(samples, source), source)


def read_noise(source, names):
    """Noise that the seeds ``names`` began with, (seeds, ...) as the samples: a file's array "noise", or None.

    Standard normal. source: as in ``read_samples``, with its errors; a .npz or .safetensors may hold noise.
    """
    path = Path(source).expanduser()
    if path.suffix not in (".npz", ".safetensors"):
        return None
    arrays = READERS[path.suffix](path)
    if "noise" not in arrays:
        return None
    noise = _channels_last(arrays["noise"], source)
    place = {name: index for index, name in enumerate(read_samples(source)[0])}
    return noise[[place[name] for name in names]]


def paired(first, second):
    """Two (names, samples) cut down to the seeds that both have, in the order of the first: names, samples, samples.

    ValueError if fewer than four are left.

    >>> names, a, b = paired((list("abcde"), np.arange(5)), (list("edcbx"), np.arange(5)))
    >>> names, a.tolist(), b.tolist()
    (['b', 'c', 'd', 'e'], [1, 2, 3, 4], [3, 2, 1, 0])
    """
    place = {name: index for index, name in enumerate(second[0])}
    common = [index for index, name in enumerate(first[0]) if name in place]
    names = [first[0][index] for index in common]
    if len(names) < 4:
        raise ValueError(
            f"samples must have at least 4 seeds in common, got {len(names)} "
            f"(named such as {', '.join(first[0][:3])} and {', '.join(second[0][:3])})"
        )
    return names, first[1][common], second[1][[place[name] for name in names]]


def _folder(path):
    stream = ImageStream(path, as_it_is=True)
    samples = np.concatenate(list(stream.batches()))
    return [str(Path(name).with_suffix("")) for name in stream.names], samples


def _numpy(path):
    return {"samples": np.load(path, allow_pickle=False)}


def _numpy_archive(path):
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays}


def _safetensors(path):
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(error) from error


READERS = {".npy": _numpy, ".npz": _numpy_archive, ".safetensors": _safetensors}


def _channels_last(samples, source):
    if samples.ndim == 3:
        return samples[..., None]
    if samples.ndim == 4 and samples.shape[1] in (1, 3) and samples.shape[3] not in (1, 3):
        return np.moveaxis(samples, 1, 3)
    if samples.ndim not in (2, 4):
        raise ValueError(f"source must hold samples (seeds, ...) of 2 to 4 axes, got {source} with {samples.shape}")
    return samples


def _scaled(samples, source):
    if samples.dtype == np.uint8:
        return samples.astype(np.float32) / np.float32(127.5) - 1
    if samples.dtype.kind != "f":
        raise ValueError(f"source must hold uint8 or floating numbers, got {source} with {samples.dtype}")
    return samples.astype(np.float32)
