"""What every report shares: tables for a terminal and for a page, and the page, which needs nothing but itself."""

import base64
import io
import textwrap
from html import escape

import numpy as np

WIDTH = 80  # columns of a terminal
MOVED = 0.2  # of the difference of unrelated samples: above it two samples count as different pictures
SIDE, GAP = 64, 2  # pixels of a picture on the page, at least, and round it

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="icon" href="data:,"><style>
:root {{ color-scheme: light dark; --text: #1b1b1b; --page: #ffffff; --line: #d5d5d5; }}
@media (prefers-color-scheme: dark) {{ :root {{ --text: #e8e8e8; --page: #16181c; --line: #454a52; }} }}
body {{ color: var(--text); background: var(--page); font: 1rem/1.5 system-ui, sans-serif;
  max-width: 54rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.4rem; }} h2 {{ font-size: 1.2rem; }}
.wide {{ overflow-x: auto; margin: 1.5rem 0; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }}
th, td {{ text-align: right; padding: 0.25rem clamp(0.35rem, 1.5vw, 0.7rem); border-bottom: 1px solid var(--line); }}
td {{ white-space: nowrap; }} th {{ overflow-wrap: normal; vertical-align: bottom; }}
figure {{ margin: 2rem 0; }} figcaption {{ font-size: 0.9rem; }}
svg {{ width: 100%; height: auto; }} img {{ max-width: 100%; height: auto; image-rendering: pixelated; }}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>
"""


def aligned(caption, columns, rows):
    """Lines of a table with its caption, right-aligned; a column's name of several words takes as many lines."""
    words = [name.replace(" = ", "=").split() for name in columns]
    height = max(map(len, words))
    heads = zip(*([""] * (height - len(name)) + name for name in words), strict=True)
    table = [*heads, *rows]
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    return [*wrapped([caption]), *(line.rstrip() for line in lines)]


def wrapped(paragraphs):
    return [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, WIDTH)]


def html_table(caption, columns, rows):
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<p>{escape(caption)}</p><div class='wide' tabindex='0'>{table}</div>"


def picture_rows(caption, rows):
    """A figure of rows of small pictures, (pictures, height, width, channels) each, values from -1 to 1."""
    from PIL import Image

    scale = -(-SIDE // rows[0].shape[1])
    grown = [np.clip((row + 1) * 127.5, 0, 255).astype(np.uint8).repeat(scale, 1).repeat(scale, 2) for row in rows]
    framed = [np.pad(row, ((0, 0), (GAP, GAP), (GAP, GAP), (0, 0)), constant_values=128) for row in grown]
    lines = [np.concatenate(list(row), axis=1) for row in framed]
    width = max(line.shape[1] for line in lines)
    filled = (((0, 0), (0, width - line.shape[1]), (0, 0)) for line in lines)
    sheet = np.concatenate([np.pad(line, pad, constant_values=128) for line, pad in zip(lines, filled, strict=True)])
    buffer = io.BytesIO()
    Image.fromarray(sheet if sheet.shape[2] == 3 else sheet[..., 0]).save(buffer, "png")
    data = base64.b64encode(buffer.getvalue()).decode()
    image = f"<img alt='{escape(caption)}' src='data:image/png;base64,{data}'>"
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def spread(mse, unrelated):
    """How a difference is spread over seeds (seeds,), in words, in per cent of that of unrelated samples."""
    top = np.sort(mse)[-max(1, round(len(mse) / 10)) :].sum() / mse.sum() if mse.any() else 0.0
    return (
        f"{per_cent(mse.mean() / unrelated)} of unrelated samples on average, {per_cent(np.median(mse) / unrelated)} "
        f"in the median; {per_cent(np.mean(mse > MOVED * unrelated))} of the seeds show another picture, and the tenth "
        f"of the seeds that differ most has {per_cent(top)} of the sum"
    )


def many(count, noun, plural=None):
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def were(count):
    return "was" if count == 1 else "were"


def number(value):
    return f"{value:.3g}" if np.isfinite(value) else ""


def two_digits(value):
    """A number to two digits, written out.

    >>> two_digits(204.8), two_digits(0.0512)
    ('200', '0.051')
    """
    return f"{float(f'{value:.2g}'):g}"


def per_cent(share):
    """Two digits of a share, as per cent.

    >>> per_cent(0.00432), per_cent(0.123), per_cent(0.9996)
    ('0.43%', '12%', '100%')
    """
    return f"{two_digits(100 * share)}%" if np.isfinite(share) else ""


def plain(value):
    """The same made of what JSON can hold."""
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
