"""One trained network sampled in other ways from the same seeds: which samples move when no training image does."""

import argparse
import copy
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from rmt_utils.models import linear
from rmt_utils.models.agreement import mse_per_seed
from rmt_utils.nets import kept, runs, sweep
from rmt_utils.nets.recipe import Recipe
from rmt_utils.nets.runs import Run
from rmt_utils.nets.trained_on import training_images
from rmt_utils.theory.samplers import edm_sigmas

WAYS = ("last bits", "70 steps", "18 steps", "bfloat16", "Euler")


@dataclass(frozen=True)
class Otherwise:
    """The finished network of ``run``, whose weights are at hand, sampled in every one of WAYS from the first seeds."""

    run: Run
    n_seeds: int = 256

    @property
    def name(self):
        """Of the study's files."""
        return f"otherwise_{self.run.name}"


def book():
    """Of the published figure: one network of either architecture."""
    short = Run("fashion-mnist", 14, "iid", 1, 3000, Recipe("unet-small", 2500))
    long = [run for run in sweep.training_length() if run.recipe.network == "dit-small"]
    return of([short, *(run for run in long if (run.n_samples, run.half, run.recipe.seed) == (1000, 2, 0))])


def of(runs, n_seeds=256):
    """One study for each of ``runs``."""
    return [Otherwise(run, n_seeds) for run in runs]


def carry_out(study, weights):
    """difference: (WAYS, seeds), squared difference a pixel to the samples by 35 Heun steps in float32; samples: those.

    weights: folder of the network's weights. Needs torch.
    """
    denoiser = runs.load_denoiser(study.run, weights)
    shape = training_images(study.run).shape[1:]
    noise = linear.seed_noise(range(study.n_seeds), int(np.prod(shape)))
    samples = sampled(denoiser, noise, shape)
    return {
        "difference": np.array([mse_per_seed(sampled(denoiser, noise, shape, way), samples) for way in WAYS]),
        "samples": samples,
    }


def beside(study, folder, *others):
    """The kept study beside ``others``, (seeds,) each: means (WAYS and all others but the last), and rank correlations.

    The correlations (rows, rows) are Spearman's over the study's seeds, of the differences in every one of WAYS and of
    all others, in that order.
    """
    moved = kept.read(study, folder)["difference"]
    moved = np.vstack([moved, *(one[: moved.shape[1]] for one in others)])
    return moved[:-1].mean(axis=1), spearmanr(moved.T).statistic


def sampled(denoiser, noise, shape, way=None):
    """Samples (seeds, dim) by 35 Heun steps, or in one of WAYS.

    "last bits": every number of the noise is the next larger one of float32. "bfloat16": weights rounded to it, and the
    network's products computed in it. Others: as many Heun steps, or 35 steps of Euler's method.
    """
    from rmt_utils.nets.edm import sample_heun

    if way == "last bits":
        noise = np.nextafter(noise.astype(np.float32), np.float32(np.inf)).astype(np.float64)
    if way == "bfloat16":
        denoiser = in_bfloat16(denoiser)
    if way == "Euler":
        return sample_euler(denoiser, noise, shape)
    return sample_heun(denoiser, noise, shape, edm_sigmas({"70 steps": 70, "18 steps": 18}.get(way, 35)))


def sample_euler(denoiser, noise, shape):
    """Samples of 35 steps of Euler's method: every step by the denoiser's ratio, in ``sample_heun``'s batches."""
    import torch

    from rmt_utils.nets.edm import SAMPLING_BATCH

    samples, sigmas = [], edm_sigmas(35)
    for start in range(0, len(noise), SAMPLING_BATCH):
        x = torch.as_tensor(sigmas[0] * noise[start : start + SAMPLING_BATCH])
        x = x.reshape(-1, *shape).permute(0, 3, 1, 2)
        for sigma, following in pairwise(sigmas):
            level = torch.full((len(x),), sigma, dtype=torch.float32)
            with torch.no_grad():
                denoised = denoiser(x.float(), level).double()
            x = denoised + following / sigma * (x - denoised)
        samples.append(x.permute(0, 2, 3, 1).flatten(1).float().numpy())
    return np.concatenate(samples)


def in_bfloat16(denoiser):
    """A copy of ``denoiser`` with weights rounded to bfloat16, whose network computes in it."""
    import torch

    class Rounded(torch.nn.Module):
        def __init__(self, network):
            super().__init__()
            self.network = network

        def forward(self, *inputs):
            with torch.autocast("cpu", torch.bfloat16):
                return self.network(*inputs)

    rounded = copy.deepcopy(denoiser)
    with torch.no_grad():
        for weight in rounded.network.parameters():
            weight.copy_(weight.to(torch.bfloat16))
    rounded.network = Rounded(rounded.network)
    return rounded


def main(arguments=None):
    """Carry out the studies of the book whose weights are at hand and which are not in the folder yet."""
    parser = argparse.ArgumentParser(prog="python -m rmt_utils.nets.otherwise", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="folder of the results, runs in a checkout")
    parser.add_argument("weights", type=Path, help="folder in which rmt train left the networks' weights")
    options = parser.parse_args(arguments)
    at_hand = [study for study in book() if runs.weights_path(study.run, options.weights).exists()]
    kept.make(at_hand, options.folder, lambda study: carry_out(study, options.weights))


if __name__ == "__main__":
    main()
