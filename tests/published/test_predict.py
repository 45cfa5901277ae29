"""Predict first, then reveal: numbers are those of rmt_utils, and nothing moves before a guess."""

import numpy as np
import predict
import pytest
from conftest import PHONE, ROOT

from rmt_utils import Spectrum, df2, edm_sigmas, solve_kappa
from rmt_utils.models import linear

STATIC = ROOT / "book" / "_static"
AGREEMENT = 1e-9  # relative to the largest number; the package promises 1e-11
THEME = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>:root { --pst-color-accent: purple; --pst-color-text-base: black }</style>"""
BOX = """<div class="predict" data-widget="{widget}" {right}><div class="predict-question"><p>?</p></div>
<div class="predict-options"><ul><li><p>one</p></li><li><p>two</p></li></ul></div>
<div class="predict-stage"></div><details class="predict-answer"><summary>Answer</summary><p>!</p></details></div>"""
CLOSE = {"rtol": 0, "atol": AGREEMENT}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with the scripts, as the site has them, and a page for every drawing."""
    folder = tmp_path_factory.mktemp("predict")
    for name in (*predict.STYLES, *(name for name in predict.SCRIPTS if "data" not in name)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text((STATIC / name).read_text())
    (folder / "predict" / "data.js").write_text(predict.data_script())
    head = "".join(f'<link rel=stylesheet href="{name}">' for name in predict.STYLES)
    head += "".join(f'<script defer src="{name}"></script>' for name in predict.SCRIPTS)
    for widget in predict.STILLS:
        right = "" if widget == "boundary" else 'data-right="2"'
        (folder / f"{widget}.html").write_text(THEME + head + BOX.format(widget=widget, right=right))
    return folder


@pytest.fixture
def open_box(silent_tab, folder):
    """Open the page of a drawing."""
    silent_tab.emulate_media(reduced_motion="reduce")

    def open_page(widget):
        silent_tab.goto(f"{folder.as_uri()}/{widget}.html")
        silent_tab.wait_for_selector(".predict-stage svg")
        return silent_tab

    return open_page


def drawn(page):
    """Markup of both panels."""
    return page.eval_on_selector_all(".lab-canvas", "all => all.map(one => one.innerHTML)")


def press(page, name, key="ArrowRight"):
    """One step of a slider, by the keyboard."""
    page.focus(f"input[name={name}]")
    page.keyboard.press(key)


# ---- Numbers ----


def test_ellipses_and_samples_are_those_of_the_linear_model(open_box):
    page, noise = open_box("ellipses"), predict.seeds()["linear"]
    for n in (2, 10, 500):
        found = page.evaluate(
            """n => planes.data.points.map(set => {
              const model = planes.fit(set.slice(0, n));
              return {model, samples: planes.data.seeds.linear.map(seed => planes.sample(model, seed)),
                ellipse: planes.ellipse(model, 5)};
            })""",
            n,
        )
        for one, points in zip(found, predict.points(), strict=True):
            model = Spectrum.from_samples(points[:n])
            samples = linear.sample(model, noise)
            np.testing.assert_allclose(one["model"]["mean"], model.mean, **CLOSE)
            np.testing.assert_allclose(one["samples"], samples, rtol=0, atol=1e-7)  # the root of a rank-one model
            away = (np.array(one["ellipse"]) - model.mean) @ model.eigenvectors  # (5, rank)
            if n > 2:
                np.testing.assert_allclose(np.square(away) @ (1 / model.eigenvalues), 1, rtol=1e-9)


def test_paths_are_those_of_the_mixtures(open_box):
    page, noise = open_box("boundary"), predict.seeds()["boundary"]
    found = page.evaluate(
        """() => planes.data.mixtures.map(mixture => planes.data.seeds.boundary.map(seed => {
          const path = planes.path(mixture, seed);
          const share = (x, i) => planes.responsibility(mixture, x, planes.sigmas[i], 1);
          return {path, shares: path.slice(0, -1).map(share)};
        }))"""
    )
    for one, mixture in zip(found, predict.mixtures(), strict=True):
        paths = mixture.path(noise)  # (levels, seeds, 2)
        np.testing.assert_allclose([seed["path"] for seed in one], paths.swapaxes(0, 1), rtol=1e-8, atol=1e-8)
        levels = edm_sigmas(35)[:-1]
        shares = [mixture.responsibilities(x, level)[:, 1] for x, level in zip(paths, levels, strict=False)]
        np.testing.assert_allclose(np.transpose([seed["shares"] for seed in one]), shares, rtol=0, atol=1e-8)


def test_the_boundary_is_where_both_groups_are_as_likely(open_box):
    found = open_box("boundary").evaluate("() => planes.data.mixtures.map(one => planes.boundary(one, 0.3, 3))")
    for line, mixture in zip(found, predict.mixtures(), strict=True):
        assert len(line) > 20
        np.testing.assert_allclose(mixture.responsibilities(np.array(line), 0.3)[:, 0], 0.5, rtol=0, atol=1e-8)


def test_the_factors_of_an_entry_are_those_of_the_law(open_box):
    page, law = open_box("outer"), Spectrum.power_law(24, 1.0)
    for noise in (0.01, 1.0, 100.0):
        found = page.evaluate(
            """noise => {
              const {kappa, strength, weight} = theoryLab.twoPoint(noise, theoryLab.powerLaw(24, 1), 40);
              return [kappa, strength, weight(1)];
            }""",
            noise,
        )
        kappa = solve_kappa(noise, law, 40)
        np.testing.assert_allclose(found, [kappa, kappa**2 / (40 - df2(kappa, law)), 1 / (1 + kappa) ** 2], rtol=1e-9)


def test_half_of_the_seeds_end_on_two_sides():
    one, two = (mixture.sample(predict.seeds()["boundary"])[:, 0] for mixture in predict.mixtures())
    assert (one * two < 0).tolist() == [True, False, False, True, True, False]


# ---- Behaviour ----


@pytest.mark.parametrize("widget", predict.STILLS)
def test_nothing_moves_before_a_guess(open_box, widget):
    page = open_box(widget)
    asked_again = {"boundary": ["seed"]}.get(widget, [])
    free = page.eval_on_selector_all("input[type=range]:enabled", "all => all.map(one => one.name)")
    assert free == asked_again
    assert "Guess first" in page.inner_text(".predict-sentence")
    assert not page.locator("details").evaluate("one => one.open")
    before = drawn(page)
    page.get_by_role("button", name="two").press("Enter")
    assert page.locator("input[type=range]:disabled").count() == 0
    assert page.locator("details").evaluate("one => one.open")
    assert drawn(page)[1] != before[1]
    assert page.locator("[data-verdict=right]").count() == 1


@pytest.mark.parametrize("widget", ["ellipses", "gain", "outer"])
def test_a_wrong_guess_is_told_from_the_right_one(open_box, widget):
    page = open_box(widget)
    page.get_by_role("button", name="one").click()
    verdicts = page.eval_on_selector_all(".predict-options button", "all => all.map(one => one.dataset.verdict)")
    assert verdicts == ["wrong", "right"]


@pytest.mark.parametrize(
    ("widget", "slider", "key"),
    [("ellipses", "n", "ArrowRight"), ("gain", "n", "ArrowLeft"), ("outer", "noise", "ArrowLeft")],
)
def test_keys_move_the_drawing(open_box, widget, slider, key):
    page = open_box(widget)
    page.get_by_role("button", name="two").click()
    before, said = drawn(page), page.inner_text(".predict-sentence")
    press(page, slider, key)
    assert all(one != other for one, other in zip(before, drawn(page), strict=True))
    assert page.inner_text(".predict-sentence") != said
    assert page.get_attribute(f"input[name={slider}]", "aria-valuetext") == page.inner_text(f"output[for$={slider}]")


def test_opening_the_answer_counts_as_no_guess(open_box):
    page = open_box("gain")
    page.locator("summary").click()
    page.wait_for_selector("input[name=n]:enabled")
    assert page.locator("[aria-pressed=true]").count() == 0


def test_the_pointer_chooses_an_entry(open_box):
    page = open_box("outer")
    page.get_by_role("button", name="two").click()
    box = page.locator(".predict-matrix").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 6.5 / 24, box["y"] + box["height"] * 2.5 / 24)
    assert "Entry (3, 7)" in page.inner_text(".predict-sentence")
    kappa = solve_kappa(1.0, Spectrum.power_law(24, 1.0), 40)
    assert f"κ = {kappa:.3g}" in page.inner_text(".predict-sentence")


@pytest.mark.parametrize("seed", range(6))
def test_the_right_answer_is_that_of_the_seed(open_box, seed):
    page = open_box("boundary")
    for _ in range(seed):
        press(page, "seed")
    page.get_by_role("button", name="two").click()
    page.wait_for_function("document.querySelector('input[name=step]').value === '35'")
    one, two = (mixture.sample(predict.seeds()["boundary"])[seed, 0] for mixture in predict.mixtures())
    assert page.get_by_role("button", name="two").get_attribute("data-verdict") == (
        "right" if one * two < 0 else "wrong"
    )
    assert ("two sides" in page.inner_text(".predict-sentence")) == (one * two < 0)


def test_the_animation_plays_and_another_seed_is_asked_anew(open_box):
    page = open_box("boundary")
    page.emulate_media(reduced_motion="no-preference")
    page.get_by_role("button", name="one").click()
    page.wait_for_function("Number(document.querySelector('input[name=step]').value) > 2")
    press(page, "seed")
    assert page.locator("input[name=step]:disabled").count() == 1
    assert page.locator("[data-verdict=right], [data-verdict=wrong]").count() == 0


@pytest.mark.parametrize("widget", predict.STILLS)
def test_it_fits_a_phone(open_box, silent_tab, widget):
    silent_tab.set_viewport_size(PHONE)
    page = open_box(widget)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = [one.bounding_box() for one in page.locator(".predict svg").all()]
    assert len(boxes) == 2
    assert all(box["width"] > 250 and box["x"] + box["width"] <= 390 for box in boxes)


def test_every_drawing_has_a_picture():
    assert set(predict.still_figures()) == set(predict.STILLS)
