"""The numbers of a ``Forecast`` as tables: caption, head and rows."""

import numpy as np

from rmt_utils.forecast.sentences import beyond, count
from rmt_utils.models.measured_networks import table as networks_table
from rmt_utils.reports import number, per_cent

LEVELS = (0.01, 0.1, 1.0, 10.0)  # noise levels in the table


def tables(forecast):
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
        f"of linear models of disjoint parts of the images{_completed(forecast)}; by the Gaussian law of the spectrum "
        f"and by the population law; modes whose difference is below {100 * forecast.tolerance:g}% of their variance; "
        "share of the MSE that comes from the estimated mean. "
        + (
            f"Other images would make forecast and measured differ by {forecast.relative_error:.1%} (standard error)."
            if np.isfinite(forecast.relative_error)
            else "These are too few to say how well they are known."
        )
    )
    return caption, columns, rows


def _completed(forecast):
    """What makes a measurement in some modes one in all."""
    if forecast.outside == 0:
        return ""
    return f" in their {forecast.kept:,} largest modes, with what the law says of the others"


def _band_table(forecast):
    total = forecast.eigenvalues.sum()
    rows = [
        [
            f"{low} to {high}" if high > low else f"{low}",
            f"{forecast.eigenvalues[low - 1 : high].sum() / total:.1%}",
            count(n) + beyond(forecast, n),
        ]
        for low, high, n in forecast.bands
    ]
    caption = (
        "Bands of modes, their share of the variance, and the images from which they agree to "
        f"{100 * forecast.tolerance:g}% of it."
    )
    return caption, ["modes", "variance", "n"], rows


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
    rows = [[f"{side}", count(n)] for side, n in forecast.by_side]
    known = f" (standard error {forecast.side_error:.1%} of their MSE, at most)" if forecast.side_error > 0 else ""
    return (
        f"The size decides: images needed for an MSE of {mse:g}, with these pictures and with blocks averaged{known}.",
        ["side", "images"],
        rows,
    )


def kappa_table(forecast):
    columns = ["n", "d/n", *(f"sigma = {sigma:g}" for sigma in LEVELS)]
    at = [np.abs(np.log(forecast.sigmas / sigma)).argmin() for sigma in LEVELS]
    rows = [
        [f"{n:,}", f"{gamma:.3g}", *(f"{value:,.3g}" for value in line[at])]
        for n, gamma, line in zip(forecast.sizes, forecast.gamma, forecast.kappa, strict=True)
    ]
    return "Renormalised noise, kappa(sigma^2) / sigma^2, by the Gaussian law of the spectrum.", columns, rows
