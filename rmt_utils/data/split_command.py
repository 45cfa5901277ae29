"""Split your images into two halves that share no picture, to train two models on.

Copies and pictures that look alike stay in one half. Writes half1.txt and half2.txt, the names of either half, and for
a folder, with --links, the folders half1 and half2 of links to the pictures.
"""

import os
from pathlib import Path

from rmt_utils.files import printable
from rmt_utils.progress import progress


def add_arguments(parser):
    """Options of ``rmt split``."""
    parser.add_argument("source", help="a folder of images, an archive, a data set or an array, as for rmt forecast")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="where the halves go")
    parser.add_argument("--seed", type=int, default=0, help="another one gives other halves (default: 0)")
    parser.add_argument("--links", action="store_true", help="also make folders of links")


def run(options):
    """Split, and make the links; returns what is printed, and the lists of names."""
    from rmt_utils.data.halves import halves

    folder = Path(options.source).expanduser()
    targets = [options.output / name for name in ("half1", "half2")]
    if options.links and not folder.is_dir():
        raise ValueError(f"--links must go with a folder of images, got {options.source}")
    if taken := [target for target in targets if options.links and target.exists()]:
        raise ValueError(f"--output must not hold {taken[0].name} already, got {options.output}")
    found = halves(options.source, options.seed, progress)
    lists = {}
    for target, names in zip(targets, found.names, strict=True):
        lists[target.with_suffix(".txt")] = b"".join(_line(name) for name in names)
        for name in names if options.links else ():
            link = target / name
            link.parent.mkdir(parents=True, exist_ok=True)
            os.symlink((folder / name).resolve(), link)
    lines = [f"{options.output}: {' and '.join(f'{len(names):,}' for names in found.names)} images."]
    if found.copies or found.near:
        lines.append(f"{found.copies:,} copies of others, and {found.near:,} that look like another, stay in one half.")
    if found.skipped:
        lines.append(f"{len(found.skipped):,} could not be read, among them {next(iter(found.skipped))}.")
    return "\n".join(lines), lists


def _line(name):
    """A name as the file system has it; escaped if it would take more than a line."""
    return os.fsencode(name if name.splitlines() == [name] else printable(name)) + b"\n"
