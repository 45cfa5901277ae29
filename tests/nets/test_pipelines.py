"""Pipelines of diffusers, made and trained here, from the folder on disk to the comparison of two."""

import json

import numpy as np
import pytest

from rmt_utils import cli, iid_splits, load_images
from rmt_utils.models.linear import seed_noise
from rmt_utils.nets.pipelines import BATCH, sample_pipeline

torch = pytest.importorskip("torch")


def network(seed=0):
    import diffusers  # here: it takes two seconds, of one process of the tests

    torch.manual_seed(seed)
    return diffusers.UNet2DModel(
        sample_size=8,
        in_channels=1,
        out_channels=1,
        layers_per_block=1,
        block_out_channels=(16, 32),
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    )


def trained(images, folder, steps=60):
    """The common loop: a noise level for each image, and the noise as target."""
    import diffusers  # as in ``network``

    torch.set_num_threads(1)
    unet, scheduler = network(), diffusers.DDPMScheduler(num_train_timesteps=100, beta_schedule="squaredcos_cap_v2")
    optimiser = torch.optim.AdamW(unet.parameters(), 2e-3)
    pixels = torch.from_numpy(np.moveaxis(images, 3, 1))
    draws = torch.Generator().manual_seed(1)
    for _ in range(steps):
        clean = pixels[torch.randint(len(pixels), (32,), generator=draws)]
        noise, t = torch.randn(clean.shape, generator=draws), torch.randint(100, (32,), generator=draws)
        loss = torch.square(unet(scheduler.add_noise(clean, noise, t), t).sample - noise).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    diffusers.DDPMPipeline(unet=unet, scheduler=scheduler).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two pipelines trained on disjoint halves of the digits, and the halves."""
    images, root = load_images("digits"), tmp_path_factory.mktemp("pipelines")
    halves = [images[half] for half in iid_splits(len(images), 800, n_splits=2)]
    return [trained(half, root / name) for half, name in zip(halves, "ab", strict=True)], halves


def test_a_seed_gives_its_picture_whatever_it_is_drawn_with(pair):
    folder = pair[0][0]
    together = sample_pipeline(folder, range(BATCH + 3), steps=5)
    alone = sample_pipeline(folder, [1, BATCH + 1], steps=5)
    assert together.shape == (BATCH + 3, 8, 8, 1)
    np.testing.assert_allclose(alone, together[[1, BATCH + 1]], atol=1e-5)
    assert np.abs(together[1] - together[2]).max() > 0.1


def test_noise_is_that_of_the_seeds(tmp_path):
    """A network that finds no noise leaves x / sqrt(alpha), step by step up to the end."""
    import diffusers  # as in ``network``

    unet = network()
    for parameter in unet.conv_out.parameters():
        torch.nn.init.zeros_(parameter)
    scheduler = diffusers.DDIMScheduler(num_train_timesteps=10, clip_sample=False, set_alpha_to_one=True)
    diffusers.DDIMPipeline(unet=unet, scheduler=scheduler).save_pretrained(tmp_path)
    first = float(scheduler.alphas_cumprod[9])  # 10 steps of 10: from the noisiest level
    expected = np.clip(seed_noise([4, 7], 64).reshape(2, 8, 8, 1) / np.sqrt(first), -1, 1)
    np.testing.assert_allclose(sample_pipeline(tmp_path, [4, 7], steps=10), expected, atol=1e-5)


def test_from_two_trained_pipelines_to_their_comparison(pair, tmp_path, capsys):
    folders, halves = pair
    files, images = [], []
    for name, folder, half in zip("ab", folders, halves, strict=True):
        files.append(tmp_path / f"{name}.npz")
        assert cli.main(["sample", str(folder), "--seeds", "0:64", "--steps", "10", "-o", str(files[-1])]) == 0
        images.append(tmp_path / name)
        np.save(images[-1].with_suffix(".npy"), half)
    capsys.readouterr()
    assert cli.main(["compare", *map(str, files), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["seeds"] == [str(seed) for seed in range(64)]
    # trained for seconds, they agree all the same: much more than samples of different seeds do
    assert found["mean"] < 0.6 * found["unrelated"]
    with np.load(files[0]) as kept:
        np.testing.assert_allclose(kept["noise"].reshape(64, -1), seed_noise(range(64), 64), rtol=1e-6)
    halves = [str(path.with_suffix(".npy")) for path in images]
    assert cli.main(["compare", *map(str, files), "--images", *halves]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "expected from the sensitivity of a MIXTURE of Gaussians of these images to the seeds' noise" in said


def test_bad_input_is_one_sentence_and_leaves_nothing(pair, tmp_path, capsys):
    output = tmp_path / "samples.npz"
    folder = str(pair[0][0])
    cases = {
        "a folder with a diffusers pipeline": [str(tmp_path), "-o", str(output)],
        "--output must end in .npz": [folder, "-o", str(tmp_path / "samples.npy")],
        "steps must be at most 100": [folder, "--steps", "101", "-o", str(output)],
        "seeds must be a whole number >= 0": [folder, "--seeds=-1:3", "-o", str(output)],
    }
    for sentence, arguments in cases.items():
        assert cli.main(["sample", *arguments]) == 2
        printed = capsys.readouterr()
        assert sentence in printed.err
        assert printed.out == ""
    assert list(tmp_path.iterdir()) == []
