"""A network without locality: the pixels as one vector, residual layers scaled and shifted by the noise embedding."""

import torch
from torch import nn
from torch.nn import functional

from rmt_utils.nets.layers import NoiseEmbedding, zeroed


class MLP(nn.Module):
    """F(x, c): (batch, channels, size, size) and noise labels (batch,) to the shape of x.

    width: of the hidden layers. depth: how many, each about a residual.
    """

    def __init__(self, channels, size, width, depth):
        super().__init__()
        pixels = channels * size**2
        self.embed = NoiseEmbedding(64, 64)
        self.enter = nn.Linear(pixels, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.leave = zeroed(nn.Linear(width, pixels))

    def forward(self, x, c):
        embedding, h = self.embed(c), self.enter(x.flatten(1))
        for block in self.blocks:
            h = block(h, embedding)  # (batch, width)
        return self.leave(h).reshape(x.shape)


class Block(nn.Module):
    """One layer of a normalised, scaled and shifted input, about a residual."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.condition = zeroed(nn.Linear(64, 2 * width))
        self.layer = nn.Linear(width, width)

    def forward(self, h, embedding):
        scale, shift = self.condition(embedding).chunk(2, dim=1)
        return h + self.layer(functional.silu(torch.addcmul(shift, self.norm(h), scale + 1)))
