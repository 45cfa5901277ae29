"""Named tensors in one safetensors file that is either whole or refused."""

import hashlib

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from rmt_utils.files import write_file


def write(path, tensors, **metadata):
    """Write {name: tensor} and strings to ``path`` in one step, with a checksum of the tensors."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_file(path, save(tensors, {**metadata, "sha256": _digest(tensors)}))


def read(path):
    """Tensors {name: tensor} and metadata of ``path``; RuntimeError that names the file if it is damaged."""
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except SafetensorError as error:
        raise RuntimeError(f"{path} is damaged ({error}): delete it") from error
    if metadata.pop("sha256", None) != _digest(tensors):
        raise RuntimeError(f"{path} is damaged (wrong checksum): delete it")
    return tensors, metadata


def _digest(tensors):
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()
