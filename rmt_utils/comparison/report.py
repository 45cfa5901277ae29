"""A ``Comparison`` as text for the terminal, as JSON, and as one HTML file that needs nothing but itself."""

import json
from dataclasses import asdict
from html import escape

import numpy as np

from rmt_utils.models.measured_networks import RANKED, sentence
from rmt_utils.reports import (
    MOVED,
    PAGE,
    aligned,
    html_table,
    number,
    per_cent,
    picture_rows,
    plain,
    spread,
    two_digits,
    wrapped,
)

NAMED = 5  # seeds at either end
SHOWN = 8  # pictures of them
CAUSES = {
    "data": "images",
    "seed": "training seed",
    "interaction": "both together",
}


def as_text(comparison):
    """The comparison for a terminal."""
    lines = wrapped(_sentences(comparison))
    for table in _tables(comparison):
        lines += ["", *aligned(*table)]
    return "\n".join(lines)


def as_json(comparison):
    """Every field; what is infinite or was not computed is null."""
    return json.dumps(plain(asdict(comparison)), allow_nan=False, indent=1)


def as_html(comparison, a, b):
    """A page with the same sentences and tables, and the samples a, b of the most stable and most fragile seeds."""
    return PAGE.format(title="Two models, the same seeds", body=body(comparison, a, b))


def body(comparison, a, b):
    """What stands on the page below its title."""
    sentences = "".join(f"<p>{escape(line)}</p>" for line in _sentences(comparison))
    tables = "".join(html_table(*table) for table in _tables(comparison))
    order, count = np.argsort(comparison.mse, kind="stable"), min(SHOWN, len(comparison.mse) // 2)
    rows = [("Most stable seeds", order[:count]), ("Most fragile seeds", order[::-1][:count])]
    pictures = ""
    if a.ndim == 4:
        pictures = "".join(
            picture_rows(f"{title}: first model above, second below.", [a[chosen], b[chosen]]) for title, chosen in rows
        )
    return sentences + pictures + tables


def _sentences(comparison):
    unrelated, count = comparison.unrelated, len(comparison.mse)
    lines = [
        f"{count:,} seeds: the two models' samples differ by {spread(comparison.mse, unrelated)}. (Another picture: "
        f"over {MOVED:.0%} of the difference of unrelated samples.)",
        f"Mean squared difference a pixel: {number(comparison.mean)} +- {number(comparison.error)} over seeds, median "
        f"{number(np.median(comparison.mse))}; of unrelated samples {number(unrelated)}. The variance of a pixel is "
        f"{number(comparison.variance)}.",
    ]
    if comparison.linear is not None:
        lines.append(
            f"Two LINEAR models of these images would differ by {per_cent(comparison.linear / unrelated)} of unrelated "
            f"samples, your models by {two_digits(comparison.mean / comparison.linear)} times as much."
        )
        lines.append(sentence(comparison.gamma))
    if comparison.mixture is not None:
        lines.append(
            f"Two MIXTURES of Gaussians of these images would differ by {spread(comparison.mixture, unrelated)}."
        )
    if comparison.memory is not None:
        own, other = np.mean(comparison.memory, axis=0)
        lines.append(
            f"Nearest training image: {number(own)} a pixel away among the model's own, {number(other)} among the "
            f"other's: {'the models have memorised images' if own < other / 2 else 'no sign of memorised images'}."
        )
    order = np.argsort(comparison.mse, kind="stable")
    ends = [
        ", ".join(f"{comparison.seeds[i]} ({number(comparison.mse[i])})" for i in part)
        for part in (order[:NAMED], order[::-1][:NAMED])
    ]
    lines.append(f"Most stable seeds: {ends[0]}. Most fragile: {ends[1]}.")
    for found, whose in (
        (comparison.expected, "the sensitivity of a MIXTURE of Gaussians of these images to the seeds' noise"),
        (comparison.retrained, "the difference of the second trainings"),
    ):
        if found is not None:
            r, error = found
            moved = "are those that were to be expected" if r > 2 * error else "are not those that were to be expected"
            lines.append(
                f"The seeds that moved {moved} from {whose}: rank correlation {r:.2f} +- {error:.2f}, 1 at the most."
            )
    if comparison.expected is not None:
        lines.append(RANKED)
    return lines


def _tables(comparison):
    def rows(parts, name):
        return [[name(low, high), f"{share:.1%}", per_cent(ratio)] for low, high, share, ratio in parts]

    found = []
    if comparison.effects:
        unrelated = comparison.unrelated
        found.append(
            (
                "What causes the difference: variance a pixel, with its standard error over seeds. Images: averaged "
                "over training seeds; training seed: averaged over images; together: what is of neither alone. Two "
                "models that differ in the images alone differ by twice the first and the last, two that differ in "
                "everything by twice all three.",
                ["cause", "variance", "error", "of unrelated"],
                [
                    [CAUSES[name], number(value), number(error), per_cent(2 * value / unrelated)]
                    for name, (value, error) in comparison.effects.items()
                ],
            )
        )
    found.append(
        (
            "By principal component: share of the difference of unrelated samples, and the models' difference over it.",
            ["modes", "share", "difference"],
            rows(comparison.bands, lambda low, high: f"{low} to {high}"),
        )
    )
    if comparison.frequencies:
        found.append(
            (
                "By spatial frequency, in cycles a side.",
                ["cycles", "share", "difference"],
                rows(comparison.frequencies, lambda low, high: f"{low:.3g} to {high:.3g}" if high else "mean grey"),
            )
        )
    return found
