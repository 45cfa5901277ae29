"""Sample an unconditional diffusers pipeline from seeds whose noise is the same for every model.

What it writes is what rmt compare reads. Pictures follow from the noise alone: DDIM without noise along the way.
"""

import io
from pathlib import Path

import numpy as np

from rmt_utils.files import check_output
from rmt_utils.progress import progress


def add_arguments(parser):
    """Options of ``rmt sample``."""
    parser.add_argument("model", metavar="MODEL", help="folder of a DDPM or DDIM pipeline saved by diffusers")
    parser.add_argument("--seeds", type=_range, default=range(512), metavar="FROM:TO", help="seeds (default: 0:512)")
    parser.add_argument("--steps", type=int, default=50, help="steps of DDIM (default: 50)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.npz", help="where the samples go")


def run(options):
    """Sample; returns what is printed, and the file of samples."""
    from rmt_utils.nets.pipelines import noise_of, sample_pipeline

    if options.output.suffix != ".npz":
        raise ValueError(f"--output must end in .npz, got {options.output}")
    check_output("--output", options.output)
    samples = sample_pipeline(options.model, options.seeds, options.steps, progress)
    noise = noise_of(options.seeds, samples.shape[1:]).astype(np.float32)
    content = io.BytesIO()
    np.savez_compressed(content, samples=samples, noise=noise, seeds=np.array(options.seeds))
    said = f"{options.output}: {len(samples)} samples of {' x '.join(map(str, samples.shape[1:]))}"
    return said, {options.output: content.getvalue()}


def _range(text):
    first, _, last = text.partition(":")
    return range(int(first), int(last)) if last else range(int(first), int(first) + 1)
