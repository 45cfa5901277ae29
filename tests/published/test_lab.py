"""The theory lab: its numbers are those of rmt_utils, and its page works by mouse, by keyboard and without scripts."""

import re
from bisect import bisect_left

import numpy as np
import pytest
import theory_lab
from conftest import ROOT
from scipy.special import ndtr

from rmt_utils import (
    Spectrum,
    denoiser_gain,
    denoiser_mode_variance,
    denoiser_variance,
    df1,
    early_stopped_map,
    edm_sigmas,
    exact_map,
    flip_law,
    heun_map,
    mean_estimate_variance,
    solve_kappa,
    spectral_mean,
    spectral_variance,
)

STATIC = ROOT / "book" / "_static" / "lab"
KINDS = ("patches", "fashion-mnist", "digits", "power", "levels", "equal", "own")
AGREEMENT = 1e-6  # relative: more than any chart shows; rmt_utils itself promises 1e-11 of the largest value
SIGMA_MAX = 80.0
THEME = '<!doctype html><meta charset="utf-8"><style>:root { --pst-color-accent: purple }</style>'
PROBES = 7  # eigenvalues at which the laws are compared

EVALUATE = """cases => cases.map(one => {
  const {powerLaw, twoLevels, compress, measure, spectra} = theoryLab;
  const image = spectra[one.kind];
  const spectrum = image ? measure(image.nodes, image.weights, image.dim, image.range)
    : one.kind === "power" ? powerLaw(one.dim, one.exponent)
    : one.kind === "levels" ? twoLevels(one.dim, one.ratio, one.share)
    : compress(one.kind === "equal" ? Array(one.dim).fill(1) : one.eigenvalues);
  const {denoiserVariance} = theoryLab, map = {steps: one.steps, tau: one.tau ?? Infinity};
  const law = theoryLab.samplingLaw(map, spectrum, one.n);
  const variance = (input, name) => one.probes.map(denoiserVariance(one.sigma2, spectrum, one.n, input, name));
  const z = theoryLab.kappaAlong(one.zRe, one.zIm, spectrum, one.n);
  return {
    kappa: theoryLab.kappa(one.sigma2, spectrum, one.n),
    kappaRe: Array.from(z.re),
    kappaIm: Array.from(z.im),
    gain: one.probes.map(theoryLab.gain(one.sigma2, spectrum, one.n)),
    published: variance("typical", "published"),
    mean: variance("typical", "mean"),
    full: variance("typical", "full"),
    aligned: variance("aligned", "full"),
    amplitude: one.probes.map(law.mean),
    difference: one.probes.map(law.difference),
    total: theoryLab.crossSplit(map, spectrum, one.n),
    images: one.target && theoryLab.imagesFor(one.target * 2 * spectrum.trace / spectrum.dim, map, spectrum),
  };
})"""


@pytest.fixture(scope="module")
def images():
    """Spectra of the image sources by their names in the lab."""
    return theory_lab.image_spectra()


@pytest.fixture(scope="module")
def cases(images):
    """70 random settings, among them sample sizes at the rank of the covariance: ``draw_case``.

    A third of them, some of each kind, have a target to forecast, which takes longer than all other laws together.
    """
    rng = np.random.default_rng(2)
    drawn = [draw_case(rng, KINDS[index % len(KINDS)], images) for index in range(70)]
    for index, (case, _, _) in enumerate(drawn):
        if index % 3:
            case["target"] = None
    return drawn


def draw_case(rng, kind, images):
    """What the browser is told, the spectrum, and the indices of the modes that are compared."""
    dim = int(10 ** rng.uniform(0.5, 3.6))
    case = {
        "kind": kind,
        "dim": dim,
        "exponent": rng.uniform(0, 3),
        "ratio": 10 ** rng.uniform(0, 5),
        "share": rng.uniform(0, 1),
        "sigma2": 10 ** rng.uniform(-6, 4),
        "steps": int(rng.choice([0, 3, 4, 5, 8, 10, 12, 18, 35, 80])),
        "target": 10 ** rng.uniform(-3, -0.3),
    }
    if kind in images:
        spectrum = Spectrum(images[kind].eigenvalues)
    elif kind == "power":
        spectrum = Spectrum.power_law(dim, case["exponent"])
    elif kind == "levels":
        upper = min(dim - 1, max(1, int(np.floor(case["share"] * dim + 0.5))))
        levels = np.where(np.arange(dim) < upper, case["ratio"], 1.0)
        spectrum = Spectrum(levels / levels.mean())
    elif kind == "equal":
        spectrum = Spectrum(np.ones(dim))
    else:
        spectrum = Spectrum(rng.gamma(0.3, size=dim).round(7) + (np.arange(dim) == 0))
        case["eigenvalues"] = spectrum.eigenvalues.tolist()
    near_rank = spectrum.dim + rng.integers(0, 3)
    n = max(10, near_rank if rng.uniform() < 0.2 else np.round(10 ** rng.uniform(1, 6)))
    radius, angles = 10 ** rng.uniform(-4, 3), np.linspace(-0.7, -0.02, 8) * np.pi
    positive = np.flatnonzero(spectrum.eigenvalues)
    picked = positive[np.linspace(0, positive.size - 1, PROBES).astype(int)]
    case |= {
        "n": float(n),
        "zRe": (radius * np.cos(angles)).tolist(),
        "zIm": (radius * np.sin(angles)).tolist(),
        "probes": spectrum.eigenvalues[picked].tolist(),
    }
    if case["steps"] > 3 and rng.uniform() < 0.5:
        case["tau"] = 10 ** rng.uniform(-2, 4)
    return case, spectrum, picked


def cross_split(f, spectrum, n):
    """Squared difference of two models in every mode (modes,)."""
    sampled = SIGMA_MAX**2 * spectral_variance(f, spectrum, n - 1)
    return 2 * (sampled + mean_estimate_variance(f, spectrum, n))


def reference(case, spectrum, picked, images):
    """What rmt_utils says where the lab said `images` for the forecast."""
    n, sigma2, eigenvalues = case["n"], case["sigma2"], spectrum.eigenvalues
    pixel, tau = np.sqrt(spectrum.trace / spectrum.dim), case.get("tau", np.inf)
    f = early_stopped_map(edm_sigmas(case["steps"]), tau, pixel) if case["steps"] else exact_map(SIGMA_MAX)
    typical = np.sqrt(eigenvalues + sigma2)
    along = np.eye(spectrum.dim)[picked]
    difference = cross_split(f, spectrum, n)
    kappa = solve_kappa(np.array(case["zRe"]) + 1j * np.array(case["zIm"]), spectrum, n)

    def excess(size):
        """log of the MSE at `size` images over the target."""
        return np.log(cross_split(f, spectrum, size).sum() / (2 * case["target"] * spectrum.trace))

    forecast = {}
    if images:
        # one Newton step in log n from the lab's answer: where that is right to 1e-6, this is right to its square
        slope = (excess(1.001 * images) - excess(images)) / np.log(1.001)
        forecast = {"images": images * np.exp(-excess(images) / slope)}
    elif case["target"]:  # any number will do
        assert excess(2) <= 0
    return forecast | {
        "kappa": solve_kappa(sigma2, spectrum, n),
        "kappaRe": kappa.real,
        "kappaIm": kappa.imag,
        "gain": denoiser_gain(spectrum, sigma2, n)[picked],
        "published": denoiser_mode_variance(typical, spectrum, sigma2, n, "known", pairing=False)[picked],
        "mean": denoiser_mode_variance(typical, spectrum, sigma2, n, pairing=False)[picked],
        "full": denoiser_mode_variance(typical, spectrum, sigma2, n)[picked],
        "aligned": denoiser_variance(along, typical * along, spectrum, sigma2, n),
        "amplitude": SIGMA_MAX * spectral_mean(f, spectrum, n - 1)[picked],
        "difference": difference[picked],
        "total": difference.sum() / spectrum.dim,
    }


def test_numbers_are_those_of_the_package(tab, images, cases):
    tab.add_script_tag(path=STATIC / "theory.js")
    tab.add_script_tag(content=theory_lab.spectra_script(images))
    answers = tab.evaluate(EVALUATE, [case for case, _, _ in cases])
    worst = {}
    for (case, spectrum, picked), answer in zip(cases, answers, strict=True):
        for law, value in reference(case, spectrum, picked, answer["images"]).items():
            gap = np.max(np.abs(np.array(answer[law]) / value - 1))
            if not gap <= worst.get(law, (0.0,))[0]:
                worst[law] = gap, {key: case[key] for key in ("kind", "dim", "n", "sigma2", "steps", "target")}
    print(*(f"{law}: {gap:.1e} at {case}" for law, (gap, case) in worst.items()), sep="\n")
    assert {law: found for law, found in worst.items() if not found[0] < AGREEMENT} == {}


def test_the_law_of_flips_is_that_of_the_package(tab):
    tab.add_script_tag(path=STATIC / "theory.js")
    rng = np.random.default_rng(3)
    cases = [[rng.uniform(0.05, 0.95), 10 ** rng.uniform(-1.7, 0), 10 ** rng.uniform(1, 6)] for _ in range(20)]
    found = tab.evaluate("all => all.map(([p, s, n]) => theoryLab.flipLaw(p, s)(n))", cases)
    p, spread, n = np.transpose(cases)
    np.testing.assert_allclose(found, flip_law(p, 1.0, spread, n), rtol=5e-4)  # half a unit of the three digits shown


def test_samples_of_two_groups_are_quantiles(tab):
    seeds = np.linspace(-3, 3, 13)
    tab.add_script_tag(path=STATIC / "theory.js")
    for p, spread in ((0.5, 0.2), (0.05, 0.02), (0.9, 1.0)):
        one = "([p, spread, seeds]) => seeds.map(seed => theoryLab.quantile(p, spread, seed))"
        found = tab.evaluate(one, [p, spread, list(seeds)])
        rank = p * ndtr((np.array(found) + 1) / spread) + (1 - p) * ndtr((np.array(found) - 1) / spread)
        np.testing.assert_allclose(rank, ndtr(seeds), rtol=1e-8)


def test_the_tips_on_the_page_say_what_rmt_utils_says(images):
    """Every number in the text above the lab, from the settings that its link holds and the lab's own for the rest."""
    patches, tips = images["patches"], " ".join((ROOT / "book" / "lab.md").read_text().split())
    equal, power = Spectrum(np.ones(1024)), Spectrum.power_law(3072, 1.3)
    few, start = heun_map(edm_sigmas(5)), heun_map(edm_sigmas(18))
    top, last = np.eye(patches.dim)[0], patches.eigenvalues[-1]
    along = [np.sqrt(patches.eigenvalues[0] + 0.01) * top, patches, 0.01, 300]
    published = denoiser_variance(top, *along, mean="known", pairing=False)

    def flips(spread):
        few, many = flip_law(0.5, 1.0, spread, np.array([1e4, 1e6]))
        return few / many

    stopped = early_stopped_map(edm_sigmas(18), 3.0, np.sqrt(patches.trace / patches.dim))
    late, early = (cross_split(f, patches, 300).sum() / (2 * patches.trace) for f in (start, stopped))

    def images_for_a_tenth(spectrum):
        sizes = range(10, 10**4)
        return sizes[
            bisect_left(sizes, True, key=lambda n: cross_split(start, spectrum, n).sum() <= 0.2 * spectrum.trace)
        ]

    floor, at_rank = solve_kappa([0, 1e-6], patches, 100), solve_kappa(1e-4, equal, 1024)
    said = [
        f"noise of $10^{{-6}}$ acts like {floor[1]:.1f}, and so would none",
        f"hides all but {df1(floor[0], patches):.0f} modes",
        f"noise of $10^{{-4}}$ acts like $10^{{{np.log10(at_rank):.0f}}}$",
        f"is {denoiser_variance(top, *along) / published:.1f} times the published one",
        f"come out {SIGMA_MAX * spectral_mean(few, patches, 10**5 - 1)[-1] / np.sqrt(last):.1f} times too large",
        f"differ there by {50 * cross_split(few, patches, 10**5)[-1] / last:.0f} % of what unrelated images do",
        f"takes {images_for_a_tenth(power)} images to come within 10 %",
        f"only {images_for_a_tenth(patches)}.",
        f"differ by {early:.1%} of what unrelated images do, and trained to the end by {late:.1%};".replace("%", " %"),
        f"are still {SIGMA_MAX * spectral_mean(stopped, patches, 299)[-1] / np.sqrt(last):.0f} times too large",
        f"the squared difference down {flips(0.05):.0f} times only",
        f"where they nearly touch</a> {flips(0.4):.0f} times",
    ]
    assert floor[0] == pytest.approx(floor[1], rel=1e-3)
    assert [one for one in said if one not in tips] == []


# ---- The page, alone in a folder: no server, no site ----


@pytest.fixture(scope="module")
def folder(images, tmp_path_factory):
    """Folder with the lab's files and pages that show all of it and one view."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "spectra.js").write_text(theory_lab.spectra_script(images))
    own = [name for name in theory_lab.SCRIPTS if name != "spectra.js"]
    for name in [*own, "lab.css"]:
        (folder / name).write_text((STATIC / name).read_text())
    scripts = "".join(f'<script defer src="{name}"></script>' for name in theory_lab.SCRIPTS)
    head = f"{THEME}<link rel=stylesheet href=lab.css>{scripts}"
    pages = {
        "all": ' data-state-in-address="true" data-views="kappa gain variance map flips"',
        "gain": ' data-views="gain"',
        "flips": ' data-views="flips"',
    }
    for name, attributes in pages.items():
        (folder / f"{name}.html").write_text(f'{head}<div class="theory-lab" data-lab="all.html"{attributes}></div>')
    return folder


@pytest.fixture
def open_lab(silent_tab, folder):
    """Open the lab at an address such as "all.html#n=100"."""

    def open_page(address="all.html"):
        silent_tab.goto(f"{folder.as_uri()}/{address}")
        silent_tab.wait_for_selector(".lab-canvas svg")
        return silent_tab

    return open_page


def curves(page):
    """Path of every line drawn, by chart."""
    return page.evaluate("""() => Object.fromEntries([...document.querySelectorAll("[data-chart]")].map(
        chart => [chart.dataset.chart, [...chart.querySelectorAll(".lab-line")].map(one => one.getAttribute("d"))]))""")


def forecasted(page):
    """The forecast number of images, once it is there."""
    page.wait_for_selector(".lab-numbers p:nth-child(4):not(:has(.lab-stale)) b:not(:text('…'))")
    return page.inner_text(".lab-numbers p:nth-child(4) b")


def move(page, name, steps=1):
    """Move a slider by the keyboard and wait until it has been drawn."""
    page.focus(f"input[name={name}]")
    page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_a_control_moves_the_curves_that_depend_on_it(open_lab):
    # which charts a control changes, the forecast's curve aside, which comes later
    depend = {
        "n": {"kappa", "gain", "variance", "mean", "difference", "quantiles"},
        "sigma": {"gain", "variance"},
        "steps": {"mean", "difference"},
        "time": {"mean", "difference"},
        "weight": {"quantiles"},  # p (1 - p) hardly moves near p = 1/2
        "spread": {"quantiles", "flips"},
    }
    page = open_lab()
    forecasted(page)
    for name, charts in depend.items():
        before, shown = curves(page), page.inner_text(f"output[for$='-{name}']")
        step = -1 if name == "time" else 1  # from the end of its slider
        move(page, name, step)
        after = curves(page)
        assert {chart for chart in before if before[chart] != after[chart]} - {"images"} == charts, name
        assert page.inner_text(f"output[for$='-{name}']") != shown
        move(page, name, -step)


def test_forecast_follows_the_target(open_lab):
    page = open_lab("all.html#target=0.1")
    few = forecasted(page)
    page.goto(page.url.replace("0.1", "0.01"))
    page.reload()
    assert int(forecasted(page).replace(",", "")) > int(few.replace(",", ""))


def test_tab_reaches_every_control_and_shows_where_it_is(open_lab):
    page = open_lab()
    wanted = page.eval_on_selector_all(
        "form :is(select, input, textarea)", "all => all.filter(one => one.offsetParent).map(one => one.name)"
    )
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.name, getComputedStyle(document.activeElement).outlineStyle]"
        )
        reached.append(name)
        assert outline != "none"
    assert reached == wanted


def test_controls_have_names_values_and_an_announcement(open_lab):
    page = open_lab("all.html#n=500")
    slider = page.get_by_role("slider", name="images n")
    assert slider.get_attribute("aria-valuetext") == "500"
    assert page.get_by_role("combobox", name="spectrum").count() == 1
    page.wait_for_function("document.querySelector('[role=status]').textContent.includes('acts like')")
    charts = page.get_by_role("img")
    assert charts.count() == 8
    assert all(re.search(r"\d", charts.nth(index).get_attribute("aria-label")) for index in range(8))


def test_address_holds_the_view(open_lab):
    page = open_lab()
    move(page, "n")
    page.select_option("select[name=spectrum]", "power")
    page.wait_for_function("location.hash.includes('spectrum=power')")
    move(page, "exponent")
    page.wait_for_function("location.hash.includes('exponent=')")
    forecasted(page)
    seen, address = curves(page), page.url
    page.reload()
    forecasted(page)
    assert page.url == address
    assert curves(page) == seen


def test_back_returns_to_the_view_before(open_lab):
    page = open_lab("all.html#n=500")
    page.select_option("select[name=spectrum]", "digits")
    page.wait_for_function("location.hash.includes('digits')")
    page.go_back()
    page.wait_for_function("document.querySelector('select[name=spectrum]').value === 'patches'")
    assert page.inner_text("output[for$='-n']") == "500"


@pytest.mark.parametrize("address", ["n=-5&sigma=x&steps=1e9&spectrum=none", "%", "n=&dim=,&unknown=1"])
def test_nonsense_in_the_address_is_left_aside(open_lab, address):
    page = open_lab(f"all.html#{address}")
    assert page.inner_text("output[for$='-n']") == "300"


def test_pasted_eigenvalues(open_lab):
    page = open_lab("all.html#spectrum=own")
    area = page.locator("textarea[name=own]")
    area.fill("4\n1, 1; 1e-2")
    page.wait_for_function("document.querySelector('.lab-note').textContent.startsWith('4 eigenvalues, 0.01 to 4')")
    forecasted(page)
    before = curves(page)
    area.fill("4 1 -1")
    page.wait_for_function("document.querySelector('.lab-error').textContent.includes('“-1”')")
    assert area.get_attribute("aria-invalid") == "true"
    assert curves(page) == before


def test_a_single_view_leads_to_the_lab(open_lab):
    page = open_lab("gain.html")
    assert list(curves(page)) == ["gain"]
    assert page.locator("input[name=steps]").count() == 0
    move(page, "n")
    assert page.get_attribute(".lab-end a", "href").startswith("all.html#n=")
    assert "#" not in page.url


def test_two_groups_need_no_spectrum(open_lab):
    page = open_lab("flips.html")
    before = curves(page)
    assert list(before) == ["quantiles", "flips"]
    assert page.locator("select, textarea").count() == 0
    move(page, "spread")
    assert all(before[chart] != after for chart, after in curves(page).items())
    assert page.get_attribute(".lab-end a", "href").startswith("all.html#spread=")


# ---- In the site ----


def test_scripts_are_loaded_only_where_they_are_used(site):
    users = [path.name for path in site.rglob("*.html") if "lab/lab.js" in path.read_text()]
    assert "lab.html" in users
    assert all('class="theory-lab"' in path.read_text() for path in site.rglob("*.html") if path.name in users)
    assert "theory.html" not in users


def test_chapters_hold_their_views(site):
    pages = sorted((site / "notebooks").glob("*.html"))
    views = {page.stem: re.findall('class="theory-lab" data-views="(.*?)"', page.read_text()) for page in pages}
    assert {name: found for name, found in views.items() if found} == {
        "02_kappa": ["kappa", "gain"],
        "03_variance": ["variance"],
        "04_fractional_powers": ["map"],
        "08_fragile_seeds": ["flips"],
    }
