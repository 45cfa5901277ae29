"""Layers that both architectures use."""

import math

import torch
from torch import nn


class NoiseEmbedding(nn.Module):
    """Noise labels (batch,) to (batch, out): sines and cosines of ``width`` / 2 frequencies, then two layers."""

    def __init__(self, width, out):
        super().__init__()
        # The label log(sigma)/4 spans about 3: from a third of a turn over that span to ten turns.
        frequencies = torch.logspace(-0.5, 1, width // 2) * 2 * math.pi / 3
        self.register_buffer("frequencies", frequencies, persistent=False)
        self.layers = nn.Sequential(nn.Linear(width, out), nn.SiLU(), nn.Linear(out, out), nn.SiLU())

    def forward(self, c):
        angles = c[:, None] * self.frequencies
        return self.layers(torch.cat([angles.cos(), angles.sin()], dim=1))


def zeroed(layer):
    """``layer`` with weights 0, so that its block starts as the identity."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
