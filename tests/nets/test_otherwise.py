"""A network sampled otherwise: each way against what it stands for."""

from pathlib import Path

import numpy as np
import pytest
import torch

from rmt_utils import Spectrum, edm_sigmas, euler_map, heun_map
from rmt_utils.models import linear
from rmt_utils.nets import kept, otherwise, runs

SHAPE = (2, 2, 1)
RUNS = Path(__file__).parents[2] / "runs"


class Linear(torch.nn.Module):
    """A denoiser with the weights of a linear one, its network a single product."""

    def __init__(self):
        super().__init__()
        self.network = torch.nn.Linear(4, 4, bias=False)
        with torch.no_grad():
            self.network.weight.copy_(torch.eye(4) * 1.238)

    def forward(self, x, sigma):
        variance = 4.0
        product = self.network(x.flatten(1)).float() / 1.238
        return (variance / (variance + sigma[:, None] ** 2) * product).reshape(x.shape)

    @property
    def centre(self):
        return torch.zeros(())


NOISE = linear.seed_noise(range(6), 4)
MODEL = Spectrum(np.full(4, 4.0), eigenvectors=np.eye(4))


@pytest.mark.parametrize(
    ("way", "f"),
    [
        (None, heun_map(edm_sigmas(35))),
        ("18 steps", heun_map(edm_sigmas(18))),
        ("70 steps", heun_map(edm_sigmas(70))),
        ("Euler", euler_map(edm_sigmas(35))),
    ],
)
def test_steps_are_those_of_the_map(way, f):
    expected = linear.apply(f, MODEL, 80 * NOISE)
    np.testing.assert_allclose(otherwise.sampled(Linear(), NOISE, SHAPE, way), expected, rtol=1e-4, atol=1e-5)


def test_last_bits_change_nothing_but_these():
    plain, moved = (otherwise.sampled(Linear(), NOISE, SHAPE, way) for way in (None, "last bits"))
    assert 0 < np.abs(plain - moved).max() < 1e-5


def test_bfloat16_has_eight_bits_and_leaves_the_network_alone():
    denoiser = Linear()
    x, sigma = torch.ones(1, 1, 2, 2), torch.ones(1)
    with torch.no_grad():
        plain, rounded = denoiser(x, sigma), otherwise.in_bfloat16(denoiser)(x, sigma)
        again = denoiser(x, sigma)
    assert 2**-12 < float((rounded / plain - 1).abs().max()) < 2**-7
    torch.testing.assert_close(again, plain, rtol=0, atol=0)


def test_studies_of_the_book_are_in_the_checkout_one_for_each_architecture():
    assert [study.run.recipe.network for study in otherwise.book()] == ["unet-small", "dit-small"]
    for study in otherwise.book():
        numbers = kept.read(study, RUNS)
        assert numbers["difference"].shape == (5, 256)
        # the network is the one of the committed run: its samples, which are kept in half precision there
        committed = runs.read(study.run, RUNS).samples[-1][:256]
        np.testing.assert_allclose(numbers["samples"], committed, atol=2**-9)


def test_a_study_beside_others_takes_their_first_seeds(tmp_path):
    study = otherwise.book()[0]
    rising = np.arange(8.0)
    kept.write(study, tmp_path, {"difference": np.stack([rising, -rising]), "samples": np.zeros((8, 4))}, 0.0)
    means, together = otherwise.beside(study, tmp_path, np.r_[rising**3, 1e9], np.r_[-rising, 1e9])
    np.testing.assert_allclose(means, [3.5, -3.5, 98.0])  # without the last of the others
    np.testing.assert_allclose(together, np.outer([1, -1, 1, -1], [1, -1, 1, -1]))
