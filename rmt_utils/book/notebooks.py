"""Run the chapters from the command line: ``python -m rmt_utils.book.notebooks --profile quick``.

A chapter is a notebook whose settings stand in one cell tagged ``parameters``; papermill puts other values after it.
"""

import argparse
import os
import time
from pathlib import Path

from rmt_utils.files import write_file


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
    executed = papermill.execute_notebook(path, None, parameters, cwd=path.parent)
    if output is not None:
        write_file(output, (nbformat.writes(executed) + "\n").encode())


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
    for path in notebooks:
        began = time.perf_counter()
        run_notebook(
            path,
            options.output and options.output / path.name,
            profile=options.profile,
            # relative to the notebook, so that what it records does not depend on where the checkout lies
            figures_dir=os.path.relpath(options.figures, path.parent),
        )
        print(f"{path}: {time.perf_counter() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
