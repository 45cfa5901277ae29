"""Say how far two models trained on disjoint sets of your own images will agree.

The forecast is for linear diffusion models, and calibrated on pairs of them fitted to disjoint parts of the images;
beside it stands what networks of chapter 5 of the book differed by. Samples are taken to solve the sampler's equation
exactly; models sampled in EDM's 18 Heun steps differ somewhat more (--steps 18). Every header of a folder is read
first, to settle size and colour, then every image once, or twice where it has more than 1000 numbers; a large folder
never stands in memory. Arrays (n, numbers) of floats are vectors of any range, such as latents.
"""

from importlib import import_module
from pathlib import Path

from rmt_utils.data.sources import SOURCES
from rmt_utils.files import check_output
from rmt_utils.forecast import forecast
from rmt_utils.forecast.report import as_html, as_json, as_text
from rmt_utils.progress import progress


def add_arguments(parser):
    """Options of ``rmt forecast``."""
    parser.add_argument("source", help=SOURCES)
    parser.add_argument(
        "-n", "--n-samples", type=int, nargs="+", metavar="N", help="training images (default: 1/128 to all of them)"
    )
    parser.add_argument("--size", type=int, help="side in pixels (default: what 95%% of the images have, at most 32)")
    parser.add_argument("--n-images", type=int, metavar="N", help="use so many of the images, drawn at random")
    parser.add_argument("--grey", action="store_true", help="one channel, the luminance")
    parser.add_argument(
        "--steps", type=int, metavar="K", help="forecast EDM's Heun sampler of K steps (default: the exact solution)"
    )
    parser.add_argument(
        "--mse", type=float, nargs="+", default=[0.01, 0.001], help="find the n for these (default: 0.01 0.001)"
    )
    parser.add_argument(
        "--tolerance", type=float, default=0.1, help="agreement: difference below this share of the variance (0.1)"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=range(16), help="seeds to rank (default: 0 to 15)")
    parser.add_argument(
        "--population",
        type=int,
        metavar="N",
        help="images for the law without the Gaussian assumption, at every n; 0 for none (default: 1000 to 3000 by "
        "their size, and n up to a twentieth)",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON instead of the table")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a report that needs nothing but itself")


def run(options):
    """Forecast; returns what is printed, and the report if asked for."""
    if options.html:  # what would make the report impossible comes before the work
        check_output("--html", options.html)
        import_module("rmt_utils.forecast.figures")
    found = forecast(
        options.source,
        options.n_samples,
        size=options.size,
        n_images=options.n_images,
        color=False if options.grey else None,
        steps=options.steps,
        targets=options.mse,
        tolerance=options.tolerance,
        seeds=options.seeds,
        population=options.population,
        progress=progress,
    )
    report = {options.html: as_html(found, options.typed).encode()} if options.html else {}
    return as_json(found, options.typed) if options.json else as_text(found), report
