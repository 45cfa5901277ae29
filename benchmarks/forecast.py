"""Time and memory of ``rmt forecast``, each run a process of its own; printed by ``make bench``, on all cores.

Seconds are those of the clock, peaks those of the largest process. The folder holds tiny pictures made for the run.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

N_PICTURES = 100_000


def main():
    print(f"on {os.cpu_count()} cores:")
    for size in (14, 28):
        forecast("Fashion-MNIST, 70,000 images, five n", "fashion-mnist", "--size", str(size))
    with tempfile.TemporaryDirectory() as folder:
        pictures(Path(folder))
        forecast(f"a folder of {N_PICTURES:,} pictures, five n", folder)


def forecast(what, *arguments):
    begin = time.perf_counter()
    command = [sys.executable, "-m", "rmt_utils.cli", "forecast", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6  # of the largest so far, the runs rise
    print(f"{what} {' '.join(arguments[1:])}: {seconds:.0f} s, peak {peak:.1f} GB", flush=True)


def pictures(folder, side=12):
    """Smooth coloured noise, a thousand files a folder."""
    rng = np.random.default_rng(0)
    for number in range(N_PICTURES):
        place = folder / f"{number // 1000:03}"
        place.mkdir(exist_ok=True)
        noise = rng.integers(0, 256, (3, 3, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((side, side), Image.Resampling.BILINEAR).save(place / f"{number}.png")


if __name__ == "__main__":
    main()
