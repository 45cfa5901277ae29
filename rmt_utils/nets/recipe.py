"""What is trained and how, as plain numbers: needs no torch, so that results can be read without it."""

import math
from dataclasses import dataclass, field, fields, is_dataclass

PRECISIONS = ("float32", "bfloat16")
ADDED = {"added": True}  # metadata of fields younger than the first runs, see ``identity``

# name: (kind, arguments of ``UNet``, ``DiT`` or ``MLP``); "color" for 32 x 32 x 3; "paper" as in section 2 of the paper
NETWORKS = {
    "unet-small": ("unet", {"width": 16, "multipliers": (1, 4)}),
    "dit-small": ("dit", {"width": 64, "depth": 4, "heads": 4, "patch": 2}),
    "mlp-small": ("mlp", {"width": 256, "depth": 8}),
    "unet-color": ("unet", {"width": 16, "multipliers": (1, 2, 4)}),
    "dit-color": ("dit", {"width": 64, "depth": 4, "heads": 4, "patch": 4}),
    "unet-tiny": ("unet", {"width": 8, "multipliers": (1, 2), "blocks": 0}),
    "dit-tiny": ("dit", {"width": 16, "depth": 1, "heads": 2, "patch": 2}),
    "mlp-tiny": ("mlp", {"width": 32, "depth": 2}),
    "unet-paper": ("unet", {"width": 128, "multipliers": (1, 2, 2, 2), "blocks": 2, "attention": (8,)}),
    "dit-paper-2": ("dit", {"width": 384, "depth": 6, "heads": 6, "patch": 2}),
    "dit-paper-4": ("dit", {"width": 384, "depth": 6, "heads": 6, "patch": 4}),
}


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: everything but the images.

    network: a key of NETWORKS. steps, batch: optimiser steps and images a step. learning_rate: Adam's after
    ``warmup`` steps, falling as a cosine to ``final_rate`` of it. p_mean, p_std: of the normal distribution of
    log(sigma). seed: of initialisation, order of the images and noise. snapshots: steps before the last one whose
    weights are kept too. order_seed: of order and noise, where it is not that of the initialisation. precision: of the
    network's arithmetic while it trains; "bfloat16" is faster for wide networks on GPUs, and on processors that have
    it. ValueError for anything out of range.
    """

    network: str
    steps: int
    batch: int = 32
    learning_rate: float = 2e-3
    warmup: int = 100
    final_rate: float = 0.02
    p_mean: float = -0.4
    p_std: float = 1.6
    seed: int = 0
    snapshots: tuple = ()
    order_seed: int | None = field(default=None, metadata=ADDED)
    precision: str = field(default="float32", metadata=ADDED)

    def __post_init__(self):
        if self.network not in NETWORKS:
            raise ValueError(f"network must be one of {', '.join(NETWORKS)}, got {self.network!r}")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}")
        for name in ("steps", "batch", "warmup", "learning_rate", "p_std"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")
        if not all(0 < step < self.steps for step in self.snapshots):
            raise ValueError(f"snapshots must lie between 0 and steps = {self.steps}, got {self.snapshots}")

    @property
    def draws_seed(self):
        """Seed of the order of the images and of the noise."""
        return self.seed if self.order_seed is None else self.order_seed

    def rate(self, step):
        """Learning rate of ``step``, counted from 0."""
        cosine = (1 + math.cos(math.pi * step / self.steps)) / 2
        return (
            self.learning_rate * (self.final_rate + (1 - self.final_rate) * cosine) * min(1, (step + 1) / self.warmup)
        )


def identity(value):
    """What ``value``, a dataclass, is, as plain numbers: its fields without the younger ones that are at their default.

    So a run keeps its key when a field is added.

    >>> sorted(identity(Recipe("unet-tiny", 10)).keys() ^ identity(Recipe("unet-tiny", 10, order_seed=1)).keys())
    ['order_seed']
    """
    if not is_dataclass(value):
        return value
    kept = [f for f in fields(value) if not f.metadata.get("added") or getattr(value, f.name) != f.default]
    return {f.name: identity(getattr(value, f.name)) for f in kept}
