"""A UNet for small images: residual blocks with a noise embedding, attention at chosen resolutions, skip connections.

Ho, Jain and Abbeel (2020) with the scale-and-shift conditioning of Dhariwal and Nichol (2021).
"""

import torch
from torch import nn
from torch.nn import functional

from rmt_utils.nets.layers import NoiseEmbedding, zeroed


class UNet(nn.Module):
    """F(x, c): (batch, channels, size, size) and noise labels (batch,) to the shape of x.

    width: channels at full resolution. multipliers: of the width, one a level; each level halves the resolution.
    blocks: residual blocks a level on the way down, one more on the way up. attention: resolutions with
    self-attention; the middle always has it. ValueError for a size that cannot be halved so often.
    """

    def __init__(self, channels, size, width, multipliers, blocks=1, attention=()):
        super().__init__()
        if size % 2 ** (len(multipliers) - 1):
            raise ValueError(f"size must be a multiple of {2 ** (len(multipliers) - 1)} for this UNet, got {size}")
        self.embed = NoiseEmbedding(width, 4 * width)
        self.enter = nn.Conv2d(channels, width, 3, padding=1)

        def block(n_in, n_out, resolution):
            return Block(n_in, n_out, 4 * width, attend=resolution in attention)

        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        skips, current, resolution = [width], width, size
        for level, multiplier in enumerate(multipliers):
            if level:
                self.down.append(nn.AvgPool2d(2))
                skips.append(current)
                resolution //= 2
            for _ in range(blocks):
                self.down.append(block(current, multiplier * width, resolution))
                current = multiplier * width
                skips.append(current)
        self.middle = nn.ModuleList(
            [Block(current, current, 4 * width, attend=True), Block(current, current, 4 * width, attend=False)]
        )
        for level, multiplier in reversed(list(enumerate(multipliers))):
            for _ in range(blocks + 1):
                self.up.append(block(current + skips.pop(), multiplier * width, resolution))
                current = multiplier * width
            if level:
                self.up.append(nn.Upsample(scale_factor=2))
                resolution *= 2
        self.leave = nn.Sequential(group_norm(current), nn.SiLU(), zeroed(nn.Conv2d(current, channels, 3, padding=1)))

    def forward(self, x, c):
        embedding = self.embed(c)
        x = self.enter(x)
        skips = [x]
        for layer in self.down:
            x = layer(x, embedding) if isinstance(layer, Block) else layer(x)
            skips.append(x)
        for layer in self.middle:
            x = layer(x, embedding)
        for layer in self.up:
            x = layer(torch.cat([x, skips.pop()], dim=1), embedding) if isinstance(layer, Block) else layer(x)
        return self.leave(x)


class Block(nn.Module):
    """Two convolutions about a residual, the second normalisation scaled and shifted by the embedding."""

    def __init__(self, n_in, n_out, embedding, attend):
        super().__init__()
        self.first = nn.Sequential(group_norm(n_in), nn.SiLU(), nn.Conv2d(n_in, n_out, 3, padding=1))
        self.condition = nn.Linear(embedding, 2 * n_out)
        self.norm = group_norm(n_out)
        self.second = zeroed(nn.Conv2d(n_out, n_out, 3, padding=1))
        self.skip = nn.Conv2d(n_in, n_out, 1) if n_in != n_out else nn.Identity()
        self.attention = Attention(n_out) if attend else nn.Identity()

    def forward(self, x, embedding):
        scale, shift = self.condition(embedding)[:, :, None, None].chunk(2, dim=1)  # (batch, n_out, 1, 1)
        h = torch.addcmul(shift, self.norm(self.first(x)), scale + 1)
        return self.attention(self.skip(x) + self.second(functional.silu(h)))


class Attention(nn.Module):
    """Self-attention over the pixels, heads of 64 channels at most, about a residual."""

    def __init__(self, channels):
        super().__init__()
        self.heads = max(1, channels // 64)
        self.norm = group_norm(channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = zeroed(nn.Conv2d(channels, channels, 1))

    def forward(self, x):
        qkv = self.qkv(self.norm(x)).flatten(2).unflatten(1, (3, self.heads, -1))  # (batch, 3, heads, width, pixels)
        q, k, v = qkv.transpose(-1, -2).unbind(1)
        mixed = functional.scaled_dot_product_attention(q, k, v)  # (batch, heads, pixels, width)
        return x + self.out(mixed.transpose(-1, -2).reshape(x.shape))


def group_norm(channels):
    return nn.GroupNorm(min(32, channels // 4), channels)
