"""Directive `seed-explorer`: samples of models of two halves, seed by seed and size by size, to be leafed through.

    ```{seed-explorer}
    ```

The scripts in `_static/explorer` are loaded on the pages that use the directive only. What they show is made when the
site is built: one sprite for each data set, model and size, a table of numbers, and a picture that stands in where
scripts do not run.
"""

import hashlib
import json
from pathlib import Path

from docutils import nodes
from interactive import is_used, load_on_marked_pages, mark, output_folder
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

SCRIPTS = ("data.js", "explorer.js")
STILL_SIZES, STILL_SEEDS = (100, 1000), slice(38, 48)  # among them the seed that explorer.js begins with
STILL = "Samples of models of two halves of {} and of {} Fashion-MNIST images each, and the nearest training images"
STILL = STILL.format(*STILL_SIZES)
LABELS = {"linear": "linear", "unet": "UNet", "dit": "DiT"}


class Explorer(nodes.General, nodes.Element):
    """Where the explorer will stand."""


class SeedExplorer(SphinxDirective):
    """Leave a place for the explorer and mark the page, so that it loads the scripts."""

    def run(self):
        mark(self, "explorer")
        return [Explorer()]


def visit_explorer(translator, node):
    """An empty container for the script, and a picture for readers without scripts."""
    page = translator.builder.get_target_uri(translator.builder.current_docname)
    picture = relative_uri(page, "_static/explorer/still.png")
    text = (
        f"{STILL}, for seeds {STILL_SEEDS.start} to {STILL_SEEDS.stop - 1}. "
        "On the website, with scripts allowed, models, seeds and sizes can be chosen here."
    )
    translator.body.append(
        '<div class="seed-explorer"></div>\n<noscript><div class="seed-explorer-still">'
        f'<img src="{picture}" alt="{STILL}"><p>{text}</p></div></noscript>\n'
    )
    raise nodes.SkipNode


def write_files(app, env):
    """Write sprites, numbers and picture, unless an earlier build has done so from the same code and runs."""
    if app.builder.format != "html" or not is_used(env, "explorer"):
        return
    runs, folder = Path(app.srcdir, "runs"), output_folder(app, "explorer")
    script, first_line = folder / "data.js", f"// {fingerprint(runs)}\n"
    if not (script.exists() and script.read_text(encoding="utf-8").startswith(first_line)):
        write(runs, folder, first_line)


def fingerprint(runs):
    """Hex digest of this extension and of the records, of runs and mixtures, in the folder `runs`."""
    sources = [Path(__file__), Path(__file__).with_name("explorer_samples.py"), *sorted(runs.glob("*.json"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def write(runs, folder, first_line):
    """Write everything into `folder`, at last the table of numbers, which begins with `first_line`."""
    import explorer_samples as samples
    from PIL import Image

    from rmt_utils.files import write_file

    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.png"):
        stale.unlink()
    table = {"size": samples.SIZE, "shown": samples.SHOWN, "sizes": samples.SIZES, "sources": {}}
    rows = {}
    for source, n, expected, views in samples.collect(runs):
        entry = table["sources"].setdefault(source, {"expected": {}, "models": {model: {} for model in LABELS}})
        entry["expected"][n] = shortened(expected)
        for model, view in views.items():
            sprite = f"{source}-{model}-{n}.png"
            Image.fromarray(view.sprite).save(folder / sprite, optimize=True)
            entry["models"][model][n] = {"sprite": sprite} | numbers(view)
        if source == samples.TRAINED_ON and n in STILL_SIZES:
            rows |= still_rows(views, n)
    fragility = samples.fragility(runs)
    if fragility is not None:
        table["sources"][samples.TRAINED_ON]["fragility"] = shortened(fragility)
    table["snapshots"] = {}
    for model, (steps, drawn) in samples.snapshots(runs).items():
        sprite = f"{samples.TRAINED_ON}-{model}-training.png"
        Image.fromarray(samples.grey_levels(drawn[:, : samples.SHOWN])).save(folder / sprite, optimize=True)
        table["snapshots"][model] = {"sprite": sprite, "steps": steps.tolist()}
    still_figure(rows, samples.SIZE).savefig(folder / "still.png", dpi=110, bbox_inches="tight")
    script = f"{first_line}const seedExplorer = {json.dumps(table, separators=(',', ':'))};\n"
    write_file(folder / "data.js", script.encode())


def numbers(view):
    """What the table says of a view: of all seeds the MSE, of those shown the distances."""
    return {
        "mse": shortened(view.mse),
        "own": [shortened(half) for half in view.own],
        "other": [shortened(half) for half in view.other],
    }


def shortened(values):
    """Numbers to four significant digits."""
    return [float(f"{value:.4g}") for value in values]


def still_rows(views, n):
    """Rows of the picture: samples of the UNet, if there is one, and their nearest training images."""
    model = "unet" if "unet" in views else "linear"
    rows = {}
    for half in (0, 1):
        place = f"half {half + 1}, $n$ = {n}"
        rows |= {f"{LABELS[model]}, {place}": views[model].samples[half]}
        rows |= {f"nearest in {place}": views[model].neighbours[half]}
    return {name: pictures[STILL_SEEDS] for name, pictures in rows.items()}


def still_figure(rows, size):
    """Matplotlib figure of the rows."""
    from matplotlib import pyplot as plt

    from rmt_utils.book.figures import image_rows
    from rmt_utils.style import STYLE

    with plt.style.context(STYLE):
        figure = image_rows(rows, (size, size, 1))
    plt.close(figure)
    return figure


def setup(app):
    """Register with Sphinx."""
    app.add_node(Explorer, html=(visit_explorer, None))
    app.add_directive("seed-explorer", SeedExplorer)
    app.connect("env-updated", write_files)
    load_on_marked_pages(app, "explorer", ["explorer/explorer.css"], [f"explorer/{script}" for script in SCRIPTS])
    return {"parallel_read_safe": True, "parallel_write_safe": True}
