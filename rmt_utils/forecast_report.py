"""A ``Forecast`` as a table for the terminal, as JSON, and as one HTML file that needs nothing but itself."""

import json
import textwrap
from dataclasses import asdict
from html import escape

import numpy as np

WIDTH = 100  # columns of the terminal
NAMED = 5  # skipped files that are named
EXTREME = 3  # seeds that are named at either end


def as_text(forecast):
    """The forecast for a terminal."""
    lines = _wrapped(_summary(forecast))
    for table in (_table(forecast), _kappa_table(forecast), _band_table(forecast)):
        lines += ["", *_aligned(*table)]
    return "\n".join([*lines, "", *_wrapped(_findings(forecast))])


def as_json(forecast):
    """Every field of the forecast; what is infinite or was not computed is null."""
    return json.dumps(asdict(forecast), default=_plain, allow_nan=False, indent=1)


def as_html(forecast):
    """A page with the same tables, and figures drawn into it. Follows the reader's dark mode; fits a phone."""
    from rmt_utils.forecast_figures import figures

    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in _summary(forecast))
    findings = "".join(f"<li>{escape(line)}</li>" for line in _findings(forecast))
    drawn = "".join(
        f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"
        for picture, caption in figures(forecast)
    )
    tables = (_table(forecast), _kappa_table(forecast), _band_table(forecast))
    body = f"{paragraphs}<ul>{findings}</ul>{''.join(_html_table(*table) for table in tables)}{drawn}"
    title = f"Forecast for {forecast.source['name']}"
    return PAGE.format(title=escape(title), body=body)


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="icon" href="data:,"><style>
:root {{ color-scheme: light dark; --text: #1b1b1b; --page: #ffffff; --line: #d5d5d5; }}
@media (prefers-color-scheme: dark) {{ :root {{ --text: #e8e8e8; --page: #16181c; --line: #454a52; }} }}
body {{ color: var(--text); background: var(--page); font: 1rem/1.5 system-ui, sans-serif;
  max-width: 46rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.4rem; }}
.wide {{ overflow-x: auto; margin: 1.5rem 0; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }}
th, td {{ text-align: right; padding: 0.25rem 0.7rem; border-bottom: 1px solid var(--line); white-space: nowrap; }}
figure {{ margin: 2rem 0; }} figcaption {{ font-size: 0.9rem; }}
svg {{ width: 100%; height: auto; }}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>
"""


def _summary(forecast):
    """What was read, what was left out, and what the forecast is for."""
    source, skipped = forecast.source, forecast.source["skipped"]
    height, width, channels = source["shape"]
    lines = [
        f"{source['name']}: {source['used']:,} images, {height} x {width} pixels, "
        f"{'colour' if channels == 3 else 'grey'} (d = {height * width * channels:,})."
    ]
    if source["smallest_side"] != source["largest_side"]:
        enlarged = f"; {source['enlarged']:,} were enlarged" if source["enlarged"] else ""
        sides = f"{source['smallest_side']} to {source['largest_side']}"
        lines.append(f"Their central squares had sides of {sides} pixels and were resized{enlarged}.")
    if skipped:
        named = "; ".join(f"{name} ({reason})" for name, reason in list(skipped.items())[:NAMED])
        more = f"; and {len(skipped) - NAMED:,} more" if len(skipped) > NAMED else ""
        lines.append(f"Skipped {len(skipped):,} files that could not be read: {named}{more}.")
    if source["other_files"]:
        lines.append(f"Left out {source['other_files']:,} files that are not images by their name.")
    lines.append(f"Forecast for two linear models trained on n images each, sampled by the {forecast.sampler}.")
    if forecast.population_size:
        lines.append(f"The law without the Gaussian assumption uses {forecast.population_size:,} of the images.")
    return lines


def _table(forecast):
    """Caption, head and rows of the forecast n by n."""
    measured = {
        n: (value, error)
        for n, value, error in zip(forecast.measured_sizes, forecast.measured, forecast.measured_error, strict=True)
    }
    columns = ["n", "d/n", "Gaussian law", "population law", "forecast", "measured", "modes agreeing", "from mean"]
    rows = []
    for i, n in enumerate(forecast.sizes):
        value, error = measured.get(n, (np.nan, np.nan))
        rows.append(
            [
                f"{n:,}",
                f"{forecast.gamma[i]:.3g}",
                _number(forecast.gaussian[i]),
                _number(forecast.population[i]),
                _number(forecast.expected[i]),
                f"{_number(value)} ± {error:.1g}" if np.isfinite(value) else "",
                f"{forecast.agreeing[i]:,}",
                f"{forecast.mean_share[i]:.0%}",
            ]
        )
    caption = (
        "Expected squared difference a pixel (MSE) between the samples of the two models, pixels in [-1, 1]; "
        f"modes whose difference is below {forecast.tolerance:.0%} of their variance; share that comes from the "
        "estimated mean. Measured: pairs of linear models of disjoint parts of the images."
    )
    return caption, columns, rows


def _kappa_table(forecast):
    columns = ["n", *(f"sigma = {sigma:g}" for sigma in forecast.sigmas)]
    rows = [
        [f"{n:,}", *(f"{value:,.3g}" for value in line)] for n, line in zip(forecast.sizes, forecast.kappa, strict=True)
    ]
    return "Renormalised noise: kappa(sigma^2) / sigma^2.", columns, rows


def _band_table(forecast):
    rows = [[f"{low} to {high}" if high > low else f"{low}", _count(n)] for low, high, n in forecast.bands]
    caption = f"Images from which bands of modes agree to {forecast.tolerance:.0%} of their variance."
    return caption, ["modes", "n"], rows


def _findings(forecast):
    """Sentences on images needed and on seeds."""
    lines = [f"For an MSE of {mse:g} each model needs {_count(n)} images." for mse, n in forecast.needed]
    order = np.argsort(forecast.seed_mse, kind="stable")
    if len(order) > 1:
        shown = min(EXTREME, len(order) // 2)
        best, worst = (
            ", ".join(f"{forecast.seeds[i]} ({_number(forecast.seed_mse[i])})" for i in part)
            for part in (order[:shown], order[::-1][:shown])
        )
        lines.append(f"At n = {forecast.sizes[-1]:,} the most reproducible seeds are {best}; the least {worst}.")
    return lines


def _aligned(caption, columns, rows):
    """Lines of a table with its caption, right-aligned."""
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in [columns, *rows]]
    return [*_wrapped([caption]), *(line.rstrip() for line in lines)]


def _wrapped(paragraphs):
    return [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, WIDTH)]


def _html_table(caption, columns, rows):
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<p>{escape(caption)}</p><div class='wide' tabindex='0'>{table}</div>"


def _number(value):
    return f"{value:.3g}" if np.isfinite(value) else ""


def _count(n):
    """A number of images, to three digits."""
    if not np.isfinite(n):
        return "more than 1e12"
    return f"{float(f'{np.ceil(n):.3g}'):,.0f}" if n < 1e7 else f"{n:.2g}"


def _plain(value):
    """What JSON cannot hold, as lists and numbers."""
    if isinstance(value, np.ndarray):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.integer):
        return int(value)
    return float(value) if np.isfinite(value) else None
