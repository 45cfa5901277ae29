"""Numbers that took long, kept in one file with a record beside it that says how they came about."""

import io
import json
import platform
import time
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import numpy as np

from rmt_utils.files import write_file


def make(studies, folder, carry_out):
    """Carry out those of ``studies`` that are not in the folder yet, and ``write`` what ``carry_out(study)`` gives."""
    for study in studies:
        if not paths(study, folder)[1].exists():
            began = time.process_time()
            numbers = carry_out(study)
            write(study, folder, numbers, time.process_time() - began)


def write(study, folder, numbers, seconds):
    """Write ``numbers``, arrays by name, as float32, and then the record of ``study``, a dataclass with a ``name``.

    seconds: of processor time that they took.
    """
    content = io.BytesIO()
    np.savez_compressed(content, **{name: np.asarray(array, np.float32) for name, array in numbers.items()})
    arrays, record = paths(study, folder)
    write_file(arrays, content.getvalue())
    entry = {
        "study": asdict(study),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds_of_cpu": round(seconds, 1),
        "platform": platform.platform(),
        "versions": {name: metadata.version(name) for name in ("rmt_utils", "numpy", "scipy")},
        "sha256": sha256(content.getvalue()).hexdigest(),
    }
    write_file(record, (json.dumps(entry, indent=1) + "\n").encode())


def read(study, folder):
    """Arrays by name, float64; FileNotFoundError without them, RuntimeError if they are damaged."""
    arrays, record = paths(study, folder)
    content = arrays.read_bytes()
    if sha256(content).hexdigest() != json.loads(record.read_text())["sha256"]:
        raise RuntimeError(f"{arrays} is damaged (wrong checksum)")
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float64) for name in stored.files}


def paths(study, folder):
    """Files of the numbers and of the record of ``study``."""
    return Path(folder, f"{study.name}.npz"), Path(folder, f"{study.name}.json")
