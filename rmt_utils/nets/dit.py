"""A diffusion transformer: patches as tokens, every block scaled, shifted and gated by the noise embedding.

Peebles and Xie (2023), adaLN-Zero, without classes.
"""

import torch
from torch import nn
from torch.nn import functional

from rmt_utils.nets.layers import NoiseEmbedding, zeroed


class DiT(nn.Module):
    """F(x, c): (batch, channels, size, size) and noise labels (batch,) to the shape of x.

    ValueError for a size that is no multiple of the patch.
    """

    def __init__(self, channels, size, width, depth, heads, patch, mlp_ratio=4):
        super().__init__()
        if size % patch:
            raise ValueError(f"size must be a multiple of the patch {patch} for this DiT, got {size}")
        self.patch, self.side = patch, size // patch
        self.embed = NoiseEmbedding(width, width)
        self.enter = nn.Linear(channels * patch**2, width)
        self.position = nn.Parameter(0.02 * torch.randn(self.side**2, width))
        self.blocks = nn.ModuleList(Block(width, heads, mlp_ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.condition = zeroed(nn.Linear(width, 2 * width))
        self.leave = zeroed(nn.Linear(width, channels * patch**2))

    def forward(self, x, c):
        embedding = self.embed(c)
        h = self.enter(functional.pixel_unshuffle(x, self.patch).flatten(2).transpose(1, 2)) + self.position
        for block in self.blocks:
            h = block(h, embedding)  # (batch, tokens, width)
        h = self.leave(modulate(self.norm(h), *self.condition(embedding)[:, None].chunk(2, dim=-1)))
        return functional.pixel_shuffle(h.transpose(1, 2).unflatten(2, (self.side, self.side)), self.patch)


class Block(nn.Module):
    """Attention and a two-layer network, each modulated before and gated after; the identity at the start."""

    def __init__(self, width, heads, mlp_ratio):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, mlp_ratio * width), nn.GELU(approximate="tanh"), nn.Linear(mlp_ratio * width, width)
        )
        self.condition = zeroed(nn.Linear(width, 6 * width))

    def forward(self, h, embedding):
        shift, scale, gate, shift_mlp, scale_mlp, gate_mlp = self.condition(embedding)[:, None].chunk(6, dim=-1)
        h = torch.addcmul(h, gate, self.attend(modulate(self.norm(h), shift, scale)))
        return torch.addcmul(h, gate_mlp, self.mlp(modulate(self.norm(h), shift_mlp, scale_mlp)))

    def attend(self, h):
        q, k, v = self.qkv(h).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # each (batch, heads, tokens, .)
        return self.out(functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


def modulate(h, shift, scale):
    return torch.addcmul(shift, h, scale + 1)
