"""A ``Forecast`` as a table for the terminal, as JSON, and as one HTML file that needs nothing but itself."""

import json
from dataclasses import asdict
from html import escape

import numpy as np

from rmt_utils import __version__
from rmt_utils.models.measured_networks import RANKED, sentence
from rmt_utils.models.measured_networks import table as networks_table
from rmt_utils.reports import (
    MOVED,
    PAGE,
    aligned,
    html_table,
    many,
    number,
    per_cent,
    picture_rows,
    plain,
    spread,
    were,
    wrapped,
)

NAMED = 5  # skipped files that are named
EXTREME = 3  # seeds that are named at either end
DETAIL = 0.95  # share of the variance without which detail is missing
STRIP = 8  # pictures in a row
FEW = 20  # images in the population for each in a training set, below which the population law is over 5% low
LEVELS = (0.01, 0.1, 1.0, 10.0)  # noise levels in the table


def as_text(forecast):
    """The forecast for a terminal."""
    lines = [*wrapped([_first(forecast), *_findings(forecast)]), "", *wrapped(_summary(forecast))]
    for table in (*_tables(forecast), _kappa_table(forecast)):
        lines += ["", *aligned(*table)]
    return "\n".join(lines)


def as_json(forecast):
    """Every field of the forecast but its pictures, and the version; what is infinite or was not computed is null."""
    fields = {"version": __version__, **asdict(forecast)}
    del fields["pictures"]
    return json.dumps(plain(fields), allow_nan=False, indent=1)


def as_html(forecast):
    """A page with the same tables, and figures drawn into it. Follows the reader's dark mode; fits a phone."""
    return PAGE.format(title=escape(f"Forecast for {forecast.source['name']}"), body=body(forecast))


def body(forecast):
    """What stands on the page below its title."""
    from rmt_utils.forecast.figures import figures

    first, summary = (
        "".join(f"<p>{escape(line)}</p>" for line in lines) for lines in ([_first(forecast)], _summary(forecast))
    )
    findings = "".join(f"<li>{escape(line)}</li>" for line in _findings(forecast))
    drawn = "".join(
        f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"
        for picture, caption in figures(forecast)
    )
    tables = "".join(html_table(*table) for table in _tables(forecast))
    kappa = f"<details><summary>Renormalised noise</summary>{html_table(*_kappa_table(forecast))}</details>"
    made = f"rmt_utils {__version__}, seed {forecast.seed}, {forecast.finished}"
    made = f"<p>{made}; SHA-256 of the pixels as read: {forecast.sha256}.</p>"
    return f"{first}<ul>{findings}</ul>{_strips(forecast)}{summary}{tables}{drawn}{kappa}{made}"


def _first(forecast):
    """What the reader came for, in two sentences that cannot be misread."""
    n, share = forecast.sizes[-1], forecast.expected[-1] / forecast.unrelated
    modes, agreed = forecast.eigenvalues.size, forecast.agreeing[-1]
    held = forecast.eigenvalues[:agreed].sum() / forecast.eigenvalues.sum()
    kept = f"{agreed:,} of {modes:,} modes of the images, {per_cent(held)} of their variance"
    layout = ": on the layout, not on detail" if 0 < held < DETAIL else ""
    return (
        f"With {n:,} images each, two LINEAR models agree on {kept}{layout}. Their samples differ by "
        f"{per_cent(share)} of what two unrelated samples differ by. Networks differ more than linear models, the more "
        "so the more images there are (see below): measure yours with rmt compare. A mode is a principal component "
        "of the images."
    )


def _summary(forecast):
    """What was read, what was left out, and what the forecast is for."""
    return [*(_of_images if forecast.pictures else _of_vectors)(forecast.source), *_of_forecast(forecast)]


def _of_vectors(source):
    """What vectors were read."""
    lines = [f"{source['name']}: {source['used']:,} vectors of {source['shape'][0]:,} numbers, here called pixels."]
    return lines + [f"Left out {many(source['copies'], 'copy', 'copies')} of others."] * (source["copies"] > 0)


def _of_images(source):
    """What images were read, and how they were made equal."""
    skipped, (height, width, channels) = source["skipped"], source["shape"]
    lines = [
        f"{source['name']}: {source['used']:,} images, {height} x {width} pixels, "
        f"{'colour' if channels == 3 else 'grey'} (d = {height * width * channels:,})."
    ]
    coloured = source["used"] - source["grey"]
    if channels == 3 and source["grey"]:
        lines.append(f"{source['grey']:,} of them {were(source['grey'])} grey and got three equal channels.")
    if channels == 1 and coloured:
        lines.append(f"{coloured:,} of them had colour and became grey.")
    if source["smallest_side"] != source["largest_side"]:
        enlarged = f"; {source['enlarged']:,} {were(source['enlarged'])} enlarged" if source["enlarged"] else ""
        sides = f"{source['smallest_side']} to {source['largest_side']}"
        lines.append(
            f"Their central squares had sides of {sides} pixels and were resized by {source['filter']}{enlarged}."
        )
    elif source["largest_side"] != height:
        lines.append(
            f"Their central squares of {source['largest_side']} x {source['largest_side']} pixels were resized by "
            f"{source['filter']}: the forecast is for that size, and changes with it."
        )
    if source["cropped"]:
        lines.append(
            f"{source['cropped']:,} {were(source['cropped'])} not square: {per_cent(source['cut'])} of each, on "
            "average, lay outside of the central square and was cut off."
        )
    if source["transparent"]:
        count = source["transparent"]
        lines.append(f"{count:,} {were(count)} partly transparent and laid on {source['background']}.")
    if source["copies"]:
        lines.append(f"Left out {many(source['copies'], 'copy', 'copies')} of other images, equal in every pixel.")
    if source["near_copies"]:
        lines.append(
            f"{source['near_copies']:,} images look like another one and were kept. Are they copies, compressed or "
            "resized again, the forecast is too optimistic."
        )
    for kind, found in (("file", skipped), ("folder", source["closed"])):
        if found:
            named = "; ".join(f"{name} ({reason})" for name, reason in list(found.items())[:NAMED])
            more = f"; and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
            lines.append(f"Skipped {many(len(found), kind)} that could not be read: {named}{more}.")
    if source["other_files"]:
        names = "it is not an image by its name" if source["other_files"] == 1 else "not images by their names"
        lines.append(f"Left out {many(source['other_files'], 'file')}: {names}.")
    return lines


def _of_forecast(forecast):
    """What the forecast is for, and what it cannot know."""
    lines = [f"Forecast for two linear models trained on n images each, sampled by the {forecast.sampler}."]
    unit = ", pixels in [-1, 1]" if forecast.pictures else ""
    lines.append(
        f"MSE: squared difference a pixel{unit}; {number(forecast.unrelated)} for two unrelated samples, "
        f"half of it the variance of a pixel."
    )
    if forecast.outside > 0:
        inside = 1 - 2 * forecast.outside / forecast.unrelated
        lines.append(
            f"Of {forecast.eigenvalues.size:,} modes the {forecast.kept:,} largest were found by a randomised method, "
            f"with {inside:.2%} of the variance, and models fitted in them; the rest counts as spread evenly over the "
            f"others. With half as many modes the MSE forecast at n = {forecast.sizes[-1]:,} would be "
            f"{forecast.halved_modes[-1]:.3g} times this one: it is not known better than that."
        )
    if len(forecast.measured_sizes) and forecast.sizes[0] < forecast.measured_sizes[0]:
        lines.append(
            f"Nothing is measured below n = {forecast.measured_sizes[0]:,}; there the forecast is less certain."
        )
    if forecast.without_population not in ("", "not asked for"):
        lines.append(f"There is no population law here: {forecast.without_population}.")
    if forecast.population_size:
        lines.append(
            f"Population law: the Gaussian law times what {forecast.population_size:,} of the images, taken for the "
            "population, say of the difference from it."
        )
        if forecast.sizes[-1] > forecast.population_size / FEW:
            lines.append(
                f"Above n = {forecast.population_size // FEW:,}, a twentieth of these, it comes out too low, by 5% and "
                "more for images far from Gaussian; of the forecast only the ranking of seeds uses it."
            )
    return lines


def _tables(forecast):
    """Caption, head and rows of every table but that of the noise."""
    found = [_size_table(forecast), networks_table(), _band_table(forecast)]
    found += [_frequency_table(forecast)] * bool(forecast.frequencies)
    return found + [_side_table(forecast)] * (len(forecast.by_side) > 1)


def _size_table(forecast):
    """The forecast n by n."""
    measured = dict(zip(forecast.measured_sizes, forecast.measured, strict=True))
    columns = ["n", "MSE", "of unrelated", "measured", "Gaussian", "population", "modes", "mean"]
    rows = [
        [
            f"{n:,}",
            number(forecast.expected[i]),
            per_cent(forecast.expected[i] / forecast.unrelated),
            number(measured.get(n, np.nan)),
            number(forecast.gaussian[i]),
            number(forecast.population[i]),
            f"{forecast.agreeing[i]:,}",
            f"{forecast.mean_share[i]:.0%}",
        ]
        for i, n in enumerate(forecast.sizes)
    ]
    caption = (
        "Two linear models of n images each: the MSE forecast, over that of two unrelated samples; measured on pairs "
        "of linear models of disjoint parts of the images; by the Gaussian law of the spectrum and by the population "
        f"law; modes whose difference is below {100 * forecast.tolerance:g}% of their variance; share of the MSE that "
        "comes from the estimated mean. "
        + (
            f"Other images would make forecast and measured differ by {forecast.relative_error:.1%} (standard error)."
            if np.isfinite(forecast.relative_error)
            else "These are too few to say how well they are known."
        )
    )
    return caption, columns, rows


def _frequency_table(forecast):
    rows = [
        [f"{low:.3g} to {high:.3g}" if high else "mean grey", f"{share:.1%}", per_cent(ratio)]
        for low, high, share, ratio in forecast.frequencies
        if share > 0
    ]
    caption = (
        f"By spatial frequency at n = {forecast.sizes[-1]:,}, which means the same at every size: cycles a side, share "
        "of the variance, MSE over that of unrelated samples."
    )
    return caption, ["cycles", "variance", "of unrelated"], rows


def _side_table(forecast):
    mse = forecast.needed[0][0]
    rows = [[f"{side}", _count(n)] for side, n in forecast.by_side]
    return (
        f"The size decides: images needed for an MSE of {mse:g}, with these pictures and with blocks averaged.",
        ["side", "images"],
        rows,
    )


def _kappa_table(forecast):
    columns = ["n", "d/n", *(f"sigma = {sigma:g}" for sigma in LEVELS)]
    at = [np.abs(np.log(forecast.sigmas / sigma)).argmin() for sigma in LEVELS]
    rows = [
        [f"{n:,}", f"{gamma:.3g}", *(f"{value:,.3g}" for value in line[at])]
        for n, gamma, line in zip(forecast.sizes, forecast.gamma, forecast.kappa, strict=True)
    ]
    return "Renormalised noise, kappa(sigma^2) / sigma^2, by the Gaussian law of the spectrum.", columns, rows


def _band_table(forecast):
    total = forecast.eigenvalues.sum()
    rows = [
        [
            f"{low} to {high}" if high > low else f"{low}",
            f"{forecast.eigenvalues[low - 1 : high].sum() / total:.1%}",
            _count(n) + _beyond(forecast, n),
        ]
        for low, high, n in forecast.bands
    ]
    caption = (
        "Bands of modes, their share of the variance, and the images from which they agree to "
        f"{100 * forecast.tolerance:g}% of it."
    )
    return caption, ["modes", "variance", "n"], rows


def _findings(forecast):
    """Sentences on images needed and on seeds."""
    lines = [
        f"For an MSE of {mse:g}, {per_cent(mse / forecast.unrelated)} of unrelated samples, each linear model needs "
        f"{_count(n)} images{f' ({_count(low)} to {_count(high)} in nine cases of ten)' if low > 0 else ''}"
        f"{_beyond(forecast, n)}."
        for mse, n, low, high in forecast.needed
    ]
    if forecast.mixture.size:
        lines.append(
            f"Two MIXTURES of Gaussians of {forecast.mixture_size:,} of these images each, nearer to networks, "
            f"differ by {spread(forecast.mixture, forecast.unrelated)}. (Another picture: over {MOVED:.0%} of the "
            "difference of unrelated samples.)"
        )
    lines.append(sentence(forecast.gamma[-1]))
    order = np.argsort(forecast.seed_mse, kind="stable")
    if len(order) > 1:
        shown = min(EXTREME, len(order) // 2)
        best, worst = (
            ", ".join(f"{forecast.seeds[i]} ({number(forecast.seed_mse[i])})" for i in part)
            for part in (order[:shown], order[::-1][:shown])
        )
        lines.append(
            f"At n = {forecast.sizes[-1]:,} the most reproducible seeds of LINEAR models are {best}; the least {worst}."
        )
        if forecast.fragility.size:
            order = np.argsort(forecast.fragility, kind="stable")
            best, worst = (
                ", ".join(str(seed) for seed in forecast.seeds[part]) for part in (order[:shown], order[::-1][:shown])
            )
            lines.append(f"By the sensitivity of a MIXTURE of Gaussians they are {best}; the least {worst}. {RANKED}")
    elif len(order):
        (seed,), (mse,) = forecast.seeds, forecast.seed_mse
        lines.append(f"At n = {forecast.sizes[-1]:,} seed {seed} is expected to have an MSE of {number(mse)}.")
    return lines


def _beyond(forecast, n):
    """A remark on a finite n that no two disjoint sets of these images reach."""
    return " (extrapolated)" if forecast.source["used"] / 2 < n < np.inf else ""


def _count(n):
    """A number of images, to three digits."""
    if not np.isfinite(n):
        return "more than 1e12"
    return f"{float(f'{np.ceil(n):.3g}'):,.0f}" if n < 1e7 else f"{n:.2g}"


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
