"""Compare the samples that two models make of the same seeds.

Works for networks and for any other models: two trainings on different images, or one model in two precisions,
samplers or versions. Each of A and B is a folder of pictures named after their seeds, or a file .npy, .npz or
.safetensors with one array of samples in the same order of seeds; A may hold their noise as a second one, "noise".
"""

from pathlib import Path

from rmt_utils.comparison.compare import compare
from rmt_utils.comparison.report import as_html, as_json, as_text
from rmt_utils.comparison.samples import paired, read_noise, read_samples
from rmt_utils.files import check_output


def add_arguments(parser):
    """Options of ``rmt compare``."""
    parser.add_argument("a", metavar="A", help="samples of the first model")
    parser.add_argument("b", metavar="B", help="samples of the second model")
    parser.add_argument(
        "--again",
        nargs=2,
        metavar=("A2", "B2"),
        help="samples of second trainings on the same two sets of images: says what the images and the training cause",
    )
    parser.add_argument(
        "--images",
        nargs=2,
        metavar=("FOLDER", "FOLDER"),
        help="the two models' training images: says what is memorised and what linear models would differ by",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON instead of the text")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a report that needs nothing but itself")


def run(options):
    """Compare; returns what is printed, and the report if asked for."""
    if options.html:
        check_output("--html", options.html)
    first = read_samples(options.a)
    names, a, b = paired(first, read_samples(options.b))
    kept = (names, a)
    again = [paired(kept, read_samples(source)) for source in options.again or ()]
    if any(len(one[0]) != len(names) for one in again):
        raise ValueError(f"--again must hold all {len(names)} seeds of the first samples, got {options.again}")
    images = options.images and [_images(source, a.shape[1:]) for source in options.images]
    noise = read_noise(options.a, names)
    found = compare(a, b, [one[2] for one in again] or None, images or None, names, noise)
    report = {options.html: as_html(found, a, b).encode()} if options.html else {}
    return as_json(found) if options.json else as_text(found), report


def _images(source, shape):
    from rmt_utils.data.sources import load_images

    if len(shape) != 3:
        raise ValueError(f"--images must go with samples that are pictures, got samples of shape {shape}")
    return load_images(source, size=shape[0], color=shape[2] == 3)
