"""What EDM puts round a network: preconditioning, the training loss and the deterministic Heun sampler.

Source: Karras et al. (2022), table 1, eq. (8) and algorithm 1. Images are (batch, channels, height, width).
"""

from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from rmt_utils.theory import samplers

SAMPLING_BATCH = 128  # fixed, because rounding in a network may depend on the batch


class Denoiser(nn.Module):
    """D(x; sigma) = centre + c_skip y + c_out F(c_in y, log(sigma)/4), y = x - centre.

    network: F. centre, scale: mean and standard deviation of the training pixels; they are saved with the weights.
    """

    def __init__(self, network, centre, scale):
        super().__init__()
        self.network = network
        self.register_buffer("centre", torch.tensor(float(centre)))
        self.register_buffer("scale", torch.tensor(float(scale)))

    def forward(self, x, sigma):
        """Denoised images of the shape of x; sigma: (batch,)."""
        y = x - self.centre
        c_skip, c_out, residual = self.parts(y, sigma)
        return self.centre + c_skip * y + c_out * residual

    def loss(self, images, sigma, noise):
        """Mean of the weighted squared error, the weight such that F's own error counts the same at every sigma."""
        clean = images - self.centre
        y = clean + sigma[:, None, None, None] * noise
        c_skip, c_out, residual = self.parts(y, sigma)
        return torch.square(residual - (clean - c_skip * y) / c_out).mean()

    def parts(self, y, sigma):
        """c_skip, c_out and F at centred noisy images y."""
        total = (sigma**2 + self.scale**2)[:, None, None, None]
        residual = self.network(y / total.sqrt(), sigma.log() / 4).float()
        return self.scale**2 / total, sigma[:, None, None, None] * self.scale / total.sqrt(), residual


@torch.no_grad()
def sample_heun(denoiser, noise, shape, sigmas=None):
    """Samples of the probability-flow ODE by Heun's method, as ``linear.sample_heun`` for the linear model.

    noise: standard normal (seeds, dim), one row a seed, in the order of ``flatten``. shape: (height, width, channels).
    sigmas: falling noise levels, the last one 0; 35 EDM steps by default. Returns float32 (seeds, dim).
    The state is float64 between the denoiser's calls, so that small steps are not lost, and the network computes in
    float32 whatever it was trained in: the differences of networks that are measured are small.
    """
    sigmas = samplers.edm_sigmas(35) if sigmas is None else np.asarray(sigmas, dtype=np.float64)
    device = denoiser.centre.device

    def slope(x, sigma):
        level = torch.full((len(x),), sigma, dtype=torch.float32, device=device)
        with arithmetic(device):
            return (x - denoiser(x.float(), level).double()) / sigma

    samples = []
    for start in range(0, len(noise), SAMPLING_BATCH):
        x = torch.as_tensor(noise[start : start + SAMPLING_BATCH], dtype=torch.float64)
        x = sigmas[0] * x.reshape(-1, *shape).permute(0, 3, 1, 2).to(device)
        for sigma, following in pairwise(sigmas):
            step, first = following - sigma, slope(x, sigma)
            x_next = x + step * first
            x = x + step / 2 * (first + slope(x_next, following)) if following else x_next
        samples.append(x.permute(0, 2, 3, 1).flatten(1).float().cpu().numpy())
    return np.concatenate(samples)


@contextmanager
def arithmetic(device, precision="float32"):
    """The network computes in ``precision``: a GPU's convolutions do not round float32 to fewer bits."""
    exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    with exact, torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        yield
