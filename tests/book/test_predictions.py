"""Outcomes of predictions: their definitions, their bounds on the page, and silence where nothing is trained."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from rmt_utils.book import foreseen, predictions
from rmt_utils.book.figures import Chapter
from rmt_utils.models.agreement import mse_per_seed, tail
from rmt_utils.models.anova import effects, jackknife
from rmt_utils.models.fragile import match, rank_correlation
from rmt_utils.models.modes import Modes
from rmt_utils.theory.spectrum import Spectrum

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "book" / "predictions.md").read_text()
SEEDS, DIM = 40, 3
SMALL = SimpleNamespace(few=300, n=1000, many=3000, late=1)
FRAGILE = SimpleNamespace(
    n=1000,
    many=3000,
    fragility=np.random.default_rng(1).random(SEEDS),
    family=[tail(size * np.random.default_rng(2).random(SEEDS)) for size in (8.0, 4.0, 2.0)],
    sizes=(300, 1000, 3000),
)
CHAPTER_5 = (predictions.of_length, predictions.of_many, predictions.of_others)
CHAPTER_8 = (foreseen.of_ranking, foreseen.of_effective_size, foreseen.of_pairs)


def samples(halves, trainings, seed=0):
    """What the images decide, and what is decided by images and training seed together."""
    rng = np.random.default_rng(seed)
    return sum(rng.standard_normal((halves, count, SEEDS, DIM)) for count in (1, trainings))


@dataclass
class Trained:
    """In place of ``Networks``: samples by what they are of; a pair of halves is there where samples of it are."""

    found: dict = field(default_factory=dict)  # {(name, n, steps, split, at): (halves, training seeds, seeds, dim)}
    mixed: dict = field(default_factory=dict)  # {name: of separate seeds}
    long: int = 20_000
    sizes: tuple = (100, 300, 1000, 3000)

    def samples(self, name, n, split="iid", steps=None, at=None):
        return self.all(name, n, split, steps or 2500, at)[:2]

    def all(self, name, n, split="iid", steps=2500, at=None):
        return self.found.get((name, n, steps, split, at or steps), np.empty((0, 0, 0, 0)))

    def separate(self, name, n):
        return self.mixed.get(name, np.empty((0, 0, 0, 0)))

    def pairs(self, n, name):
        return tuple(range(len(self.all(name, n)) // 2))

    def difference(self, name, n):
        return mse_per_seed(*self.samples(name, n))

    def differences(self, n, name):
        x = self.all(name, n)
        return [mse_per_seed(x[::2], x[1::2])]

    def estimate(self, statistic, n, name):
        return jackknife(self.all(name, n), statistic)

    def fitted(self, n):
        return samples(2, 1, seed=n)

    def linear(self, n):
        return mse_per_seed(*self.fitted(n))

    def law(self, n):
        return 0.5

    def own_over_other(self, x, n):
        return float(np.mean(x)), 0.1

    modes = Modes(Spectrum([3.0, 2.0, 1.0], eigenvectors=np.eye(DIM)), np.zeros(DIM))


@pytest.fixture(scope="module")
def everything():
    """All runs that a prediction asks for, each with samples of its own."""
    found, seed = {}, 0
    for name in predictions.NAMES:
        cases = [(name, n, 2500, "iid", 2500) for n in (100, 300, 1000, 3000)]
        cases += [(name, n, 20_000, "iid", 20_000) for n in (300, 1000, 3000)] + [(name, 1000, 20_000, "iid", 2000)]
        cases += [(name, 3000, 20_000, "surrogate", 20_000)]
        for case in cases:
            found[case] = samples(8 if case[2] == 2500 else 2, 2, seed := seed + 1)
    for n in (300, 3000):
        found["MLP", n, 2500, "iid", 2500] = samples(2, 2, seed := seed + 1)
    return Trained(found, {name: samples(2, 2, seed := seed + 1) for name in predictions.NAMES})


@pytest.fixture(scope="module")
def outcomes(everything):
    found = [one for question in CHAPTER_5 for one in question(everything, SMALL)]
    found += [one for question in CHAPTER_8 for one in question(everything, FRAGILE)]
    colored = replace(everything, sizes=(300, 3000))
    found += [*predictions.of_colour(colored, SMALL), *foreseen.of_colour(colored, FRAGILE.fragility)]
    return {one["name"]: one for one in found}


def test_nothing_is_said_of_what_is_not_trained():
    assert [one for question in CHAPTER_5 for one in question(Trained(), SMALL)] == []
    assert [one for question in CHAPTER_8 for one in question(Trained(), FRAGILE)] == []
    assert [*predictions.of_colour(Trained(), SMALL), *foreseen.of_colour(Trained(), FRAGILE.fragility)] == []


def test_every_prediction_has_an_outcome(outcomes):
    asked = {one["claim"].split(",")[0].removeprefix("prediction ") for one in outcomes.values()}
    assert asked == {*predictions.EXPECTED}


@pytest.mark.parametrize("number", predictions.EXPECTED)
def test_bounds_are_those_of_the_page(number):
    row = re.search(rf"^\| {int(re.sub('[^0-9]', '', number))} \|.*$", PAGE, re.MULTILINE)[0]
    expected = row.replace("$", "").replace("none", "0").replace("at least", "").split("|")[3]
    numbers = {float(value) for value in re.findall(r"-?\d+(?:\.\d+)?", expected)}
    assert {bound for bound in predictions.EXPECTED[number] if bound is not None} <= numbers


def test_every_outcome_is_on_the_page(outcomes):
    shown = set(re.findall(r"(?:05_deep_networks|08_fragile_seeds)/([\w-]+)", PAGE))
    assert {f"{name}-verdict" for name in outcomes} - shown == set()


def test_outcomes_are_their_definitions(outcomes, everything):
    def value(name):
        return outcomes[name]["value"]

    long, short = (everything.samples("DiT", 1000, steps=steps) for steps in (20_000, 2500))
    raw = [mse_per_seed(*x) for x in (long, short)]
    assert value("longer-DiT") == pytest.approx(raw[0].mean() / raw[1].mean())
    data, _, both = effects(long).mean(axis=1) / effects(short).mean(axis=1)
    assert (value("longer-data-DiT"), value("longer-interaction-DiT")) == pytest.approx((data, both))
    late = np.square(long[1, 1, :, 1:]) / [2.0, 1.0]
    assert value("late-modes-DiT-20000") == pytest.approx(late.mean())
    assert (
        value("surrogate-above-DiT")
        == (mse_per_seed(*everything.samples("DiT", 3000, "surrogate", 20_000)) > 0.1).mean()
    )
    many = everything.samples("UNet", 3000, steps=20_000)
    twin, fewer = (everything.samples("UNet", *of, 20_000) for of in ((3000, "surrogate"), (1000, "iid")))
    interaction = [effects(x)[2].mean() for x in (many, twin, fewer)]
    assert value("many-surrogate-UNet") == pytest.approx(interaction[0] / interaction[1])
    assert value("many-fewer-UNet") == pytest.approx(interaction[0] / interaction[2])
    assert value("many-own-UNet") == pytest.approx(many[0].mean())

    a, b = (everything.estimate(effects, n, "UNet")[0] for n in (100, 1000))
    assert value("data-slope-UNet") == pytest.approx(np.log10(b[0] / a[0]))
    by_pair = mse_per_seed(*(everything.all("UNet", 1000)[half::2] for half in (0, 1))).mean(axis=1)
    assert value("spread-pairs-UNet") == pytest.approx(by_pair.mean(axis=1).std(ddof=1) / by_pair.mean())
    first, *others = (rank_correlation(FRAGILE.fragility, one)[0] for one in (by_pair[0], by_pair[1:].mean(axis=0)))
    assert value("pairs-gain-UNet") == pytest.approx(others[0] - first)
    colored = everything.difference("DiT", 300).mean(axis=0)
    assert value("colour-excess-DiT-300") == pytest.approx(colored.mean() / everything.linear(300)[0].mean())
    long, short = (everything.samples("UNet", 3000, steps=steps) for steps in (20_000, 2500))
    for what, apart in (
        ("difference", lambda x: mse_per_seed(*x)),
        ("to-linear", lambda x: mse_per_seed(x, everything.fitted(3000))),
    ):
        assert value(f"colour-longer-{what}-UNet") == pytest.approx(apart(long).mean() / apart(short).mean())
    assert value("colour-longer-own-UNet") == pytest.approx(long[0].mean())
    assert value("foreseen-colour-DiT-300") == pytest.approx(rank_correlation(FRAGILE.fragility, colored)[0])
    sizes = [match(tail(raw), FRAGILE.family, FRAGILE.sizes)[0] for raw in everything.differences(1000, "UNet")[0]]
    assert value("pairs-size-UNet-2") == pytest.approx(sizes[2] / sizes[0])


def test_outcomes_are_recorded_with_the_last_figure(outcomes, tmp_path):
    chapter = Chapter("05_deep_networks", "quick", tmp_path)
    with chapter.figure("fig-x", "Any"):
        pass
    predictions.judge(chapter, outcomes.values())
    (entry,) = chapter.record["figures"]
    assert [one["name"] for one in entry["verdicts"]] == [*outcomes]


def test_the_top_tenth_has_an_error_over_noise_seeds():
    draws = np.random.default_rng(0).exponential(size=(60, 300))
    found = np.array([predictions.top_tenth(one) for one in draws])
    assert found[:, 1].mean() == pytest.approx(found[:, 0].std(), rel=0.3)
