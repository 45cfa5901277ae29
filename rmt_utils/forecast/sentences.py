"""What a ``Forecast`` says, sentence by sentence: the answer, the findings, what was read and what it is for."""

import numpy as np

from rmt_utils.forecast.population import FEW, MODES
from rmt_utils.models.measured_networks import RANKED, sentence
from rmt_utils.reports import MOVED, many, number, per_cent, spread, were

NAMED = 5  # skipped files that are named
EXTREME = 3  # seeds that are named at either end
DETAIL = 0.95  # share of the variance without which detail is missing


def answer(forecast):
    """What the reader came for, in two sentences that cannot be misread."""
    n, share = forecast.sizes[-1], forecast.expected[-1] / forecast.unrelated
    modes, agreed = forecast.eigenvalues.size, forecast.agreeing[-1]
    held = forecast.eigenvalues[:agreed].sum() / forecast.eigenvalues.sum()
    kept = f"{agreed:,} of {modes:,} modes of the images, {per_cent(held)} of their variance"
    layout = ": on the layout, not on detail" if 0 < held < DETAIL else ""
    return (
        f"With {n:,} images each, two LINEAR models agree on {kept}{layout}. Their samples differ by "
        f"{per_cent(share)} of what two unrelated samples differ by. Networks mostly differ more, the more images "
        "there are the more so (see below): measure yours with rmt compare. A mode is a principal component "
        "of the images."
    )


def findings(forecast):
    """Sentences on images needed and on seeds."""
    lines = [
        f"For an MSE of {mse:g}, {per_cent(mse / forecast.unrelated)} of unrelated samples, each linear model needs "
        f"{count(n)} images{f' ({count(low)} to {count(high)} in nine cases of ten)' if low > 0 else ''}"
        f"{beyond(forecast, n)}."
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


def summary(forecast):
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
        low, high = min(forecast.halved_modes), max(forecast.halved_modes)
        if forecast.resolved < forecast.eigenvalues.size:
            others = "They were found by a randomised method, and the rest counts as spread evenly over the others."
            worth = "It is not known better than that, and may be known less well: images needed have no interval here."
        else:
            others = "The variance of each of the others is known, and that the law is off by as much there is assumed."
            known = forecast.modes_error[np.isfinite(forecast.modes_error)]
            worth = (
                f"At the images needed this is taken for a standard error of up to {per_cent(max(known))} of the MSE, "
                "and is part of their intervals."
                if known.size
                else "It is not known better than that."
            )
        lines.append(
            f"Of {forecast.eigenvalues.size:,} modes models were fitted in the {forecast.kept:,} largest, with "
            f"{inside:.2%} of the variance. {others} With half as many modes the MSE forecast would be {low:.3g} to "
            f"{high:.3g} times this one, from one n to another. {worth}"
        )
    if len(forecast.measured_sizes) and forecast.sizes[0] < forecast.measured_sizes[0]:
        lines.append(
            f"Nothing is measured below n = {forecast.measured_sizes[0]:,}; there the forecast is less certain."
        )
    if forecast.without_population not in ("", "not asked for"):
        lines.append(f"There is no population law here: {forecast.without_population}.")
    if forecast.population_size:
        modes = f", in their {MODES} largest modes," if forecast.kept > MODES else ""
        lines.append(
            f"Population law: the Gaussian law times what {forecast.population_size:,} of the images{modes} taken for "
            "the population, say of the difference from it."
        )
        if forecast.sizes[-1] > forecast.population_size / FEW:
            left_out = " and is left out (--population N shows it)" * bool(np.isnan(forecast.population[-1]))
            lines.append(
                f"Above n = {forecast.population_size // FEW:,}, a twentieth of these, it comes out too low, by 5% and "
                f"more for images far from Gaussian{left_out}; of the forecast only the ranking of seeds uses it."
            )
    return lines


def beyond(forecast, n):
    """A remark on a finite n that no two disjoint sets of these images reach."""
    return " (extrapolated)" if forecast.source["used"] / 2 < n < np.inf else ""


def count(n):
    """A number of images, to three digits."""
    if not np.isfinite(n):
        return "more than 1e12"
    return f"{float(f'{np.ceil(n):.3g}'):,.0f}" if n < 1e7 else f"{n:.2g}"
