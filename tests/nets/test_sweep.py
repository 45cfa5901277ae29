"""The sweep: what it consists of, and that it ends with the same bytes whatever is killed on the way."""

import contextlib
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from rmt_utils import cli, files
from rmt_utils.nets import edm, runs, sweep, training
from rmt_utils.nets.recipe import Recipe
from rmt_utils.theory.samplers import edm_sigmas


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Folder of a few quick runs that nothing disturbed."""
    folder = tmp_path_factory.mktemp("finished")
    for run in sweep.quick():
        if fnmatch.fnmatch(run.name, "*_iid_400_*mlp*seed1*"):
            runs.execute(run, folder)
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and a worker in processes of their own, as on a cluster: its address, and the file of what they say.

    One for several tests: a worker takes seconds to import torch.
    """
    folder, dask = tmp_path_factory.mktemp("cluster"), Path(sys.executable).with_name("dask")
    address, said = folder / "scheduler.json", folder / "said"
    either = ["--scheduler-file", address, "--no-dashboard"]
    with open(said, "w") as file:
        processes = [
            subprocess.Popen([dask, *command, *either], stderr=file, cwd=folder)
            for command in (["scheduler", "--port", "0"], ["worker", "--nthreads", "1", "--no-nanny"])
        ]
    try:
        for _ in range(600):
            if address.exists():
                break
            time.sleep(0.1)
        yield json.loads(address.read_text())["address"], said
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()


def test_sweeps_have_no_run_twice():
    for runs_of in (sweep.book(), sweep.quick(), sweep.paper("digits")):
        assert len({run.name for run in runs_of}) == len(runs_of)


def test_halves_share_initialisation_order_and_noise():
    pairs = {}
    for run in sweep.book():
        if run.recipe.p_mean == -0.4 and run.recipe.steps < 20_000 and run.recipe.order_seed is None:
            pairs.setdefault((run.split, run.pair, run.n_samples, run.recipe), []).append(run.half)
    assert all(sorted(halves) == [1, 2] for halves in pairs.values())
    seeds = {}
    for split, pair, n, recipe in pairs:
        seeds.setdefault((split, pair, n, recipe.network), []).append(recipe.seed)
    for (split, pair, n, network), found in seeds.items():
        wanted = {"iid": 2 if pair or network.startswith("mlp") else 4, "surrogate": 2, "regions": 2}.get(split, 1)
        assert sorted(found) == list(range(wanted)), (split, pair, n, network)


def test_long_trainings_have_both_halves_and_two_seeds():
    found = {}
    for run in sweep.book():
        if run.recipe.steps == 20_000 and run.source == "fashion-mnist":
            which = found.setdefault((run.recipe.network, run.split, run.n_samples), set())
            which.add((run.half, run.recipe.seed))
            wanted = {500, 5000} if run.n_samples == 3000 else {100, 500, 2000, 5000, 10_000}
            assert wanted <= set(run.recipe.snapshots)
    assert len(found) == 7
    assert all(which == {(half, seed) for half in (1, 2) for seed in (0, 1)} for which in found.values())


def test_separate_seeds_complete_a_square():
    square = {(run.recipe.network, run.recipe.seed, run.recipe.draws_seed) for run in sweep.separate_seeds()}
    assert square == {(network, seed, 1 - seed) for network in sweep.SMALL for seed in (0, 1)}


def test_edits_add_the_energy_they_say():
    for (first, last, factor, _), energy in zip(
        sweep.energy_edits(sweep.TOP, sweep.BOTTOM), 2 * [30, 30, 294, 294], strict=True
    ):
        assert (last - first) * (factor**2 - 1) == pytest.approx(energy)


def test_list_says_what_is_done(finished, capsys):
    assert cli.main(["train", "--profile", "quick", "--folder", str(finished), "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    states = {line.split()[1]: line.split()[0] for line in listed}
    assert len(states) == len(sweep.quick())
    done = [name for name, state in states.items() if state == "done"]
    expected = [run.name for run in sweep.quick() if fnmatch.fnmatch(run.name, "*_iid_400_*mlp*seed1*")]
    assert done == expected
    assert 0 < len(done) < len(states)


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--only", "nothing*"], "--only"), (["--source", "digits"], "--source"), (["--profile", "paper"], "--source")],
)
def test_bad_options_are_one_sentence(options, message, tmp_path, capsys):
    assert cli.main(["train", "--profile", "quick", "--folder", str(tmp_path), *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"rmt train: {message}")
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_run_that_fails_is_reported_and_the_others_go_on(cluster, tmp_path, capfd):
    address, said = cluster
    good, bad = sweep.quick()[:2]
    runs.weights_path(bad, tmp_path).mkdir()
    with pytest.raises(RuntimeError, match=r"1 of 2 runs failed.*must name a file"):
        sweep.train([bad, good], tmp_path, address)
    assert runs.state(good, tmp_path) == "done"
    assert "Traceback" not in capfd.readouterr().err + said.read_text()


def test_runs_that_cannot_exist_and_damaged_checkpoints_are_known_before_a_cluster_starts(tmp_path, monkeypatch):
    monkeypatch.setattr("rmt_utils.nets.cluster.LocalCluster", None)
    run = sweep.quick()[0]
    many = replace(run, n_samples=5000)  # of 1,797 digits
    odd = replace(run, size=7)  # cannot be halved
    for impossible in (many, odd):
        assert runs.state(impossible, tmp_path) == "impossible"
        with pytest.raises(ValueError, match=rf"{impossible.name} cannot be trained"):
            sweep.train([run, impossible], tmp_path)
    checkpoint = runs.checkpoint_path(run, tmp_path)
    checkpoint.write_bytes(b"half a file")
    assert runs.state(run, tmp_path) == "damaged"
    with pytest.raises(RuntimeError, match=rf"{checkpoint} is damaged"):
        sweep.train([run], tmp_path)


def test_nothing_left_to_do_starts_no_cluster(finished, monkeypatch):
    monkeypatch.setattr("rmt_utils.nets.cluster.LocalCluster", None)
    sweep.train([run for run in sweep.quick() if runs.state(run, finished) == "done"], finished)
    with pytest.raises(TypeError):  # one that is missing asks for it
        sweep.train(sweep.quick()[:1], finished)


def write_images(folder):
    """Eight colour images of 32 x 32."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for index in range(8):
        pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")


def test_too_few_images_are_one_sentence(tmp_path, capsys):
    write_images(tmp_path / "images")
    command = ["train", "--profile", "paper", "--source", tmp_path / "images", "--folder", tmp_path / "runs"]
    assert cli.main([*map(str, command)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert "cannot be trained" in printed.err
    assert cli.main([*map(str, command), "--list"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {"impossible"}


def test_what_another_command_is_at_is_left_to_it(finished, cluster, tmp_path, capsys):
    """The other command is this test: it holds the first of two runs until the second is done, and then brings it."""
    names = [run.name for run in sweep.quick() if fnmatch.fnmatch(run.name, "*_iid_400_*mlp*seed1*")]
    held, free = (next(run for run in sweep.quick() if run.name == name) for name in names[:2])
    command = ["train", "--profile", "quick", "--folder", str(tmp_path), "--only", "_iid_400_*mlp*seed1"]
    with ThreadPoolExecutor(1) as thread:
        with files.claimed(tmp_path / f"{held.name}.lock"):
            ended = thread.submit(cli.main, [*command, "--scheduler", cluster[0]])
            for _ in range(6000):
                if runs.state(free, tmp_path) == "done" or ended.done():
                    break
                time.sleep(0.1)
            assert runs.state(free, tmp_path) == "done"
            assert runs.state(held, tmp_path) == "missing"
            assert not ended.done()
            for theirs in runs.paths(held, finished):
                shutil.copy2(theirs, tmp_path)
        assert ended.result(timeout=120) == 0
    assert "sample/s" in capsys.readouterr().err
    ours, theirs = (runs.paths(held, folder)[1] for folder in (tmp_path, finished))
    assert ours.stat().st_mtime_ns == theirs.stat().st_mtime_ns
    assert not list(tmp_path.glob("*.lock"))


def test_killed_workers_and_sweeps_end_with_the_same_bytes(cluster, tmp_path):
    """SIGKILL to one of two workers and to the whole command in the middle of runs, which another command ends.

    At which moment of a run does not matter: ``test_runs``.
    """
    disturbed, calm, scratch = tmp_path / "disturbed", tmp_path / "calm", tmp_path / "scratch"
    scratch.mkdir()
    np.save(tmp_path / "images.npy", np.random.default_rng(0).random((100, 8, 8, 1), dtype=np.float32))
    plan = long_runs(tmp_path / "images.npy")
    command = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_sweep as t; "
        f"t.sweep._n_workers = lambda: 2; t.sweep.train(t.long_runs({plan[0].source!r}), {str(disturbed)!r})"
    )
    own = os.environ | {"TMPDIR": str(scratch)}
    process = subprocess.Popen([sys.executable, "-c", command], stderr=subprocess.DEVNULL, env=own)
    wait_for_checkpoint(disturbed)
    kill_worker(process.pid)
    wait_for_checkpoint(disturbed)
    assert process.poll() is None, "the sweep ended before all kills"
    process.kill()
    process.wait()
    sweep.train(plan, disturbed, cluster[0])
    for run in plan:
        runs.execute(run, calm)
        for name in (0, "weights"):
            ours, undisturbed = (
                runs.weights_path(run, folder) if name else runs.paths(run, folder)[0] for folder in (disturbed, calm)
            )
            assert ours.read_bytes() == undisturbed.read_bytes()
    # a file that was being written when a process was killed stays, under a name that nothing reads
    left, wanted = ({path.name for path in folder.iterdir()} for folder in (disturbed, calm))
    assert {name for name in left if not name.endswith(".tmp")} == wanted
    # Dask's files stand in a folder that is the killed command's alone
    assert len([*scratch.glob("rmt-*")]) == 1
    assert not (scratch / "dask-scratch-space").exists()


def test_an_only_worker_that_is_killed_while_it_starts_is_replaced(tmp_path, monkeypatch):
    from distributed import Client

    from rmt_utils.nets.cluster import local_cluster

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with local_cluster(1) as workers, Client(workers) as client:
        killed = kill_worker(os.getpid())
        assert client.submit(os.getpid).result(timeout=300) != killed
        assert len([*tmp_path.glob("rmt-*")]) == 1
    assert not list(tmp_path.iterdir())  # Dask's files stand in a folder of their own, which is gone


def long_runs(source):
    """Two runs of some seconds."""
    recipe = Recipe("dit-tiny", 700, batch=16, warmup=10)
    return [runs.Run(str(source), 8, "iid", half, 50, recipe, 16) for half in (1, 2)]


def kill_worker(command):
    """SIGKILL to one of the workers of the process of that number, as soon as there is one; its number."""
    for _ in range(6000):
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(command).children():
                if any("spawn_main" in word for word in child.cmdline()):
                    child.kill()
                    return child.pid
        time.sleep(0.05)
    raise AssertionError("no worker within five minutes")


def wait_for_checkpoint(folder):
    """Until a run in ``folder`` has gone on."""
    now = time.time()
    for _ in range(15_000):
        for path in folder.glob("*.checkpoint.safetensors"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime > now:
                    return
        time.sleep(0.02)
    raise AssertionError("no checkpoint within five minutes")


def test_paper_size_networks_train_on_a_folder(tmp_path, monkeypatch):
    write_images(tmp_path / "images")
    monkeypatch.setattr(edm, "sample_heun", partial(edm.sample_heun, sigmas=edm_sigmas(2)))  # 35 steps take a minute
    monkeypatch.setattr(training, "CHECKPOINT_SHARE", 1e-9)  # a checkpoint takes longer than the steps
    for run in sweep.paper(str(tmp_path / "images"))[:6:2]:
        recipe = replace(run.recipe, steps=2, batch=2)
        short = replace(run, n_samples=4, n_seeds=1, recipe=recipe)
        assert runs.execute(short, tmp_path / "runs").samples.shape == (1, 1, 3072)
    assert {run.recipe.steps for run in sweep.paper("digits")} == {50_000}
    assert {run.recipe.batch for run in sweep.paper("digits")} == {256}


def test_a_running_cluster_is_used(cluster, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("rmt_utils.nets.cluster.LocalCluster", None)
    command = ["train", "--profile", "quick", "--folder", str(tmp_path / "runs"), "--scheduler", cluster[0]]
    assert cli.main([*command, "--only", "_iid_400_half1_mlp*seed1"]) == 0
    assert "1/1" in capsys.readouterr().err  # the bar of the sweep
    assert len(list((tmp_path / "runs").glob("*.npz"))) == 1
