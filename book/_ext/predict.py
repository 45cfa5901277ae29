"""Directive `predict`: a question, its answers, and a drawing that moves once the reader has guessed.

    ```{predict} gain
    :right: 2

    The question.

    - one answer
    - another one, the right one

    What there is to learn.
    ```

The argument names the drawing (`STILLS`). `right` is the number of the right answer; without it the drawing's script
knows. The scripts in `_static/predict` are loaded on the pages that use the directive only; what they show and the
pictures that stand in where scripts do not run are made when the site is built.
"""

import json
from pathlib import Path

import numpy as np
from docutils import nodes
from docutils.parsers.rst import directives
from interactive import is_used, load_on_marked_pages, mark, output_folder
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

STYLES = ("lab/lab.css", "predict/predict.css")
SCRIPTS = ("lab/theory.js", "lab/chart.js", "predict/planes.js", "predict/data.js", "predict/predict.js")
STILLS = {  # drawing -> what its picture shows
    "ellipses": "Two sets of 10 and of 160 points, their ellipses, and the two samples of one seed: apart, and close",
    "gain": "Mean gain of each mode: the curve slides towards larger eigenvalues as the images get fewer",
    "outer": "Variance of each entry of the denoiser at three noise levels: one bright spot, which wanders",
    "boundary": "Six seeds on their paths through two models; some pass the boundary on two sides",
}
VARIANCES, N_POINTS, N_FITTED = (4.0, 0.5), 500, 100


class Predict(nodes.General, nodes.Element):
    """Question, answers, drawing and what there is to learn, of the drawing `widget`."""


class Part(nodes.General, nodes.Element):
    """One of these; `kind` is question, options or answer."""


class PredictFirst(SphinxDirective):
    """Parse the text and mark the page, so that it loads the scripts."""

    has_content, required_arguments = True, 1
    option_spec = {"right": directives.positive_int}  # noqa: RUF012

    def run(self):
        widget = directives.choice(self.arguments[0], tuple(STILLS))
        parsed = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, parsed)
        places = [i for i, child in enumerate(parsed.children) if isinstance(child, nodes.bullet_list)]
        if len(places) != 1:
            raise self.error(f"predict: one list of answers is needed, got {len(places)}")
        ends = 0, places[0], places[0] + 1, len(parsed.children)
        parts = zip(("question", "options", "answer"), ends, ends[1:], strict=False)
        mark(self, "predict")
        children = [Part("", *parsed.children[low:high], kind=kind) for kind, low, high in parts]
        return [Predict("", *children, widget=widget, right=self.options.get("right", 0))]


def visit_predict(translator, node):
    """Open the box."""
    right = f' data-right="{node["right"]}"' if node["right"] else ""
    translator.body.append(f'<div class="predict" data-widget="{node["widget"]}"{right}>\n')


def visit_part(translator, node):
    """Open a part; before the answer stands the drawing, or a picture for readers without scripts."""
    if node["kind"] != "answer":
        translator.body.append(f'<div class="predict-{node["kind"]}">\n')
        return
    widget = node.parent["widget"]
    page = translator.builder.get_target_uri(translator.builder.current_docname)
    picture = relative_uri(page, f"_static/predict/{widget}.png")
    translator.body.append(
        '<div class="predict-stage"></div>\n<noscript><div class="theory-lab-still">'
        f'<img src="{picture}" alt="{STILLS[widget]}"><p>{STILLS[widget]}.</p></div></noscript>\n'
        '<details class="predict-answer"><summary>Answer</summary>\n'
    )


def depart_part(translator, node):
    """Close a part."""
    translator.body.append("</details>\n" if node["kind"] == "answer" else "</div>\n")


def depart_predict(translator, node):
    """Close the box."""
    translator.body.append("</div>\n")


def write_files(app, env):
    """Write the numbers and the pictures, unless an earlier build has done so with this extension."""
    if app.builder.format != "html" or not is_used(env, "predict"):
        return
    folder = output_folder(app, "predict")
    script = folder / "data.js"
    if script.exists() and script.stat().st_mtime > Path(__file__).stat().st_mtime:
        return
    from rmt_utils.files import write_file

    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in still_figures().items():
        figure.savefig(folder / f"{name}.png", dpi=100, bbox_inches="tight")
    write_file(script, data_script().encode())


def points():
    """Two sets of points of the first chapter's two modes: (2, N_POINTS, 2). Their beginnings are smaller sets."""
    normal = np.random.default_rng(4).standard_normal((2, N_POINTS, 2))
    return (normal * np.sqrt(VARIANCES)).round(3)


def mixtures():
    """Two mixtures of two Gaussians, each fitted to its own N_FITTED points of two groups in the plane."""
    from rmt_utils import Mixture

    rng, fitted = np.random.default_rng(0), []
    for _ in range(2):
        side = rng.choice([-1.0, 1.0], (N_FITTED, 1))
        images = side * [1.0, 0.3] + rng.normal(0, (0.35, 0.8), (N_FITTED, 2))
        fitted.append(Mixture.fit(images, 2))
    return fitted


def seeds():
    """Seeds (6, 2) each: for the linear models, and, half of them on two sides, for the mixtures."""
    from rmt_utils.models.linear import seed_noise

    noise = seed_noise(range(400), 2).round(3)
    size = np.linalg.norm(noise, axis=1)
    wide, noise = noise[(size > 1) & (size < 1.7)], noise[size < 1.7]
    one, two = (mixture.sample(noise)[:, 0] for mixture in mixtures())
    apart, settled = noise[one * two < 0], noise[(one * two > 0) & (np.abs(one) > 0.5)]
    mixed = np.stack([settled[:3], apart[:3]], axis=1).reshape(-1, 2)[[1, 0, 2, 3, 5, 4]]
    return {"linear": wide[:6], "boundary": mixed}


def data_script():
    """JavaScript that adds all this to `planes`."""
    data = {
        "population": {"mean": [0, 0], "covariance": [VARIANCES[0], 0, VARIANCES[1]]},
        "points": points().tolist(),
        "mixtures": [packed(mixture) for mixture in mixtures()],
        "seeds": {name: values.tolist() for name, values in seeds().items()},
    }
    return f"planes.data = {json.dumps(data, separators=(',', ':'))};\n"


def packed(mixture):
    """A mixture in the plane as the script has it: covariances as xx, xy, yy."""
    covariances = mixture.covariances.reshape(-1, 4)[:, [0, 1, 3]]
    parts = {"weights": mixture.weights, "means": mixture.means, "covariances": covariances}
    return {name: values.tolist() for name, values in parts.items()}


def still_figures():
    """Matplotlib figure of each drawing."""
    from matplotlib import pyplot as plt

    from rmt_utils.style import STYLE

    drawings = {"ellipses": (2, still_ellipses), "gain": (1, still_gain), "outer": (3, still_outer)}
    drawings["boundary"] = 1, still_boundary
    figures = {}
    with plt.style.context(STYLE):
        for name, (columns, draw) in drawings.items():
            figures[name], axes = plt.subplots(1, columns, figsize=(3.6 * columns, 3.4), squeeze=False)
            draw(axes[0])
            plt.close(figures[name])
    return figures


def still_ellipses(axes):
    """Ten points and 160."""
    from rmt_utils import Spectrum
    from rmt_utils.book.drawing import ellipse
    from rmt_utils.models import linear
    from rmt_utils.style import SPLIT_1, SPLIT_2, THEORY

    for axis, n in zip(axes, (10, 160), strict=True):
        ellipse(axis, Spectrum(VARIANCES), THEORY, radius=1.0, lw=0.8)
        for split, tone in zip(points(), (SPLIT_1, SPLIT_2), strict=True):
            model = Spectrum.from_samples(split[:n])
            axis.plot(*split[:n].T, ".", ms=2, color=tone, alpha=0.6)
            ellipse(axis, model, tone, radius=1.0)
            axis.plot(*linear.sample(model, seeds()["linear"][:1])[0], "o", color=tone)
        axis.set(title=f"{n} points", xlim=(-4.5, 4.5), ylim=(-4.5, 4.5))


def still_gain(axes):
    """Four numbers of images."""
    from rmt_utils import Spectrum, denoiser_gain
    from rmt_utils.style import NAIVE, SERIES

    law = Spectrum.power_law(256, 1.0)
    for n, tone in zip((30, 100, 300, 10_000), SERIES, strict=False):
        axes[0].semilogx(law.eigenvalues, denoiser_gain(law, 0.1, n), color=tone, label=f"$n={n}$")
    axes[0].semilogx(law.eigenvalues, law.eigenvalues / (law.eigenvalues + 0.1), "--", color=NAIVE, label="naive")
    axes[0].set(xlabel=r"eigenvalue $\lambda$", ylabel="mean gain")
    axes[0].legend()


def still_outer(axes):
    """Three noise levels."""
    from rmt_utils import Spectrum, solve_kappa

    law = Spectrum.power_law(24, 1.0)
    for axis, noise in zip(axes, (0.1, 1.0, 10.0), strict=True):
        w = law.eigenvalues / (law.eigenvalues + solve_kappa(noise, law, 40)) ** 2
        axis.imshow(np.outer(w, w), cmap="Greys")
        axis.set(title=rf"$\sigma^2={noise:g}$", xlabel="output mode", ylabel="input mode")


def still_boundary(axes):
    """All six seeds."""
    from rmt_utils import edm_sigmas
    from rmt_utils.style import NAIVE, SPLIT_1, SPLIT_2

    scale, noise = np.sqrt(1 + edm_sigmas(35)[:, None, None] ** 2), seeds()["boundary"]
    for mixture, tone in zip(mixtures(), (SPLIT_1, SPLIT_2), strict=True):
        for path in (mixture.path(noise) / scale).swapaxes(0, 1):
            axes[0].plot(*path.T, color=tone)
            axes[0].plot(*path[-1], "o", color=tone)
    axes[0].plot(*noise.T, "*", ms=10, color=NAIVE)
    axes[0].axvline(0, color=NAIVE, lw=0.5)


def setup(app):
    """Register with Sphinx."""
    app.add_node(Predict, html=(visit_predict, depart_predict))
    app.add_node(Part, html=(visit_part, depart_part))
    app.add_directive("predict", PredictFirst)
    app.connect("env-updated", write_files)
    load_on_marked_pages(app, "predict", STYLES, SCRIPTS)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
