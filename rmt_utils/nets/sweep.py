"""The sweep behind chapter 5: which networks are trained on what, and how Dask carries it out.

Workers and client share the folder of results. A worker that dies costs its run the time since the last checkpoint.
"""

import contextlib
import os
import sys
from pathlib import Path

from tqdm import tqdm

from rmt_utils.extras import extra
from rmt_utils.nets import runs
from rmt_utils.nets.recipe import Recipe
from rmt_utils.nets.runs import Run
from rmt_utils.progress import EVERY

TOPIC = "rmt-progress"
ELSEWHERE = "another process is carrying it out"
SETTINGS = {
    # a worker's death is not the run's fault: only a run that has lost twenty of them is given up
    "distributed.scheduler.allowed-failures": 20,
    # without Dask's own MALLOC_TRIM_THRESHOLD_, which halves the speed of torch on a CPU
    "distributed.nanny.pre-spawn-environ": dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), 1),
}
SMALL = ("unet-small", "dit-small")
SIZES = (100, 300, 1000, 3000, 10_000, 30_000)  # training images
# the top ten principal components of 196 amplified and removed, then the bottom half
EDITS = ((0, 10, 2.0), (0, 10, 0.0), (98, 196, 2.0), (98, 196, 0.0))
SNAPSHOTS = (100, 500, 2000, 5000, 10_000)
# how the paper trains
PAPER = {
    "batch": 256,
    "learning_rate": 1e-4,
    "final_rate": 1.0,
    "p_mean": -1.2,
    "p_std": 1.2,
    "precision": "bfloat16",
}
TOP, BOTTOM = (0, 10), (98, 196)  # components
QUICK_TOP, QUICK_BOTTOM = (0, 5), (32, 64)
QUICK_EDITS = ((0, 5, 2.0), (0, 5, 0.0), (32, 64, 2.0), (32, 64, 0.0))  # of 64


def energy_edits(top, bottom):
    """Two bands of components amplified by equal added energy: of doubling the one, then of doubling the
    other; then the same with each seed's norm kept."""
    return tuple(
        (first, last, (1 + energy / (last - first)) ** 0.5, keep_norm)
        for keep_norm in (False, True)
        for energy in (3 * (top[1] - top[0]), 3 * (bottom[1] - bottom[0]))
        for first, last in (top, bottom)
    )


def book():
    """Runs of the published figures, the most needed first: Fashion-MNIST at 14 x 14, 80,000 images a run."""

    def run(network, half, n, seed=0, split="iid", **recipe):
        edits = EDITS if (half, n, seed, split) == (1, 10_000, 0, "iid") else ()
        recipe = Recipe(network, seed=seed, **{"steps": 2500, **recipe})
        return Run("fashion-mnist", 14, split, half, n, recipe, edits=edits)

    def halves(n, seed=0, split="iid"):
        return [run(network, half, n, seed, split) for network in SMALL for half in (1, 2)]

    def remembering(network, n):
        return run(network, 1, n, p_mean=-1.2, p_std=1.2)

    def long(network):
        return run(network, 1, 1000, steps=20_000, snapshots=(20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000))

    first = (1000, 100, 10_000)
    others = [n for n in SIZES if n not in first]
    sweep = [one for n in first for seed in (0, 1) for one in halves(n, seed)]
    sweep += [remembering("unet-small", n) for n in (100, 3000)]
    sweep += halves(10_000, split="mean-1")
    sweep += [one for seed in (0, 1) for one in halves(300, seed, "surrogate")]
    sweep += [one for n in others for seed in (0, 1) for one in halves(n, seed)]
    sweep += [one for split in ("variance-1", "mean-2", "variance-2") for one in halves(10_000, split=split)]
    sweep += [long(network) for network in SMALL]
    sweep += [one for seed in (0, 1) for one in halves(3000, seed, "surrogate")]
    sweep += [one for seed in (2, 3) for n in (1000, 100, 300) for one in halves(n, seed)]
    sweep += [remembering("unet-small", n) for n in (300, 1000, 10_000)]
    sweep += [remembering("dit-small", n) for n in (100, 3000, 300, 1000, 10_000)]
    sweep += [one for seed in (2, 3) for n in (3000, 10_000, 30_000) for one in halves(n, seed)]
    return sweep + training_length() + separate_seeds() + pairs() + mlp() + color()


def training_length():
    """Eight times as long, with snapshots; half 1 of 1000 images with seed 0 is among the first runs."""

    def run(network, half, seed, n=1000, split="iid"):
        snapshots = SNAPSHOTS if n <= 1000 else SNAPSHOTS[1::2]  # fewer, so that all results can be published
        return Run("fashion-mnist", 14, split, half, n, Recipe(network, 20_000, seed=seed, snapshots=snapshots))

    halves = [(network, half, seed) for seed in (0, 1) for network in reversed(SMALL) for half in (1, 2)]
    first = [run(*which) for which in halves if which[1:] != (1, 0)]
    others = [run(*which, n, split) for n, split in ((3000, "surrogate"), (3000, "iid")) for which in halves]
    return first + others + [run("unet-small", half, seed, 300) for seed in (0, 1) for half in (1, 2)]


def separate_seeds():
    """Initialisation from one seed, order and noise from another: with the first runs all four combinations of two."""
    return [
        Run("fashion-mnist", 14, "iid", 1, 1000, Recipe(network, 2500, seed=seed, order_seed=1 - seed), edits=edits)
        for network in SMALL
        for seed, edits in ((0, energy_edits(TOP, BOTTOM)), (1, ()))
    ]


def color():
    """Natural patches, 32 x 32 x 3, from disjoint regions, at the paper's ratios of dimension to images.

    Last the paper's own networks and recipe, each image seen as often as in the paper at 30,000; they want a GPU.
    """
    precision = {"unet-color": "bfloat16", "dit-color": "float32"}  # the faster one on a CPU

    def run(half, n, recipe):
        n_seeds = 256 if (n, recipe.batch, recipe.steps) == (3000, 32, 5000) else 128  # what can be published
        return Run("natural-patches", 32, "regions", half, n, recipe, n_seeds)

    def halves(network, n, seed, steps=5000):
        return [run(half, n, Recipe(network, steps, seed=seed, precision=precision[network])) for half in (1, 2)]

    sizes = [(n, seed) for n in (3000, 300, 30_000) for seed in (0, 1)]
    sweep = [one for n, seed in sizes for network in precision for one in halves(network, n, seed)]
    sweep += [one for network in precision for one in halves(network, 3000, 0, 20_000)]
    paper = [Recipe(network, 5000, seed=seed, **PAPER) for network in ("dit-paper-4", "unet-paper") for seed in (0, 1)]
    return sweep + [run(half, 3000, recipe) for recipe in paper for half in (1, 2)]


def pairs():
    """Three more pairs of disjoint halves."""
    return [
        Run("fashion-mnist", 14, "iid", half, n, Recipe(network, 2500, seed=seed), pair=pair)
        for n in (1000, 100, 300, 3000)
        for pair in (1, 2, 3)
        for network in SMALL
        for seed in (0, 1)
        for half in (1, 2)
    ]


def mlp():
    """A third architecture."""
    return [
        Run("fashion-mnist", 14, "iid", half, n, Recipe("mlp-small", 2500, seed=seed))
        for n in (3000, 300)
        for seed in (0, 1)
        for half in (1, 2)
    ]


def quick():
    """The same kinds of runs in seconds: tiny networks on digits."""

    def run(network, half, n, seed=0, split="iid", pair=0, **recipe):
        recipe = Recipe(network, seed=seed, batch=16, warmup=5, **{"steps": 10, **recipe})
        edits = QUICK_EDITS if (half, n, seed, split, pair) == (1, 400, 0, "iid", 0) else ()
        edits = energy_edits(QUICK_TOP, QUICK_BOTTOM) if recipe.order_seed == 1 else edits
        source = "natural-patches" if split == "regions" else "digits"
        return Run(source, 8, split, half, n, recipe, 16, edits, pair)

    networks = ("unet-tiny", "dit-tiny")

    def halves(n, seed=0, split="iid"):
        return [run(network, half, n, seed, split) for network in networks for half in (1, 2)]

    def others(network, seed):
        """A long training, another pair, the other seed for order and noise, colour: of the first half or of both."""
        mixed = run(network, 1, 400, seed, order_seed=1 - seed)
        both = [{"n": 400, "steps": 20, "snapshots": (5,)}, {"n": 400, "pair": 1}, {"n": 400, "split": "regions"}]
        return [mixed, *(run(network, half, seed=seed, **which) for which in both for half in (1, 2))]

    sweep = [one for n in (50, 400) for seed in (0, 1) for one in halves(n, seed)]
    sweep += [one for seed in (0, 1) for one in halves(400, seed, "surrogate")] + halves(400, split="mean-1")
    sweep += [run(network, 1, 50, p_mean=-1.2, p_std=1.2) for network in networks]
    sweep += [run("mlp-tiny", half, 400, seed, steps=20) for half in (1, 2) for seed in (0, 1)]
    return sweep + [one for network in networks for seed in (0, 1) for one in others(network, seed)]


def paper(source):
    """Paper-size runs on a folder or hub data set of 32 x 32 colour images: 50,000 steps of 256 at a rate of 1e-4."""
    return [
        Run(source, 32, "iid", half, n, Recipe(network, 50_000, **PAPER))
        for n in (300, 1000, 3000, 10_000, 30_000)
        for network in ("unet-paper", "dit-paper-2", "dit-paper-4")
        for half in (1, 2)
    ]


def finished(sweep, folder):
    """Results of the runs of ``sweep`` that are in ``folder``: {Run: Result}. RuntimeError naming a damaged one."""
    results = {}
    for run in sweep:
        with contextlib.suppress(FileNotFoundError):
            results[run] = runs.read(run, folder)
    return results


def train(sweep, folder, scheduler=None):
    """Carry out the runs of ``sweep`` whose results are not in ``folder`` yet, on a Dask cluster, with progress bars.

    scheduler: address of a running one; None starts one worker process a core on this machine, each with one thread
    (where there is a GPU one in all, on the first that torch sees). Runs that another command carries out in the same
    folder are left to it, and waited for at the end. Errors of ``runs.check`` for any of them, before a cluster starts;
    none starts where all results are there. A run that fails is reported and the others go on; RuntimeError at the end.
    """
    folder, missing = Path(folder).resolve(), []
    for run in sweep:
        try:
            runs.read(run, folder)
        except (FileNotFoundError, RuntimeError):
            runs.check(run, folder)
            missing.append(run)
    if not missing:
        return
    import dask
    from distributed import Client, as_completed

    from rmt_utils.nets.cluster import local_cluster

    dask.config.set(SETTINGS)
    there = contextlib.nullcontext(scheduler) if scheduler else local_cluster(min(_n_workers(), len(missing)))
    failures = []
    shown = {"total": len(sweep), "initial": len(sweep) - len(missing)}
    with there as cluster, Client(cluster) as client, _bar(**shown, desc="runs", unit="run") as bar:
        progress = _Progress(missing)
        client.subscribe_topic(TOPIC, progress)
        waiting = {
            client.submit(_work, run, folder, key=run.name, priority=-place, retries=1): run
            for place, run in enumerate(missing)
        }
        futures = as_completed(waiting)
        for future in futures:
            run = waiting[future]
            progress.close(run.name)
            error = future.result() if future.status == "finished" else future.exception()
            if error == ELSEWHERE:
                later = client.submit(_work, run, folder, wait=True, key=f"{run.name} waiting", priority=-len(missing))
                waiting[later] = run
                futures.add(later)
                continue
            bar.update()
            if error:
                failures.append(f"{run.name}: {error}")
                tqdm.write(failures[-1])
        progress.close()
    if failures:
        raise RuntimeError(f"{len(failures)} of {len(missing)} runs failed, the first: {failures[0]}")


def _work(run, folder, wait=False):
    """Carry out ``run``: None, or what was wrong with it, which Dask would print with a traceback."""
    from distributed import get_worker

    worker = get_worker()
    try:
        found = runs.execute(run, folder, lambda step, steps: worker.log_event(TOPIC, [run.name, step, steps]), wait)
    except (ValueError, RuntimeError, OSError) as error:
        return str(error)
    return ELSEWHERE if found is None else None


def _n_workers():
    with extra("nets"):
        import torch
    return 1 if torch.cuda.is_available() else os.cpu_count()


def _bar(**settings):
    """A progress bar; without a terminal it is a line now and then."""
    return tqdm(mininterval=0.1 if sys.stderr.isatty() else EVERY, **settings)


class _Progress:
    """One bar a run that is being carried out: samples a second, and the time left."""

    def __init__(self, sweep):
        self.bars, self.batches = {}, {run.name: run.recipe.batch for run in sweep}

    def __call__(self, event):
        _, (name, step, steps) = event
        done, total = (count * self.batches[name] for count in (step, steps))
        if name not in self.bars:  # what an earlier command has done says nothing of how fast it goes
            self.bars[name] = _bar(desc=name, total=total, initial=done, unit="sample", unit_scale=True, leave=False)
        self.bars[name].update(done - self.bars[name].n)

    def close(self, name=None):
        for one in [name] if name else [*self.bars]:
            if one in self.bars:
                self.bars.pop(one).close()
