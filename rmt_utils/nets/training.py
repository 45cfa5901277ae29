"""Training that can be killed at any moment: the images and noise of a step follow from the seed and the step alone."""

import copy
import hashlib
import json
import platform
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from scipy.special import ndtri

from rmt_utils.nets import checkpoint as storage
from rmt_utils.nets.dit import DiT
from rmt_utils.nets.edm import Denoiser, arithmetic
from rmt_utils.nets.mlp import MLP
from rmt_utils.nets.recipe import NETWORKS, identity
from rmt_utils.nets.unet import UNet

EMA_EXPONENT = 6.94  # weights of the average rise as step^6.94: it is a tenth of the training wide
CHECKPOINT_SHARE = 0.01  # of the time may go into checkpoints
REPORT_STEPS = 20


def train(recipe, images, checkpoint, report=None):
    """Train one network: averaged denoisers {step: Denoiser} of every snapshot and the end, losses (steps,), seconds.

    images: float32 (n, height, width, channels). checkpoint: path of a file that is written every few seconds, less
    often where it takes long. An interrupted training goes on from it, to the same bytes on the same CPU; the caller
    removes it. A damaged one, or one of another recipe or other images, raises RuntimeError with its name.
    report: called with the number of steps done, now and then.

    On a CPU the network runs in one thread, whose sums do not depend on the number of cores. On a GPU it is compiled,
    and sums are not repeated to the last bit.

    Source: Karras et al. (2022) for the loss, Karras et al. (2024), eq. (4), for the average.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        torch.set_num_threads(1)
    size, channels = images.shape[1], images.shape[3]
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        network = build(recipe.network, channels, size)
    state = State(recipe, images, device, network)
    state.load(checkpoint)
    pixels = torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, 3, 1))).to(device)
    loss_of = state.denoiser.loss
    if device.type == "cuda":  # small networks' kernels are over before the next is launched: launch them as one graph
        loss_of = torch.compile(loss_of, mode="reduce-overhead")
    begun = saved = time.monotonic()
    spent, cost = state.seconds, 0.002
    while state.step < recipe.steps:
        chosen, sigma, noise = (torch.from_numpy(part).to(device) for part in draw(recipe, images.shape, state.step))
        with arithmetic(device, recipe.precision):
            loss = loss_of(pixels[chosen], sigma, noise)
        state.advance(loss)
        if report and state.step % REPORT_STEPS == 0:
            report(state.step)
        now = time.monotonic()
        state.seconds = spent + now - begun
        if now - saved > cost / CHECKPOINT_SHARE:
            state.save(checkpoint)
            saved = time.monotonic()
            cost = saved - now
    return state.kept, state.losses.cpu().numpy(), state.seconds


def build(network, channels, size, device="cpu"):
    """The network of that name, see ``recipe.NETWORKS``, with fresh weights; on the device "meta" it has none."""
    kind, settings = NETWORKS[network]
    with torch.device(device):
        return {"unet": UNet, "dit": DiT, "mlp": MLP}[kind](channels, size, **settings)


def hardware(device):
    """Name of the GPU, or of the processor that torch runs on, with what it uses of it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.processor() or platform.machine()}, {torch.backends.cpu.get_cpu_capability()}"


def draw(recipe, shape, step):
    """What ``step`` trains on: indices (batch,), noise levels (batch,) and noise (batch, channels, height, width).

    Each image comes once an epoch. The levels are stratified over the batch, which lowers the loss's variance.
    """
    n_images, height, width, channels = shape
    place = step * recipe.batch + np.arange(recipe.batch)
    epochs = place // n_images
    chosen = np.empty(recipe.batch, np.int64)
    for epoch in np.unique(epochs):
        here = epochs == epoch
        chosen[here] = _order(recipe.draws_seed, int(epoch), n_images)[place[here] % n_images]
    rng = np.random.default_rng([recipe.draws_seed, 1, step])
    quantiles = (np.arange(recipe.batch) + rng.uniform(1e-6, 1 - 1e-6, recipe.batch)) / recipe.batch
    sigma = np.exp(recipe.p_mean + recipe.p_std * ndtri(quantiles)).astype(np.float32)
    return chosen, sigma, rng.standard_normal((recipe.batch, channels, height, width), dtype=np.float32)


@lru_cache(maxsize=2)
def _order(seed, epoch, n_images):
    return np.random.default_rng([seed, 2, epoch]).permutation(n_images)


class State:
    """Network, optimiser, running average, losses and kept averages: all that a checkpoint holds."""

    def __init__(self, recipe, images, device, network):
        self.recipe, self.step, self.seconds, self.kept = recipe, 0, 0.0, {}
        centre, scale = float(images.mean(dtype=np.float64)), float(images.std(dtype=np.float64))
        if not scale > 0:
            raise ValueError(f"images must differ, got {len(images)} of one value")
        self.denoiser = Denoiser(network, centre, scale).to(device)
        self.average = copy.deepcopy(self.denoiser).eval().requires_grad_(False)
        self.parameters = list(self.denoiser.parameters())
        self.optimiser = torch.optim.Adam(self.parameters, recipe.learning_rate, betas=(0.9, 0.99), fused=True)
        self.losses = torch.zeros(recipe.steps, device=device)  # read at the end, so that no step waits for a GPU
        self.identity = hashlib.sha256(repr(identity(recipe)).encode() + images.tobytes()).hexdigest()

    def advance(self, loss):
        """One optimiser step from ``loss``, and one of the average."""
        recipe = self.recipe
        self.optimiser.param_groups[0]["lr"] = recipe.rate(self.step)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad()  # here, as gradients lie in the memory of the GPU's graph, which begins anew
        self.losses[self.step] = loss.detach()
        self.step += 1
        share = 1 - (1 - 1 / self.step) ** (EMA_EXPONENT + 1)
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), self.parameters, share)
        if self.step in (*recipe.snapshots, recipe.steps):
            self.kept[self.step] = copy.deepcopy(self.average)

    def save(self, path):
        """Write everything to ``path``."""
        progress = {"step": self.step, "seconds": self.seconds, "kept": [*self.kept]}
        storage.write(path, self._tensors(), identity=self.identity, progress=json.dumps(progress))

    def load(self, path):
        """Go on from ``path`` if it exists."""
        if not Path(path).exists():
            return
        tensors, metadata = storage.read(path)
        if metadata.get("identity") != self.identity:
            raise RuntimeError(f"{path} belongs to another training: delete it")
        progress = json.loads(metadata["progress"])
        self.step, self.seconds = progress["step"], progress["seconds"]
        self.kept = {step: copy.deepcopy(self.average) for step in progress["kept"]}
        for parameter in self.parameters:  # as the optimiser does at its first step
            moments = {name: torch.zeros_like(parameter) for name in ("exp_avg", "exp_avg_sq")}
            self.optimiser.state[parameter] = {"step": torch.zeros((), device=parameter.device), **moments}
        for name, tensor in self._tensors().items():
            tensor.detach().copy_(tensors[name])

    def _tensors(self):
        """Every tensor that changes, by name."""
        modules = {"denoiser": self.denoiser, "average": self.average}
        modules |= {f"kept {step}": module for step, module in self.kept.items()}
        tensors = {f"{part}.{name}": t for part, module in modules.items() for name, t in module.state_dict().items()}
        for index, parameter in enumerate(self.parameters):
            state = self.optimiser.state[parameter]
            tensors |= {f"adam {index}.{name}": tensor for name, tensor in state.items()}
        return tensors | {"losses": self.losses}
