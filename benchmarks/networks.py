"""Training throughput of the small networks beside those of diffusers of about the same size, for ``make bench``.

One process with one thread, as the sweep uses; the same loss, optimiser and batch for both. Images a second are the
best of interleaved rounds: what else a machine does only makes them fewer.
"""

import time

import torch
from _claims import Claims
from diffusers import DiTTransformer2DModel, UNet2DModel

from rmt_utils.data.sources import load_images
from rmt_utils.nets import training
from rmt_utils.nets.recipe import Recipe

ROUNDS, STEPS = 7, 12


def main():
    torch.set_num_threads(1)
    claims = Claims()
    images = load_images("fashion-mnist", 14, 1000)
    for name, theirs in (("unet-small", diffusers_unet()), ("dit-small", diffusers_dit())):
        ours = training.build(name, 1, 14)
        speeds = {"ours": [], "diffusers": []}
        for _ in range(ROUNDS):
            speeds["ours"].append(images_per_second(ours, images))
            speeds["diffusers"].append(images_per_second(theirs, images))
        one, other = (max(values) for values in speeds.values())
        print(
            f"{name}: {one:.0f} images/s with {millions(ours):.2f} M parameters, {one / other:.2f} times the "
            f"{other:.0f} of diffusers with {millions(theirs):.2f} M",
            flush=True,
        )
        claims.check(name, one / other)
    claims.settle()


def images_per_second(network, images):
    """Of STEPS training steps after two others."""
    recipe = Recipe("unet-small", steps=STEPS + 2)
    state = training.State(recipe, images, torch.device("cpu"), network)
    pixels = torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
    for step in range(STEPS + 2):
        if step == 2:
            began = time.perf_counter()
        chosen, sigma, noise = (torch.from_numpy(part) for part in training.draw(recipe, images.shape, step))
        state.advance(state.denoiser.loss(pixels[chosen], sigma, noise))
    return STEPS * recipe.batch / (time.perf_counter() - began)


def diffusers_unet():
    """Its blocks have the layout of ours: one a level, attention in the middle."""
    model = UNet2DModel(
        sample_size=14,
        in_channels=1,
        out_channels=1,
        layers_per_block=1,
        block_out_channels=(16, 64),
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    )
    return Adapted(lambda x, c: model(x, c).sample, model)


def diffusers_dit():
    """Four blocks of width 64, patch 2; its class embedding is given one class."""
    model = DiTTransformer2DModel(
        num_attention_heads=4,
        attention_head_dim=16,
        in_channels=1,
        out_channels=1,
        num_layers=4,
        sample_size=14,
        patch_size=2,
        num_embeds_ada_norm=1,
        norm_num_groups=4,
    )
    return Adapted(lambda x, c: model(x, c, torch.zeros(len(x), dtype=torch.long)).sample, model)


class Adapted(torch.nn.Module):
    """A diffusers model with our networks' signature."""

    def __init__(self, call, model):
        super().__init__()
        self.call, self.model = call, model

    def forward(self, x, c):
        return self.call(x, 250 * (c + 2))  # noise labels to the range of time steps


def millions(network):
    return sum(parameter.numel() for parameter in network.parameters()) / 1e6


if __name__ == "__main__":
    main()
