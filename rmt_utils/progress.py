"""How far a long loop is: a bar on a terminal, and without one a line now and then."""

import sys
import time

from rmt_utils.extras import extra

EVERY = 30.0  # seconds between two lines


def progress(steps, label):
    """The steps of a loop, said on stderr while they pass by. ImportError without tqdm on a terminal.

    >>> list(progress(range(3), "reading"))
    [0, 1, 2]
    """
    if sys.stderr.isatty():
        with extra("cli"):
            from tqdm import tqdm

        return tqdm(steps, desc=f"{label:<16}", leave=False, file=sys.stderr)
    return _lines(steps, label)


def _lines(steps, label):
    said = time.monotonic()
    for done, step in enumerate(steps):
        if time.monotonic() - said > EVERY:
            said = time.monotonic()
            print(f"{label}: {done:,} of {len(steps):,}", file=sys.stderr, flush=True)
        yield step
