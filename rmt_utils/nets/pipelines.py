"""Samples of an unconditional diffusers pipeline saved on disk, every seed's noise the same for every model."""

import numpy as np

from rmt_utils import checks
from rmt_utils.extras import extra
from rmt_utils.models.linear import seed_noise

BATCH = 64  # fixed, because rounding in a network may depend on the batch


def sample_pipeline(path, seeds, steps=50, progress=lambda steps, label: steps):
    """Samples of the pipeline in the folder ``path``: float32 (seeds, height, width, channels), in [-1, 1].

    A DDPM or DDIM pipeline of diffusers with a ``UNet2DModel``, as the common script for unconditional training saves
    it. It is sampled by DDIM without noise along the way, in ``steps`` steps, so that the picture follows from the
    noise alone (Song et al. 2021). seeds: whole numbers >= 0; each one's noise as in ``models.linear.seed_noise``. On a
    GPU if there is one. progress: as in ``ImageStream``.

    Weights are read from safetensors only. ValueError for a folder that holds no such pipeline, and for arguments out
    of range; ImportError without diffusers.
    """
    with extra("diffusers"):
        import torch
        from diffusers import DDIMScheduler, DiffusionPipeline, UNet2DModel

    seeds = [checks.count("seeds", seed, at_least=0) for seed in seeds]
    steps = checks.count("steps", steps)
    try:
        pipeline = DiffusionPipeline.from_pretrained(str(path), local_files_only=True, use_safetensors=True)
        network, scheduler = pipeline.unet, DDIMScheduler.from_config(pipeline.scheduler.config)
    except (OSError, ValueError, AttributeError, KeyError) as error:
        raise ValueError(f"path must be a folder with a diffusers pipeline, got {path} ({error})") from error
    if not isinstance(network, UNet2DModel):
        raise ValueError(f"path must hold an unconditional pipeline (UNet2DModel), got {type(network).__name__}")
    if steps > scheduler.config.num_train_timesteps:
        raise ValueError(f"steps must be at most {scheduler.config.num_train_timesteps} for this model, got {steps}")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = network.to(device).eval()
    scheduler.set_timesteps(steps, device=device)
    size = network.config.sample_size
    height, width = (size, size) if isinstance(size, int) else size
    noise = np.moveaxis(noise_of(seeds, (height, width, network.config.in_channels)), 3, 1)
    samples = np.empty(noise.shape, np.float32)
    with torch.no_grad():
        for start in progress(range(0, len(seeds), BATCH), "sampling"):
            x = torch.as_tensor(noise[start : start + BATCH], dtype=torch.float32, device=device)
            for t in scheduler.timesteps:
                x = scheduler.step(network(x, t).sample, t, x, eta=0.0).prev_sample
            samples[start : start + BATCH] = x.clamp(-1, 1).cpu().numpy()
    return np.moveaxis(samples, 1, 3)


def noise_of(seeds, shape):
    """Noise that samples of ``shape`` (height, width, channels) begin with: (seeds, height, width, channels).

    Drawn with channels first, as diffusers lays its images out.

    >>> noise_of([3], (2, 2, 3))[0, :, :, 0].ravel().tolist() == seed_noise([3], 12)[0, :4].tolist()
    True
    """
    height, width, channels = shape
    noise = seed_noise(seeds, int(np.prod(shape))).reshape(-1, channels, height, width)
    return np.moveaxis(noise, 1, 3)
