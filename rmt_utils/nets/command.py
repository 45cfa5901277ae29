"""Train two networks on halves of your images and compare them; or train the networks of chapter 5.

With IMAGES two networks are trained on N images each, no picture of the one half being in the other; then the forecast
for linear models and what the networks did are printed. Without IMAGES it is a sweep. Runs that are finished are kept,
interrupted ones go on; killing the command loses a few seconds of work, and two commands in one folder share the work.
"""

import fnmatch
from pathlib import Path

from rmt_utils.files import check_output
from rmt_utils.nets import runs, sweep
from rmt_utils.nets.recipe import Recipe
from rmt_utils.nets.trained_on import training_images
from rmt_utils.progress import progress

OWN = {"n": None, "size": None, "steps": 5000, "network": "unet-small", "html": None}  # options that go with IMAGES


def add_arguments(parser):
    """Options of ``rmt train``."""
    parser.add_argument("images", nargs="?", metavar="IMAGES", help="images to train two networks on, as rmt forecast")
    parser.add_argument("--n", type=int, metavar="N", help="of IMAGES, for either network (default: half of them)")
    parser.add_argument("--size", type=int, help="side in pixels of IMAGES (default: at most 32)")
    parser.add_argument("--steps", type=int, help="of training, of 32 images each (default: 5000)")
    parser.add_argument("--network", metavar="NAME", help="for IMAGES, as dit-small (default: unet-small)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write forecast and comparison as one report")
    parser.add_argument("--profile", choices=["quick", "book", "paper"], default="book", help="which sweep")
    parser.add_argument("--source", help="images of the paper-size sweep: a folder, or hub:<dataset>")
    parser.add_argument("--only", metavar="PATTERN", default="*", help="runs whose name matches, such as 'unet*half1*'")
    parser.add_argument("--folder", type=Path, default="runs", help="where results are kept")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster that shares the folder, tcp://HOST:PORT")
    parser.add_argument("--list", action="store_true", help="say which runs are done, and train nothing")


def run(options):
    """Train what is missing, or list it; returns what is printed, and the report if asked for."""
    plan = _own(options) if options.images else _sweep(options)
    chosen = [one for one in plan if fnmatch.fnmatch(one.name, f"*{options.only}*")]
    if not chosen:
        raise ValueError(f"--only must match a run of the sweep, got {options.only!r}")
    if options.list:
        return "\n".join(f"{runs.state(one, options.folder):<10} {one.name}" for one in chosen), {}
    sweep.train(chosen, options.folder, options.scheduler)
    return _report(options, plan) if options.images and chosen == plan else (None, {})


def _sweep(options):
    for name in OWN:
        if getattr(options, name) is not None:
            raise ValueError(f"--{name} must go with IMAGES, got {getattr(options, name)}")
    if (options.profile == "paper") != (options.source is not None):
        raise ValueError("--source must be given with --profile paper, and only there")
    return sweep.paper(options.source) if options.profile == "paper" else getattr(sweep, options.profile)()


def _own(options):
    from rmt_utils.nets.own import pair

    if options.html:
        check_output("--html", options.html)
    given = {name: getattr(options, name) for name in OWN}
    settings = {name: OWN[name] if value is None else value for name, value in given.items()}
    recipe = Recipe(settings["network"], settings["steps"])
    return pair(options.images, options.n, options.size, recipe, options.folder, progress)


def _report(options, plan):
    """Forecast and comparison: what is printed, and the page."""
    from rmt_utils.comparison import report as compared
    from rmt_utils.comparison.compare import compare
    from rmt_utils.forecast import forecast
    from rmt_utils.forecast import report as forecasted
    from rmt_utils.nets.own import samples
    from rmt_utils.reports import PAGE

    n, size = plan[0].n_samples, plan[0].size
    expected = forecast(options.images, [n], size, progress=progress)
    a, b = (samples(one, runs.read(one, options.folder)) for one in plan)
    found = compare(a, b, images=[training_images(one) for one in plan])
    text = f"{forecasted.as_text(expected)}\n\n{compared.as_text(found)}"
    if not options.html:
        return text, {}
    body = (
        f"<h2>Forecast for linear models</h2>{forecasted.body(expected, options.typed)}"
        f"<h2>What the two networks did</h2>{compared.body(found, a, b)}"
    )
    return text, {options.html: PAGE.format(title="Forecast and outcome", body=body).encode()}
