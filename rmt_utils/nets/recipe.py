"""What is trained and how, as plain numbers: needs no torch, so that results can be read without it."""

import math
from dataclasses import dataclass

# name: (kind, arguments of ``UNet`` or ``DiT``); "paper" as in section 2 of the paper
NETWORKS = {
    "unet-small": ("unet", {"width": 16, "multipliers": (1, 4)}),
    "dit-small": ("dit", {"width": 64, "depth": 4, "heads": 4, "patch": 2}),
    "unet-tiny": ("unet", {"width": 8, "multipliers": (1, 2)}),
    "dit-tiny": ("dit", {"width": 16, "depth": 1, "heads": 2, "patch": 2}),
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
    weights are kept too. ValueError for anything out of range.
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

    def __post_init__(self):
        if self.network not in NETWORKS:
            raise ValueError(f"network must be one of {', '.join(NETWORKS)}, got {self.network!r}")
        for name in ("steps", "batch", "warmup", "learning_rate", "p_std"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")
        if not all(0 < step < self.steps for step in self.snapshots):
            raise ValueError(f"snapshots must lie between 0 and steps = {self.steps}, got {self.snapshots}")

    def rate(self, step):
        """Learning rate of ``step``, counted from 0."""
        cosine = (1 + math.cos(math.pi * step / self.steps)) / 2
        return (
            self.learning_rate * (self.final_rate + (1 - self.final_rate) * cosine) * min(1, (step + 1) / self.warmup)
        )
