"""Preconditioning, sampler, architectures and resumable training."""

import hashlib
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from rmt_utils.data.sources import flatten, load_images
from rmt_utils.models import linear
from rmt_utils.nets import checkpoint, training
from rmt_utils.nets.edm import Denoiser, sample_heun
from rmt_utils.nets.recipe import NETWORKS, PRECISIONS, Recipe
from rmt_utils.theory import samplers
from rmt_utils.theory.spectrum import Spectrum

TINY = Recipe("unet-tiny", steps=60, batch=16, warmup=10)


@pytest.fixture(scope="module")
def digits():
    return load_images("digits")[:200]


class LinearResidual(torch.nn.Module):
    """The network whose EDM denoiser is the linear one: F = (D - c_skip y) / c_out, solved for its argument."""

    def __init__(self, model, scale):
        super().__init__()
        self.values, self.vectors = (torch.tensor(a) for a in (model.eigenvalues, model.eigenvectors.copy()))
        self.values, self.scale = self.values[: self.vectors.shape[1]], scale

    def forward(self, x, c):
        sigma2, scale2 = (8 * c.double()).exp()[:, None], self.scale**2  # c = log(sigma)/4
        y = x.permute(0, 2, 3, 1).flatten(1).double() * (sigma2 + scale2).sqrt()
        skip = scale2 / (sigma2 + scale2)
        modes = (self.values / (self.values + sigma2) - skip) * (y @ self.vectors)
        f = modes @ self.vectors.T - skip * (y - y @ self.vectors @ self.vectors.T)
        f = f / (sigma2.sqrt() * self.scale / (sigma2 + scale2).sqrt())
        batch, channels, height, width = x.shape
        return f.reshape(batch, height, width, channels).permute(0, 3, 1, 2)


def test_heun_sampler_of_a_linear_network_is_the_linear_models(digits):
    pixels = flatten(digits)
    model = Spectrum.from_samples(pixels)
    model = replace(model, mean=np.full(64, pixels.mean()))  # the preconditioning centres with one number
    noise = linear.seed_noise(range(7), 64)
    sigmas = samplers.edm_sigmas(12)
    denoiser = Denoiser(LinearResidual(model, pixels.std()), pixels.mean(), pixels.std())
    ours, reference = sample_heun(denoiser, noise, (8, 8, 1), sigmas), linear.sample_heun(model, noise, sigmas)
    # float32 in the denoiser: 6e-8 relative to sigma_max = 80 at the first step, and far less later
    np.testing.assert_allclose(ours, reference, atol=1e-4)
    by_default = sample_heun(denoiser, noise, (8, 8, 1))
    np.testing.assert_array_equal(by_default, sample_heun(denoiser, noise, (8, 8, 1), samplers.edm_sigmas(35)))


def test_denoiser_is_exact_where_its_network_is(digits):
    # With F = 0 the denoiser is the best scalar shrinkage, and the loss is that of unit-variance data.
    denoiser = Denoiser(lambda x, c: torch.zeros_like(x), digits.mean(), digits.std())
    images = torch.from_numpy(np.moveaxis(digits, 3, 1).copy())
    sigma = torch.full((len(images),), 0.7)
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    # E F_target^2 = 1; 200 images of 64 pixels, correlated within an image: s.e. about 0.02
    assert abs(float(denoiser.loss(images, sigma, noise)) - 1) < 0.1


@pytest.mark.parametrize(("network", "shape"), [(name, (2, 3, 32, 32)) for name in NETWORKS])
def test_architectures_keep_the_shape_and_use_the_noise_level(network, shape):
    torch.manual_seed(0)
    model = training.build(network, 3, 32)
    x, c = torch.randn(shape), torch.tensor([-1.0, 1.0])
    assert not model(x, c).any()  # starts at zero: the denoiser starts as scalar shrinkage
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    with torch.no_grad():
        out = model(x, c)
        assert out.shape == shape
        assert not torch.allclose(out[:1], model(x[:1], c[1:]), atol=1e-4)
        # every output pixel sees every input pixel
        moved = x.clone()
        moved[:, :, 0, 0] += 5.0
        assert ((model(moved, c) - out).abs().amax(dim=(0, 1)) > 0).all()


def test_numbers_of_parameters():
    def millions(network):
        return sum(p.numel() for p in training.build(network, 3, 32).parameters()) / 1e6

    assert 0.4 < millions("unet-small") < 0.6
    assert 0.2 < millions("dit-small") < 0.4
    assert millions("unet-paper") > 20


@pytest.mark.parametrize(
    "build", [lambda: training.build("unet-paper", 3, 12), lambda: training.build("dit-tiny", 1, 7)]
)
def test_sizes_that_do_not_fit_are_named(build):
    with pytest.raises(ValueError, match="size must be a multiple of"):
        build()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": "resnet"}, "network"),
        ({"steps": 0}, "steps"),
        ({"snapshots": (60,)}, "snapshots"),
        ({"precision": "half"}, "precision"),
    ],
)
def test_bad_recipes_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        replace(TINY, **change)


def test_every_image_comes_once_an_epoch_and_levels_follow_the_distribution():
    recipe = replace(TINY, steps=100, batch=16)
    drawn = [training.draw(recipe, (40, 8, 8, 1), step) for step in range(100)]
    order = np.concatenate([chosen for chosen, _, _ in drawn])
    for epoch in range(40):
        assert sorted(order[40 * epoch : 40 * (epoch + 1)]) == list(range(40))
    logs = np.log(np.concatenate([sigma for _, sigma, _ in drawn]))
    # stratified: the mean of 1,600 levels is known far better than 1.6/sqrt(1600) = 0.04
    assert abs(logs.mean() + 0.4) < 0.02
    assert abs(logs.std() - 1.6) < 0.05


def test_both_halves_and_all_sizes_see_the_same_noise():
    one, other = (training.draw(TINY, (n, 8, 8, 1), 5)[1:] for n in (50, 700))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_order_and_noise_can_have_a_seed_of_their_own(digits):
    """With both seeds the two halves of what chance does can be told apart."""
    mixed = replace(TINY, seed=3, order_seed=0)
    for ours, theirs in zip(training.draw(mixed, digits.shape, 5), training.draw(TINY, digits.shape, 5), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_bfloat16_learns_what_float32_learns(digits, tmp_path):
    losses = [
        training.train(replace(TINY, network="dit-tiny", precision=precision), digits, tmp_path / precision)[1][
            -20:
        ].mean()
        for precision in PRECISIONS
    ]
    assert losses[0] != losses[1]
    # eight bits of a significand are 0.4% a number, and such errors average out
    assert losses[0] == pytest.approx(losses[1], rel=0.01)


def test_training_learns_and_the_seed_decides(digits, tmp_path):
    _, losses, _ = training.train(replace(TINY, steps=150), digits, tmp_path / "long")
    assert losses[-50:].mean() < 0.75 * losses[:10].mean()
    short = replace(TINY, steps=20)
    kept = [
        training.train(replace(short, seed=seed), digits, tmp_path / name)[0]
        for seed, name in ((0, "a"), (0, "b"), (1, "c"))
    ]
    weights = [torch.cat([p.flatten() for p in one[20].parameters()]) for one in kept]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_averages_weigh_steps_by_a_power(digits, monkeypatch, tmp_path):
    # With parameters that simply count the steps, the average is that of t with weights t^e: about T (e+1)/(e+2).
    recipe = replace(TINY, steps=200)
    state = training.State(recipe, digits, torch.device("cpu"), training.build("unet-tiny", 1, 8))

    def count(self=None):
        with torch.no_grad():
            for parameter in state.parameters:
                parameter.fill_(state.step + 1.0)

    monkeypatch.setattr(state.optimiser, "step", count)
    for _ in range(200):
        state.advance(sum(p.sum() for p in state.parameters))
    expected = 200 * (training.EMA_EXPONENT + 1) / (training.EMA_EXPONENT + 2)
    assert float(next(state.kept[200].parameters()).flatten()[0]) == pytest.approx(expected, rel=0.01)


def test_an_interrupted_training_ends_with_the_same_bytes(digits, monkeypatch, tmp_path):
    recipe = replace(TINY, snapshots=(10, 40))
    whole, losses, _ = training.train(recipe, digits, tmp_path / "whole")
    monkeypatch.setattr(training, "CHECKPOINT_SHARE", np.inf)  # a checkpoint after every step

    def kill(step):
        if step in stops:
            stops.remove(step)
            raise KeyboardInterrupt

    stops = [20, 40]
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            training.train(recipe, digits, tmp_path / "cut", kill)
    resumed, losses_again, seconds = training.train(recipe, digits, tmp_path / "cut", kill)
    assert [*resumed] == [*whole] == [10, 40, 60]
    assert np.array_equal(losses, losses_again)
    assert seconds > 0
    for step in whole:
        one, other = (part[step].state_dict() for part in (whole, resumed))
        assert all(torch.equal(one[name], other[name]) for name in one)
    with pytest.raises(RuntimeError, match="cut belongs to another training"):
        training.train(replace(recipe, seed=3), digits, tmp_path / "cut")


def test_a_checkpoint_outlives_new_fields_of_the_recipe_at_their_default(digits):
    """``order_seed`` and ``precision`` are younger than the first checkpoints, which do not know them."""
    old = {field.name: getattr(TINY, field.name) for field in fields(TINY) if not field.metadata.get("added")}
    state = training.State(TINY, digits, "cpu", training.build("unet-tiny", 1, 8))
    assert state.identity == hashlib.sha256(repr(old).encode() + digits.tobytes()).hexdigest()


def test_images_of_one_value_are_refused(tmp_path):
    with pytest.raises(ValueError, match="images must differ"):
        training.train(TINY, np.ones((5, 8, 8, 1), np.float32), tmp_path / "a")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["truncate", "flip", "text"])
def test_damaged_files_of_tensors_are_refused_by_name(damage, tmp_path):
    path = tmp_path / "file.safetensors"
    checkpoint.write(path, {"a": torch.arange(1000.0), "b": torch.ones(3, 2)}, note="x")
    tensors, metadata = checkpoint.read(path)
    assert metadata == {"note": "x"}
    assert torch.equal(tensors["a"], torch.arange(1000.0))
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-100] ^= 1
    path.write_bytes(
        {"truncate": content[:-10], "flip": content, "text": b"hello, this is not a file of tensors"}[damage]
    )
    with pytest.raises(RuntimeError, match=r"file\.safetensors is damaged"):
        checkpoint.read(path)
