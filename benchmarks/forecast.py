"""Time and memory of ``rmt forecast``, each run a process of its own; printed by ``make bench``, on all cores.

Seconds are those of the clock and of all cores together, peaks those of the process. The folders hold pictures made for
the run. Fails where photographs of 32 pixels take more than the gigabyte that ``book/how_to_run.md`` promises.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from rmt_utils import load_images

N_SMALL, N_PHOTOGRAPHS = 100_000, 20_000
MOST_MEMORY = 1.0  # GB, for the photographs


def main():
    print(f"on {os.cpu_count()} cores:")
    for size in (14, 28):
        forecast("Fashion-MNIST, 70,000 images, five n", "fashion-mnist", "--size", str(size))
    with tempfile.TemporaryDirectory() as folder:
        save(folder, noise(N_SMALL))
        forecast(f"a folder of {N_SMALL:,} pictures of 12 pixels, five n", folder)
    with tempfile.TemporaryDirectory() as folder:
        save(folder, photographs(N_PHOTOGRAPHS))
        memory = forecast(f"a folder of {N_PHOTOGRAPHS:,} photographs of 32 pixels, five n", folder)
    if memory > MOST_MEMORY:
        sys.exit(f"photographs: {memory:.2f} GB, at most {MOST_MEMORY} are promised")


def forecast(what, *arguments):
    """Print what a forecast takes; returns its peak memory in GB."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "rmt_utils.cli", "forecast", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds, peak = time.perf_counter() - begin, used.ru_maxrss / 1e6
    if status:
        sys.exit(f"{what}: {' '.join(command)} failed")
    of_cores = used.ru_utime + used.ru_stime
    print(f"{what} {' '.join(arguments[1:])}: {seconds:.0f} s, {of_cores:.0f} of cores, peak {peak:.2f} GB", flush=True)
    return peak


def noise(count, side=12):
    """Smooth coloured noise."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        small = Image.fromarray(rng.integers(0, 256, (3, 3, 3), dtype=np.uint8))
        yield small.resize((side, side), Image.Resampling.BILINEAR)


def photographs(count):
    """Crops of photographs in colour."""
    for pixels in load_images("natural-patches", 32, count):
        yield Image.fromarray(np.rint((pixels + 1) * 127.5).astype(np.uint8))


def save(folder, pictures):
    """Write pictures, a thousand files a folder."""
    for number, picture in enumerate(pictures):
        place = Path(folder) / f"{number // 1000:03}"
        place.mkdir(exist_ok=True)
        picture.save(place / f"{number}.png")


if __name__ == "__main__":
    main()
