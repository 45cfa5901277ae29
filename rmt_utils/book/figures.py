"""One look for every figure, and a record of each: what was drawn, from what, how long it took, what was checked."""

import hashlib
import io
import json
import os
import platform
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np

from rmt_utils.book.plotted import plotted
from rmt_utils.files import write_file
from rmt_utils.style import STYLE

PACKAGES = ("rmt_utils", "numpy", "scipy", "matplotlib", "scikit-learn", "scikit-image", "jupyter-book")
PROFILES = ("quick", "book")


class Chapter:
    """The figures, checks and numbers of one executed notebook.

    notebook: its name without ending. profile: "book" for the published figures, "quick" for a test run.
    figures_dir: pictures and ``manifest.json`` go to figures_dir/notebook. Pictures of an earlier
    run are removed; the record is rewritten after every step, so that it is whole at any time. ValueError for an
    unknown profile.
    """

    def __init__(self, notebook, profile, figures_dir):
        if profile not in PROFILES:
            raise ValueError(f"profile must be one of {', '.join(PROFILES)}, got {profile!r}")
        plt.style.use(STYLE)
        self.folder = Path(figures_dir) / notebook
        self.folder.mkdir(parents=True, exist_ok=True)
        for stale in (path for ending in ("png", "svg", "csv") for path in self.folder.glob(f"*.{ending}")):
            stale.unlink()
        self._began = self._last = time.perf_counter()
        self.record = {
            "notebook": notebook,
            "profile": profile,
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": 0.0,
            "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}},
            "platform": platform.platform(),
            "cpu_count": os.cpu_count(),
            "figures": [],
        }

    def choose(self, book, quick):
        """The settings of this run's profile."""
        return {"book": book, "quick": quick}[self.record["profile"]]

    def settings(self, quick, **book):
        """The settings of this run's profile as attributes: ``book``, with those of ``quick`` in place for a test run.

        ValueError for one in ``quick`` that ``book`` does not have.
        """
        if unknown := quick.keys() - book.keys():
            raise ValueError(f"quick must only have {', '.join(book)}, got {', '.join(sorted(unknown))}")
        return SimpleNamespace(**book | self.choose(book={}, quick=quick))

    @contextmanager
    def figure(self, name, title, paper=None, columns=1, rows=1, size=None, **parameters):
        """``with chapter.figure(...) as axes``: axes to draw on, one or an array of them, saved at the end: ``save``.

        size: (width, height) in inches of the whole figure, else made from rows and columns. One axis alone on which
        something has a label gets a legend, unless it has one. Nothing is saved if the drawing fails.
        """
        figure, axes = plt.subplots(rows, columns, figsize=size or (3.2 + 2.25 * columns, 3.2 * rows))
        yield axes
        if len(figure.axes) == 1 and axes.get_legend() is None and axes.get_legend_handles_labels()[1]:
            axes.legend()
        self.save(figure, name, title, paper, **parameters)

    def pictures(self, name, title, rows, paper=None, columns=10, heads=None, **parameters):
        """Draw and save ``image_rows`` of ``rows``, the first ``columns`` pictures of each, which are square.

        heads: {column: words above it}.
        """
        rows = {label: pictures[:columns] for label, pictures in rows.items()}
        figure = image_rows(rows, square_shape(next(iter(rows.values())).shape[1]))
        for column, words in (heads or {}).items():
            figure.axes[column].set_title(words, loc="left")
        self.save(figure, name, title, paper, **parameters)

    def save(self, figure, name, title, paper=None, **parameters):
        """Show ``figure``, write it as name.png and name.svg, close it and start its record: what follows goes there.

        Where it is drawn from numbers, these go to name.csv.

        title: a few words for the index. paper: the paper's figure, such as "2B", None for one of this book's own.
        parameters: what the figure was made from, numbers or strings. Its seconds run from the figure before it.
        """
        drawn = _printer(figure)
        shown = drawn("png", dpi=figure.dpi)
        _show(shown)
        contents = {f"{name}.png": shown, f"{name}.svg": drawn("svg", metadata={"Date": None})}
        if self.choose(book=True, quick=False):  # in print it is larger; to optimise takes as long as drawing
            contents[f"{name}.png"] = drawn("png", pil_kwargs={"optimize": True})
        plt.close(figure)
        if numbers := plotted(figure):
            contents[f"{name}.csv"] = numbers.encode()
        for file, content in contents.items():
            write_file(self.folder / file, content)
        files = {file: hashlib.sha256(content).hexdigest() for file, content in contents.items()}
        now = time.perf_counter()
        entry = {"name": name, "title": title, "paper": paper, "seconds": round(now - self._last, 2)}
        entry |= {"parameters": parameters, "numbers": {}, "checks": [], "verdicts": [], "files": files}
        self._last = now
        self.record["figures"].append(entry)
        self._write()

    def number(self, name, value):
        """Record ``value`` with the last figure and give it to the text under ``name`` (glue)."""
        value = float(value)
        self.record["figures"][-1]["numbers"][name] = value
        _glue(name, value)
        self._write()

    def numbers(self, name, values):
        """``number`` for every entry of ``values``, a mapping, under ``name`` and its key: "cross-patches"."""
        for key, value in values.items():
            self.number(f"{name}-{key}", value)

    def estimate(self, name, value, error):
        """Record a measured value with its standard error with the last figure; the text gets "value +- error"."""
        shown = _with_error(float(value), float(error))
        self.record["figures"][-1]["numbers"][name] = shown
        _glue(name, shown)
        self._write()

    def check(self, claim, value, at_most=None, at_least=None):
        """Record that the last figure's ``claim`` holds: value <= at_most and value >= at_least.

        Prints the claim with its numbers, or raises AssertionError with them if it does not hold.
        """
        value, bounds = float(value), _bounds(at_most, at_least)
        sentence = f"{claim}: {value:.4g} ({_words(bounds)})"
        if not _within(value, bounds):
            raise AssertionError(sentence)
        self.record["figures"][-1]["checks"].append({"claim": claim, "value": value, **bounds})
        self._write()
        print(sentence)

    def notices(self, claim, value, at_least):
        """``check`` that a law known to be wrong is off by ``value`` >= at_least, without which a check shows nothing.

        It is not asked of a test run, whose few draws could not tell.
        """
        if self.choose(book=True, quick=False):
            self.check(claim, value, at_least=at_least)

    def verdict(self, name, claim, value, error, at_most=None, at_least=None):
        """Record whether ``claim`` came out for a measured value with its standard error, without insisting on it.

        value, error: two numbers, or two arrays, of which the entry counts that is furthest outside the bounds, or
        least far inside. Gives the text, under ``name``, "value +- error" and, under ``name`` and "-holds", "yes" or
        "no".
        """
        bounds = _bounds(at_most, at_least)
        outside = np.maximum(value - bounds.get("at_most", np.inf), bounds.get("at_least", -np.inf) - value)
        value, error = (float(np.ravel(one)[np.argmax(outside)]) for one in (value, error))
        holds = _within(value, bounds)
        shown = _with_error(value, error)
        entry = {"name": name, "claim": claim, "value": value, "error": error, **bounds, "holds": holds, "shown": shown}
        self.record["figures"][-1]["verdicts"].append(entry)
        _glue(name, shown)
        _glue(f"{name}-holds", "yes" if holds else "no")
        self._write()
        print(f"{claim}: {value:.4g} +- {error:.2g} ({_words(bounds)}): {'holds' if holds else 'does not hold'}")

    def _write(self):
        self.record["seconds"] = round(time.perf_counter() - self._began, 2)
        write_file(self.folder / "manifest.json", (json.dumps(self.record, indent=1) + "\n").encode())


def _printer(figure):
    """A function that draws ``figure`` in a format; where everything is and where to cut is found once, here."""
    figure.get_layout_engine().execute(figure)
    box = figure.get_tightbbox().padded(plt.rcParams["savefig.pad_inches"])

    def drawn(ending, **options):
        picture = io.BytesIO()
        with plt.rc_context({"figure.constrained_layout.use": False}):
            figure.set_layout_engine(None)  # while there is one, even "none", matplotlib draws twice
            figure.savefig(picture, format=ending, bbox_inches=box, **options)
        return picture.getvalue()

    return drawn


def _show(png):
    """Show a picture below the cell that runs, as matplotlib would by drawing it once more."""
    from IPython.display import Image, display

    display(Image(png))


def _glue(name, value):
    """Give ``value`` to the text as myst_nb's ``glue(name, value, display=False)`` does, without loading Sphinx."""
    from IPython.core.formatters import format_display_data
    from IPython.display import display

    prefix = "application/papermill.record/"
    data, metadata = format_display_data(value)
    metadata["scrapbook"] = {"name": name, "mime_prefix": prefix}
    display({prefix + kind: shown for kind, shown in data.items()}, raw=True, metadata=metadata)


def _with_error(value, error):
    """As "value ± error", with two digits of the error."""
    digits = max(0, min(4, 1 - int(np.floor(np.log10(error))))) if error > 0 else 3
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def _bounds(at_most, at_least):
    """The bounds that are given, at least one."""
    bounds = {"at_most": at_most, "at_least": at_least}
    bounds = {name: float(bound) for name, bound in bounds.items() if bound is not None}
    if not bounds:
        raise ValueError("at_most or at_least must be given")
    return bounds


def _within(value, bounds):
    return bool(bounds.get("at_least", -np.inf) <= value <= bounds.get("at_most", np.inf))


def _words(bounds):
    return ", ".join(f"{name.replace('_', ' ')} {bound:.4g}" for name, bound in bounds.items())


def band_means(values, n_bands):
    """Means over bands of neighbouring modes: (..., modes) -> (..., bands).

    The bands, ``n_bands`` at most, are equally wide in the logarithm of the mode's number.

    >>> band_means([8.0, 4.0, 2.0, 1.0, 0.0], 3)
    array([8., 4., 1.])
    """
    values = np.asarray(values)
    n_modes = values.shape[-1]
    starts = [0, *np.unique(np.geomspace(1, n_modes, n_bands).astype(int))[:-1]]
    return np.add.reduceat(values, starts, axis=-1) / np.diff([*starts, n_modes])


def image_rows(rows, shape, low=-1.0, high=1.0):
    """Figure with one labelled row of small pictures for each entry of ``rows``, {label: (pictures, dim)}.

    shape: (height, width, channels). Values are shown between low and high, 1 channel as grey.
    """
    columns = max(len(pictures) for pictures in rows.values())
    figure, axes = plt.subplots(
        len(rows),
        columns,
        figsize=(1.5 + 0.8 * columns, 0.8 * len(rows)),
        squeeze=False,
        gridspec_kw={"wspace": 0.04, "hspace": 0.04},
    )
    for line, (label, pictures) in zip(axes, rows.items(), strict=True):
        for axis in line:
            axis.axis("off")
        for axis, picture in zip(line, pictures, strict=False):
            show_image(axis, picture, shape, low, high)
        line[0].text(-0.15, 0.5, label, transform=line[0].transAxes, ha="right", va="center", fontsize=13)
    return figure


def square_shape(dim):
    """Height, width and channels of a square picture of ``dim`` numbers: grey, or in colour; it cannot be both.

    ValueError if it is neither.

    >>> square_shape(16), square_shape(12)
    ((4, 4, 1), (2, 2, 3))
    """
    for channels in (1, 3):
        side = round((dim / channels) ** 0.5)
        if side**2 * channels == dim:
            return side, side, channels
    raise ValueError(f"dim must be a square or three times a square, got {dim}")


def show_image(axis, picture, shape, low=-1.0, high=1.0):
    """Draw one flat picture (dim,) of ``shape`` (height, width, channels) on ``axis`` without ticks."""
    scaled = np.clip((np.reshape(picture, shape) - low) / (high - low), 0, 1)
    axis.imshow(scaled if shape[2] == 3 else scaled[..., 0], vmin=0, vmax=1)
    axis.axis("off")
