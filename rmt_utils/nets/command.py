"""Train the networks of chapter 5, or those of the paper's size on images of yours.

Runs that are finished are kept, interrupted ones go on; killing the command loses a few seconds of work.
"""

import fnmatch
from pathlib import Path

from rmt_utils.nets import runs, sweep


def add_arguments(parser):
    """Options of ``rmt train``."""
    parser.add_argument("--profile", choices=["quick", "book", "paper"], default="book", help="which sweep")
    parser.add_argument("--source", help="images of the paper-size sweep: a folder, or hub:<dataset>")
    parser.add_argument("--only", metavar="PATTERN", default="*", help="runs whose name matches, such as 'unet*half1*'")
    parser.add_argument("--folder", type=Path, default="runs", help="where results are kept")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster that shares the folder, tcp://HOST:PORT")
    parser.add_argument("--list", action="store_true", help="say which runs are done, and train nothing")


def run(options):
    """Train what is missing, or list it; returns what is printed, and no files, because every run writes its own."""
    if (options.profile == "paper") != (options.source is not None):
        raise ValueError("--source must be given with --profile paper, and only there")
    plan = sweep.paper(options.source) if options.profile == "paper" else getattr(sweep, options.profile)()
    plan = [one for one in plan if fnmatch.fnmatch(one.name, f"*{options.only}*")]
    if not plan:
        raise ValueError(f"--only must match a run of the sweep, got {options.only!r}")
    if options.list:
        return "\n".join(f"{runs.state(one, options.folder):<9} {one.name}" for one in plan), {}
    sweep.train(plan, options.folder, options.scheduler)
    return None, {}
