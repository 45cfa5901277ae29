"""Rows of pictures of what networks have drawn: {label: samples (seeds, dim)}, for ``Chapter.pictures``."""

from itertools import product

from rmt_utils.book.networks import KINDS
from rmt_utils.models import agreement

HALVES = (1, 2)


def halves(net, names, n, split=None):
    """Samples of either half from the first training seed, of each of ``names`` that is trained.

    net: ``Networks``; name, n and split as in ``Networks.samples``.
    """
    trained = {name: x for name in names if (x := net.samples(name, n, split)).size}
    return {f"{name}, half {half}": trained[name][half - 1, 0] for name, half in product(trained, HALVES)}


def nearest(net, samples, n):
    """The training images of either half, of n, that are nearest to each of ``samples`` (seeds, dim)."""
    training = {half: net.training(n, half) for half in HALVES}
    return {f"nearest in half {half}": x[agreement.nearest(samples, x)[0]] for half, x in training.items()}


def edited(net, name):
    """Samples of seeds as drawn and as edited, without the edits that keep a seed's norm."""
    rows = {}
    for other, n, edit, first, drawn, after in _edits(net):
        if other == name and "kept" not in edit:
            rows[f"$n={n}$, as drawn"] = drawn
            energy = edit if edit == "removed" else f"+{edit}"
            rows[f"$n={n}$, {energy}, from mode {first + 1}"] = after
    return rows


def edit_changes(net):
    """Squared change a pixel of every seed, by edits of its top components and of its bottom ones.

    {"UNet-30 kept": [top, bottom]}, (seeds,) each: name of the network, and edit as in ``_edits``. Those made of one of
    the two alone are left out.
    """
    changes = {}
    for name, _, edit, first, drawn, after in _edits(net):
        changes.setdefault(f"{name}-{edit}", {})[first] = agreement.mse_per_seed(drawn, after)
    return {edit: [change[first] for first in sorted(change)] for edit, change in changes.items() if len(change) == 2}


def _edits(net):
    """Yield (name, n, edit, first component, samples as drawn, edited), both (seeds, dim).

    edit: the energy that amplifying adds to a seed of unit variances, with "kept" where its norm is restored, or
    "removed". Later runs of the plan come last.
    """
    for run, result in net.results.items():
        for (first, last, factor, *kept), after in zip(run.edits, result.edited, strict=True):
            energy = f"{(last - first) * (factor**2 - 1):.0f}" if factor else "removed"
            name = next(name for name, kind in KINDS.items() if run.recipe.network.startswith(kind))
            drawn = result.samples[-1][: len(after)]
            yield name, run.n_samples, energy + " kept" * any(kept), first, drawn, after
