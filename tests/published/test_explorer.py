"""The seed explorer: its pictures and numbers are those of the models, and its page works by mouse and by keyboard."""

import io
import json
import re
import shutil

import explorer_samples
import numpy as np
import pytest
import seed_explorer
from conftest import ROOT, settle
from PIL import Image
from scipy.stats import spearmanr

from rmt_utils import Spectrum, flatten, iid_splits
from rmt_utils.models import linear, simulation
from rmt_utils.models.agreement import mse_per_seed
from rmt_utils.nets import kept, mixtures, runs, sweep
from rmt_utils.nets.recipe import Recipe
from rmt_utils.nets.trained_on import source_images

STATIC = ROOT / "book" / "_static" / "explorer"
# The runs of the tests: the UNet at two sizes, the DiT at one, and the mixtures that rank the seeds. What else has been
# trained must not matter to them.
RUNS = ("*_iid_1000_half?_*_seed0_*", "*_iid_100_half?_unet-small_seed0_*", "mixtures_*_K8_*", "mixtures_*_K16_*")
PAGE = """<!doctype html><meta charset="utf-8">
<style>:root { --pst-color-accent: purple; --pst-color-primary: blue }</style>
<link rel=stylesheet href=explorer.css><script defer src="data.js"></script><script defer src="explorer.js"></script>
<div class="seed-explorer"></div>"""
ROUNDING = 0.5 + 1e-6  # grey levels


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with all that the extension writes, its script and style, and a page."""
    folder, results = tmp_path_factory.mktemp("explorer"), tmp_path_factory.mktemp("runs")
    for path in {path for pattern in RUNS for path in (ROOT / "runs").glob(pattern)}:
        shutil.copy(path, results)
    seed_explorer.write(results, folder, "// test\n")
    for name in ("explorer.js", "explorer.css"):
        shutil.copy(STATIC / name, folder)
    (folder / "page.html").write_text(PAGE)
    return folder


@pytest.fixture(scope="module")
def table(folder):
    """The numbers that the page has."""
    return json.loads((folder / "data.js").read_text().split("=", 1)[1].rstrip(";\n"))


def test_other_networks_and_other_pairs_of_halves_are_left_out():
    found = explorer_samples.network_samples(ROOT / "runs")
    assert {model for model, _ in found} == {"unet", "dit"}
    planned = [run for run in sweep.book() if (run.n_samples, run.split, run.pair) == (1000, "iid", 0)]
    plain = [run for run in planned if run.recipe == Recipe("unet-small", 2500) and run.half == 1]
    np.testing.assert_array_equal(found["unet", 1000][0], runs.read(plain[0], ROOT / "runs").samples[-1])


# ---- What is shown ----


@pytest.fixture(scope="module")
def halves():
    """Pixels (n, dim) of both halves of 1000 images."""
    images = flatten(source_images("fashion-mnist", 14))
    return [images[chosen].astype(float) for chosen in iid_splits(len(images), 1000, n_splits=2)]


@pytest.fixture(scope="module", params=["linear", "unet", "dit"])
def drawn(request, halves):
    """Model and its samples of both halves, from the images or from the committed runs."""
    if request.param == "linear":
        noise = linear.seed_noise(range(512), 196)
        return request.param, [linear.sample_heun(Spectrum.from_samples(half), noise) for half in halves]
    planned = [run for run in sweep.book()[:4] if request.param in run.recipe.network]
    assert [(run.n_samples, run.half) for run in planned] == [(1000, 1), (1000, 2)]
    return request.param, [runs.read(run, ROOT / "runs").samples[-1].astype(float) for run in planned]


def tiles(folder, model):
    """Grey levels of a sprite: (5, 48, 196)."""
    with Image.open(folder / f"fashion-mnist-{model}-1000.png") as picture:
        assert picture.mode == "L"
        levels = np.asarray(picture).astype(float)
    return levels.reshape(5, 14, 48, 14).transpose(0, 2, 1, 3).reshape(5, 48, 196)


def grey(values):
    """Unrounded grey levels of values in [-1, 1]."""
    return (np.clip(values, -1, 1) + 1) * 127.5


def test_sprites_are_the_samples_to_rounding(folder, drawn):
    model, (first, second) = drawn
    seen = tiles(folder, model)
    assert np.abs(seen[0] - grey(first[:48])).max() <= ROUNDING
    assert np.abs(seen[2] - grey(second[:48])).max() <= ROUNDING
    assert np.abs(seen[4] - grey(2 * (first - second)[:48])).max() <= ROUNDING


def test_neighbours_are_the_nearest_images(folder, table, drawn, halves):
    model, both = drawn
    seen, entry = tiles(folder, model), table["sources"]["fashion-mnist"]["models"][model]["1000"]
    for half in (0, 1):
        for seed in range(0, 48, 7):
            own, other = (
                np.square(images - both[half][seed]).mean(axis=1) for images in (halves[half], halves[1 - half])
            )
            assert np.abs(seen[2 * half + 1, seed] - grey(halves[half][own.argmin()])).max() <= ROUNDING
            assert [entry["own"][half][seed], entry["other"][half][seed]] == pytest.approx(
                [own.min(), other.min()], rel=1e-3
            )


def test_measured_numbers_are_those_of_the_samples(table, drawn):
    model, both = drawn
    entry = table["sources"]["fashion-mnist"]["models"][model]["1000"]
    assert entry["mse"] == pytest.approx(mse_per_seed(*both), rel=1e-3)


def test_expected_difference_is_that_of_gaussian_images():
    """Tolerance as in chapter 4: four standard errors plus a relative 3/n."""
    n, draws, rng = 60, 400, np.random.default_rng(1)
    eigenvalues = Spectrum.power_law(20, 1.0).eigenvalues
    population = Spectrum(eigenvalues, eigenvectors=np.eye(20), mean=np.full(20, 40.0))
    noise = linear.seed_noise(range(8), 20)
    start = noise - population.mean / 80  # as if the mean were 0, where the drawn models have it
    found = np.array(
        [
            mse_per_seed(*(linear.sample_heun(simulation.gaussian_model(population, n, rng), start) for _ in range(2)))
            for _ in range(draws)
        ]
    )
    ratio = found / explorer_samples.expected_mse(population, n, noise)  # (draws, seeds)
    error = ratio.std(axis=0, ddof=1) / np.sqrt(draws)
    assert (np.abs(ratio.mean(axis=0) - 1) < 4 * error + 3 / n).all()


def test_a_network_needs_both_halves(tmp_path):
    for path in (ROOT / "runs").glob("*_iid_1000_half?_unet-small_seed0_*"):
        if "half2" not in path.name:
            shutil.copy(path, tmp_path)
    assert explorer_samples.network_samples(tmp_path) == {}


def test_files_are_small(folder, table):
    entries = [
        (source, model, n, entry["sprite"])
        for source, content in table["sources"].items()
        for model, sizes in content["models"].items()
        for n, entry in sizes.items()
    ]
    # the linear model at six sizes of both data sets, the UNet at two, the DiT at one
    assert len(entries) == 15
    while_training = {one["sprite"] for one in table["snapshots"].values()}
    assert {path.name for path in folder.glob("*.png")} == {sprite for *_, sprite in entries} | while_training | {
        "still.png"
    }
    assert all((folder / sprite).stat().st_size < 60e3 for *_, sprite in entries)
    assert (
        sum(path.stat().st_size for path in folder.iterdir()) < 4e6 / 2
    )  # all networks at all sizes double it at most


# ---- The page, alone in a folder: no server, no site ----


@pytest.fixture
def open_explorer(silent_tab, folder):
    """Open the explorer with an address such as "#n=100"."""

    def open_page(address=""):
        silent_tab.goto(f"{folder.as_uri()}/page.html{address}")
        silent_tab.wait_for_selector(".explorer-comparison table")
        settle(silent_tab)
        return silent_tab

    return open_page


def looks(page):
    """What is seen of the tables of pictures, pixel by pixel."""
    page.evaluate("""() => Promise.all([...document.querySelectorAll(".explorer-tile")].map(tile => {
        const image = new Image();
        image.src = getComputedStyle(tile).backgroundImage.slice(5, -2);
        return image.decode();
    }))""")
    return [page.locator(part).screenshot() for part in (".explorer-sizes tbody", ".explorer-comparison")]


def chosen(page):
    """The checked choices by name."""
    return page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('input:checked')].map(one => [one.name, one.value]))"
    )


def choose(page, name, value):
    """Click on a choice."""
    page.locator(f"input[name={name}][value='{value}']").click()


@pytest.mark.parametrize("choice", [("seed", "5"), ("n", "100"), ("model", "linear"), ("images", "natural-patches")])
def test_a_choice_changes_the_pictures(open_explorer, choice):
    page = open_explorer()
    before, (name, value) = looks(page), choice
    choose(page, name, value)
    assert chosen(page)[name] == value
    sizes, comparison = looks(page)
    assert sizes != before[0]
    assert (comparison != before[1]) == (name != "model")  # all models stand there anyway


def test_pictures_are_those_of_the_sprite(open_explorer, folder):
    """The UNet's sample of seed 7 as it is drawn, four times as large and crisp."""
    page = open_explorer("#seed=7&model=unet")
    looks(page)
    box = page.locator(".explorer-comparison tbody tr:nth-child(2) .explorer-tile").first.bounding_box()
    # a box between two pixels is drawn at the nearer one
    shot = page.screenshot(full_page=True, clip={key: round(value) for key, value in box.items()})
    with Image.open(io.BytesIO(shot)) as picture:
        pixels = np.asarray(picture.convert("L"))
    assert pixels.shape == (56, 56)
    assert (pixels[::4, ::4] == tiles(folder, "unet")[0, 7].reshape(14, 14)).all()
    assert (np.repeat(np.repeat(pixels[::4, ::4], 4, axis=0), 4, axis=1) == pixels).all()


def test_numbers_and_ranks_are_those_of_the_table(open_explorer, table):
    page = open_explorer("#seed=7&n=1000")
    content = table["sources"]["fashion-mnist"]
    for row, model in enumerate(("linear", "unet", "dit"), 1):
        mse = np.array(content["models"][model]["1000"]["mse"])
        cell = page.inner_text(f".explorer-comparison tbody tr:nth-child({row}) td:last-child")
        assert float(cell.split()[0]) == pytest.approx(mse[7], rel=0.05)
        assert cell.endswith(f"rank {1 + (mse < mse[7]).sum()} of 512")
    expected = np.array(content["expected"]["1000"])
    assert f"rank {1 + (expected < expected[7]).sum()} of 512. UNet" in page.inner_text(".explorer-ranks")


def test_fragility_is_that_of_the_mixtures_and_its_rank_is_said(open_explorer, table):
    found = table["sources"]["fashion-mnist"]["fragility"]
    studies = [kept.read(study, ROOT / "runs") for study in mixtures.book() if study.n_components in (8, 16)]
    logs = [np.log(one["sensitivity"]).mean(axis=0) for one in studies]
    assert np.log(found) == pytest.approx(np.mean(logs, axis=0), abs=1e-3)
    page = open_explorer("#seed=7&n=1000")
    text = page.inner_text(".explorer-fragility")
    assert f"rank {1 + (np.array(found) < found[7]).sum()} of 512" in text
    mse = table["sources"]["fashion-mnist"]["models"]["unet"]["1000"]["mse"]
    assert f"Spearman {spearmanr(found, mse).statistic:.2f}" in page.inner_text(
        "[data-part=fragility] div div >> nth=1"
    )
    choose(page, "images", "natural-patches")
    assert page.locator("[data-part=fragility], [data-part=training]").evaluate_all("all => all.map(one => one.hidden)")


def test_snapshots_are_those_of_the_long_runs(folder, table, open_explorer):
    planned = [run for run in sweep.book() if len(run.recipe.snapshots) == 9 and "unet" in run.recipe.network]
    result, shown = runs.read(planned[0], ROOT / "runs"), table["snapshots"]["unet"]
    assert shown["steps"] == result.steps.tolist()
    with Image.open(folder / shown["sprite"]) as picture:
        levels = np.asarray(picture).astype(float)
    seen = levels.reshape(len(shown["steps"]), 14, 48, 14).transpose(0, 2, 1, 3).reshape(-1, 48, 196)
    assert np.abs(seen - grey(result.samples[:, :48].astype(float))).max() <= ROUNDING
    page = open_explorer("#seed=5")
    tiles_shown = page.locator(".explorer-training [role=img]")
    assert tiles_shown.first.get_attribute("aria-label") == "UNet, step 20"
    assert tiles_shown.count() == sum(len(one["steps"]) for one in table["snapshots"].values())
    box = tiles_shown.nth(9).bounding_box()
    shot = page.screenshot(full_page=True, clip={key: round(value) for key, value in box.items()})
    with Image.open(io.BytesIO(shot)) as picture:
        pixels = np.asarray(picture.convert("L"))[::4, ::4]
    assert (pixels == seen[9, 5].reshape(14, 14)).all()


def test_the_page_names_the_most_and_the_least_fragile_seeds(table):
    order = np.argsort(table["sources"]["fashion-mnist"]["fragility"][:48])
    said = re.findall(r"#seed=(\d+)\">(?:seed )?(\d+)</a>", (ROOT / "book" / "explorer.md").read_text())
    assert (
        [seed for seed, _ in said]
        == [text for _, text in said]
        == [str(seed) for seed in [*order[-3:][::-1], *order[:3]]]
    )


def test_sprites_are_loaded_when_they_are_chosen(open_explorer):
    page, asked = open_explorer(), []
    page.on("request", lambda request: asked.append(request.url.split("/")[-1]))
    choose(page, "model", "linear")
    looks(page)
    # those of every model at 1000 images were there
    assert set(asked) == {f"fashion-mnist-linear-{n}.png" for n in sweep.SIZES if n != 1000}
    asked.clear()
    choose(page, "images", "natural-patches")
    looks(page)
    assert set(asked) == {f"natural-patches-linear-{n}.png" for n in sweep.SIZES}


def test_what_is_not_there_is_switched_off_and_says_why(open_explorer):
    page = open_explorer()
    missing = page.get_by_role("radio", name="300 images, UNet not trained", exact=True)
    assert missing.is_disabled()
    assert not page.get_by_role("radio", name="100 images", exact=True).is_disabled()
    assert "not trained" in page.inner_text(".explorer-sizes tbody")
    choose(page, "n", 100)
    assert page.inner_text(".explorer-comparison tr:nth-child(3)").split("\t")[-1].strip() == "not trained"
    choose(page, "images", "natural-patches")
    assert chosen(page)["model"] == "linear"
    for name in ("UNet", "DiT"):
        assert page.get_by_role("radio", name=f"{name}, Fashion-MNIST only").is_disabled()
        assert f"{name}Fashion-MNIST only" in page.inner_text("[data-key=model]").replace("\n", "")


def test_keyboard_reaches_and_moves_every_choice(open_explorer):
    page = open_explorer("#n=100&seed=0")
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        name, outline = page.evaluate("""() => [document.activeElement.name,
            getComputedStyle(document.activeElement.nextElementSibling).outlineStyle]""")
        reached.append(name)
        assert outline == "solid"
    assert reached == ["images", "model", "seed", "n"]
    page.keyboard.press("ArrowRight")  # over 300, which is not there
    assert chosen(page)["n"] == "1000"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowLeft")
    assert chosen(page)["seed"] == "47"
    assert "seed 47" in page.inner_text("h3 >> nth=0")


def test_pictures_and_changes_are_told_to_readers_who_do_not_see_them(open_explorer):
    page = open_explorer("#model=linear&seed=3")
    assert page.get_by_role("radio", name="seed 3", exact=True).is_checked()
    assert page.get_by_role("img", name="DiT, half 2", exact=True).count() == 1
    assert page.get_by_role("img", name="nearest, 30,000 images", exact=True).count() == 2
    chart = page.locator(".explorer-scatter svg").first.get_attribute("aria-label")
    assert re.search(r"seed 3 expected 0\.\d+, measured 0\.\d+", chart)
    page.wait_for_function("document.querySelector('[role=status]').textContent.includes('rank')")


def test_address_holds_the_view(open_explorer):
    page = open_explorer()
    for name, value in (("model", "linear"), ("n", "100"), ("seed", "9")):
        choose(page, name, value)
    assert page.url.endswith("#model=linear&n=100&seed=9")
    before = looks(page)
    page.reload()
    assert chosen(page) == {"images": "fashion-mnist", "model": "linear", "n": "100", "seed": "9"}
    assert looks(page) == before


def test_back_returns_to_the_view_before(open_explorer):
    page = open_explorer("#seed=2")
    choose(page, "seed", 3)
    assert page.url.endswith("#seed=3")
    page.go_back()
    page.wait_for_function("document.querySelector('input[name=seed]:checked').value === '2'")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("#n=-5&seed=48&model=none&images=", ("fashion-mnist", "unet", "1000", "46")),
        ("#%&seed=1e1&n=", ("fashion-mnist", "unet", "1000", "46")),
        ("#model=dit&n=100", ("fashion-mnist", "dit", "1000", "46")),
        ("#images=natural-patches&model=unet&n=300", ("natural-patches", "linear", "300", "46")),
    ],
)
def test_addresses_of_what_is_not_there_lead_to_what_is(open_explorer, address, shown):
    assert chosen(open_explorer(address)) == dict(zip(("images", "model", "n", "seed"), shown, strict=True))


# ---- In the site ----


def test_scripts_are_loaded_only_where_they_are_used(site):
    users = [path.name for path in site.rglob("*.html") if "explorer/data.js" in path.read_text()]
    assert users == ["explorer.html"]
