"""Run notebooks: ``python -m rmt_utils.book.notebooks --profile quick``.

A chapter is a notebook whose settings stand in one cell tagged ``parameters``; papermill puts other values after it.
Chapters run side by side, each in a process of its own.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from rmt_utils.files import write_file

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
# Kernels warn that they speak with this machine unencrypted, and of the interrupt that ends them.
QUIET = ["--log-level=CRITICAL"]
# Chapters by the seconds they take, so that no core has a long one left when the others have nothing to do.
LONGEST_FIRST = ("07", "a1", "09", "05", "01", "06", "04", "03", "08", "02")


def run_notebook(path, output=None, **parameters):
    """Execute one notebook in its own folder, with ``parameters`` in place of those in its ``parameters`` cell.

    output: where the executed notebook goes once every cell has run, None to keep nothing. An error in a cell is
    raised as ``papermill.PapermillExecutionError``, and then nothing is written. ValueError for a notebook without a
    ``parameters`` cell and for a parameter that is not in that cell.
    """
    # imported here: whoever only computes needs neither
    import nbformat
    import papermill

    path = Path(path)
    known = papermill.inspect_notebook(path)
    if not known:
        raise ValueError(f"path must name a notebook with a cell tagged 'parameters' that sets some, got {path}")
    # papermill itself only warns, and a misspelt setting would silently run the default
    if unknown := parameters.keys() - known.keys():
        raise ValueError(
            f"parameters must be among {', '.join(known)} in {path.name}, got {', '.join(sorted(unknown))}"
        )
    settings = {"cwd": path.parent, "progress_bar": False, "extra_arguments": QUIET}
    executed = papermill.execute_notebook(path, None, parameters, **settings)
    if output is not None:
        write_file(output, (nbformat.writes(executed) + "\n").encode())


def side_by_side(run, paths):
    """Call ``run(path)`` for every path, as many at once as there are cores; yield (path, seconds, result or error).

    Each call has a process, and what it starts one BLAS thread: two threads on two busy cores wait for each other
    most of the time. Chapters start in the order of LONGEST_FIRST, after all other notebooks.
    """
    places = {number: place for place, number in enumerate(LONGEST_FIRST)}
    ordered = sorted(paths, key=lambda path: places.get(path.stem.split("_")[0], -1))
    os.environ |= ONE_THREAD  # before any process starts
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        running = {pool.submit(_timed, run, path): path for path in ordered}
        for one in as_completed(running):
            yield running[one], *one.result()


def _timed(run, path):
    began = time.perf_counter()
    try:
        result = run(path)
    except Exception as error:
        result = error
    return time.perf_counter() - began, result


def report(finished):
    """Print what ``side_by_side`` yields, a line a path, errors to stderr; yield (path, result) where there is none.

    Raises SystemExit once all have run, if any ended with an error.
    """
    failed = []
    for path, seconds, result in finished:
        if isinstance(result, Exception):
            failed.append(path.stem)
            print(f"{path}: {type(result).__name__}: {result}", file=sys.stderr, flush=True)
        else:
            print(f"{path}: {seconds:.1f} s", flush=True)
            yield path, seconds, result
    if failed:
        sys.exit(f"Not run to the end: {', '.join(sorted(failed))}")


def main(arguments=None):
    """Command line: run the named notebooks, or all chapters of the checkout in the current folder."""
    parser = argparse.ArgumentParser(prog="python -m rmt_utils.book.notebooks", description=main.__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK", help="default: notebooks/*.ipynb")
    parser.add_argument("--profile", choices=["quick", "book"], default="book", help="test run or published figures")
    parser.add_argument("--figures", type=Path, default="figures", metavar="DIR", help="figures and their records")
    parser.add_argument("--output", type=Path, metavar="DIR", help="keep the executed notebooks here")
    options = parser.parse_args(arguments)
    notebooks = options.notebooks or sorted(Path("notebooks").glob("*.ipynb"))
    if not notebooks:
        parser.error("no notebooks/*.ipynb here: run this at the top of the checkout or name the notebooks")
    run = partial(run_chapter, profile=options.profile, figures=options.figures, output=options.output)
    for _ in report(side_by_side(run, notebooks)):
        pass


def run_chapter(path, profile, figures, output=None):
    """Execute a chapter; its figures go into the folder ``figures``, the executed notebook into ``output``, if any."""
    # relative to the notebook, so that what it records does not depend on where the checkout lies
    run_notebook(
        path, output and output / path.name, profile=profile, figures_dir=os.path.relpath(figures, path.parent)
    )


if __name__ == "__main__":
    main()
