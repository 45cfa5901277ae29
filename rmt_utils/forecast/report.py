"""A ``Forecast`` as text for the terminal, as JSON, and as one HTML file that needs nothing but itself."""

import json
from dataclasses import asdict
from html import escape

import numpy as np

from rmt_utils import __version__
from rmt_utils.forecast.sentences import answer, findings, summary
from rmt_utils.forecast.tables import kappa_table, tables
from rmt_utils.reports import PAGE, aligned, html_table, picture_rows, plain, wrapped

STRIP = 8  # pictures in a row


def as_text(forecast):
    """The forecast for a terminal."""
    lines = [*wrapped([answer(forecast), *findings(forecast)]), "", *wrapped(summary(forecast))]
    for table in (*tables(forecast), kappa_table(forecast)):
        lines += ["", *aligned(*table)]
    return "\n".join(lines)


def as_json(forecast, command=""):
    """Every field of the forecast but its pictures, the version, and the ``command`` line that made it.

    What is infinite or was not computed is null.
    """
    fields = {"version": __version__, "command": command, **asdict(forecast)}
    del fields["pictures"]
    return json.dumps(plain(fields), allow_nan=False, indent=1)


def as_html(forecast, command=""):
    """A page with the same tables, and figures drawn into it. Follows the reader's dark mode; fits a phone."""
    return PAGE.format(title=escape(f"Forecast for {forecast.source['name']}"), body=body(forecast, command))


def body(forecast, command=""):
    """What stands on the page below its title; ``command``: the line that was typed, if any."""
    from rmt_utils.forecast.figures import figures

    found = "".join(f"<li>{escape(line)}</li>" for line in findings(forecast))
    drawn = "".join(
        f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"
        for picture, caption in figures(forecast)
    )
    numbers = "".join(html_table(*table) for table in tables(forecast))
    kappa = f"<details><summary>Renormalised noise</summary>{html_table(*kappa_table(forecast))}</details>"
    made = f"rmt_utils {__version__}, seed {forecast.seed}, {forecast.finished}"
    typed = f" Made by <code>{escape(command)}</code>." if command else ""
    made = f"<p>{made}; SHA-256 of the pixels as read: {forecast.sha256}.{typed}</p>"
    said = _paragraphs(summary(forecast))
    return f"{_paragraphs([answer(forecast)])}<ul>{found}</ul>{_strips(forecast)}{said}{numbers}{drawn}{kappa}{made}"


def _paragraphs(lines):
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _strips(forecast):
    """Pictures in rows: as read, mean and modes, and what linear models of either half draw from the same seeds."""
    if not forecast.pictures:
        return ""
    shown, order = forecast.pictures, np.argsort(forecast.seed_mse, kind="stable")
    rows = [
        ("Images as read.", [shown["images"]]),
        ("Their mean, and their first modes.", [shown["mean"], shown["modes"]]),
    ]
    if "second half" in shown:
        halves = [shown[name] for name in ("first half", "second half")]
        count = min(STRIP, len(order) // 2)
        for title, chosen in (("most", order[:count]), ("least", order[::-1][:count])):
            caption = f"Linear models of either half of the images, from the {title} reproducible seeds."
            rows.append((caption, [half[chosen] for half in halves]))
    return "".join(picture_rows(caption, pictures) for caption, pictures in rows)
