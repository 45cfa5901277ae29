"""Directive `theory-lab`: the laws for Gaussian data, computed in the reader's browser as controls are moved.

    ```{theory-lab}
    :view: gain
    ```

`view` is kappa, gain, variance, map or flips; without it the directive shows all of them. The scripts in `_static/lab`
are loaded on the pages that use the directive only. Two things are made when the site is built: the spectra of the
images, compressed, and the pictures that stand in where scripts do not run.
"""

import json
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from interactive import load_on_marked_pages, mark, output_folder
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

SCRIPTS = ("theory.js", "spectra.js", "chart.js", "lab.js")
# what the pictures show, and lab.js begins with
N_SAMPLES, SIGMA2, STEPS, TARGET, SPREAD = 300, 0.01, 18, 0.1, 0.2
SETTING = f"Natural patches, {N_SAMPLES} images"
VIEWS = {  # view -> what its picture shows, and from what it is made
    "kappa": (
        "Renormalised noise against noise: it leaves the identity at small noise and ends on a floor",
        f"{SETTING}.",
    ),
    "gain": (
        "Mean gain of each mode against its eigenvalue: the theory lies below the naive law",
        f"{SETTING}, noise variance {SIGMA2}.",
    ),
    "variance": (
        "Variance of the denoiser along each mode: as published, with the estimated mean, and complete",
        f"{SETTING}, noise variance {SIGMA2}, input a typical noisy image.",
    ),
    "map": (
        "Sampling map: mean amplitude of each mode below the naive one, difference between two splits by mode, and "
        "per pixel against the number of images, falling through the target",
        f"{SETTING}, except where their number varies; {STEPS} Heun steps. Dashed in the last panel: {TARGET:.0%} of "
        "the difference between unrelated images.",
    ),
    "flips": (
        "Two models of two groups in one dimension: their squared difference falls more slowly than one over the "
        "number of images, and would fall like one over its root if the gap were empty",
        f"Half of the images in each group, spread {SPREAD} of a group where the gap is 2.",
    ),
}


class Lab(nodes.General, nodes.Element):
    """Where the laws named in `views` will be drawn."""


class TheoryLab(SphinxDirective):
    """Leave a place for the lab and mark the page, so that it loads the scripts."""

    option_spec = {"view": lambda argument: directives.choice(argument, tuple(VIEWS))}  # noqa: RUF012

    def run(self):
        mark(self, "lab")
        return [Lab(views=[self.options["view"]] if "view" in self.options else list(VIEWS))]


def visit_lab(translator, node):
    """An empty container for the script, and pictures for readers without scripts."""
    page = translator.builder.get_target_uri(translator.builder.current_docname)
    pictures = "".join(
        f'<img src="{relative_uri(page, f"_static/lab/{view}.png")}" alt="{alt}"><p>{text}</p>'
        for view, (alt, text) in ((view, VIEWS[view]) for view in node["views"])
    )
    full = ' data-state-in-address="true"' if len(node["views"]) > 1 else ""
    lab = relative_uri(page, translator.builder.get_target_uri("book/lab"))
    translator.body.append(
        f'<div class="theory-lab" data-views="{" ".join(node["views"])}" data-lab="{lab}"{full}></div>\n'
        f'<noscript><div class="theory-lab-still">{pictures}<p>On the website, with scripts allowed, this moves.</p>'
        "</div></noscript>\n"
    )
    raise nodes.SkipNode


def write_files(app, env):
    """Write the spectra and the pictures, unless an earlier build has done so with this extension."""
    folder = output_folder(app, "lab")
    script = folder / "spectra.js"
    if app.builder.format != "html" or (script.exists() and script.stat().st_mtime > Path(__file__).stat().st_mtime):
        return
    from rmt_utils.files import write_file

    folder.mkdir(parents=True, exist_ok=True)
    spectra = image_spectra()
    for view, figure in still_figures(spectra["patches"]).items():
        figure.savefig(folder / f"{view}.png", dpi=120, bbox_inches="tight")
    write_file(script, spectra_script(spectra).encode())


def image_spectra():
    """Spectrum of each image source of the lab, by the name it has there."""
    from rmt_utils import Spectrum, flatten, load_images, patch_spectrum

    spectra = {name: Spectrum.from_samples(flatten(load_images(name))) for name in ("fashion-mnist", "digits")}
    return {"patches": patch_spectrum(32)} | spectra


def spectra_script(spectra):
    """JavaScript that adds `spectra`, each compressed to the measure of which theory.js makes a spectrum."""
    packed = {
        name: {
            "nodes": spectrum.compressed.nodes.tolist(),
            "weights": spectrum.compressed.weights.tolist(),
            "dim": spectrum.dim,
            "range": spectrum.measure.nodes[[0, -1]].tolist(),
        }
        for name, spectrum in spectra.items()
    }
    return f"theoryLab.spectra = {json.dumps(packed, separators=(',', ':'))};\n"


def still_figures(spectrum):
    """Matplotlib figure of each view, as the lab shows it at first."""
    import numpy as np
    from matplotlib import pyplot as plt

    from rmt_utils import (
        denoiser_gain,
        denoiser_mode_variance,
        edm_sigmas,
        flip_law,
        heun_map,
        mean_estimate_variance,
        solve_kappa,
        spectral_mean,
        spectral_variance,
    )
    from rmt_utils.style import STYLE

    eigenvalues, noise = spectrum.eigenvalues, np.logspace(-6, 4, 120)
    root, typical = np.sqrt(eigenvalues), np.sqrt(eigenvalues + SIGMA2)
    sigmas = edm_sigmas(STEPS)
    f, scale = heun_map(sigmas), sigmas[0]

    def cross_split(n):
        sampled = scale**2 * spectral_variance(f, spectrum, n - 1)
        return 2 * (sampled + mean_estimate_variance(f, spectrum, n))

    def variance(**law):
        return denoiser_mode_variance(typical, spectrum, SIGMA2, N_SAMPLES, **law)

    kappa = {"naive": noise, "theory": solve_kappa(noise, spectrum, N_SAMPLES)}
    gain = {
        "naive": eigenvalues / (eigenvalues + SIGMA2),
        "theory": denoiser_gain(spectrum, SIGMA2, N_SAMPLES),
    }
    laws = {
        "completed": variance(),
        "+ mean only": variance(pairing=False),
        "published": variance(mean="known", pairing=False),
    }
    amplitude = {
        "naive": scale * f(eigenvalues) / root,
        "theory": scale * spectral_mean(f, spectrum, N_SAMPLES - 1) / root,
    }
    difference = {"unrelated": 2 * eigenvalues, "theory": cross_split(N_SAMPLES)}
    mode = r"eigenvalue $\lambda$"
    sizes = np.geomspace(10, 1e6, 21)
    per_pixel = {
        "target": np.full(sizes.size, 2 * TARGET * spectrum.trace / spectrum.dim),
        "theory": [cross_split(n).sum() / spectrum.dim for n in sizes],
    }
    flips = {"empty gap": 4 / np.sqrt(np.pi * sizes), "theory": flip_law(0.5, 1.0, SPREAD, sizes)}
    panels = {  # view -> (x label, y label, scale of y, x, curves)
        "kappa": [(r"noise $\sigma^2$", r"$\kappa$", "log", noise, kappa)],
        "gain": [(mode, "mean gain", "linear", eigenvalues, gain)],
        "variance": [(mode, "variance", "log", eigenvalues, laws)],
        "map": [
            (mode, r"mean amplitude / $\sqrt{\lambda}$", "linear", eigenvalues, amplitude),
            (mode, "cross-split MSE", "log", eigenvalues, difference),
            ("images $n$", "cross-split MSE per pixel", "log", sizes, per_pixel),
        ],
        "flips": [("images $n$", "squared difference", "log", sizes, flips)],
    }
    with plt.style.context(STYLE):
        return {view: draw(plt, content) for view, content in panels.items()}


def draw(plt, panels):
    """One figure with the given panels, two side by side."""
    from rmt_utils.style import NAIVE, SPLIT_1, THEORY

    styles = {name: {"color": NAIVE, "ls": "--"} for name in ("naive", "published", "unrelated", "target", "empty gap")}
    styles["+ mean only"] = {"color": SPLIT_1}
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = plt.figure(figsize=(5 * columns, 3.2 * rows))
    for place, (x_label, y_label, scale, x, curves) in enumerate(panels, 1):
        axis = figure.add_subplot(rows, columns, place)
        for name, y in curves.items():
            axis.plot(x, y, label=name, **styles.get(name, {"color": THEORY}))
        axis.set(xlabel=x_label, ylabel=y_label, xscale="log", yscale=scale)
        axis.legend()
    plt.close(figure)
    return figure


def setup(app):
    """Register with Sphinx."""
    app.add_node(Lab, html=(visit_lab, None))
    app.add_directive("theory-lab", TheoryLab)
    app.connect("env-updated", write_files)
    load_on_marked_pages(app, "lab", ["lab/lab.css"], [f"lab/{script}" for script in SCRIPTS])
    return {"parallel_read_safe": True, "parallel_write_safe": True}
