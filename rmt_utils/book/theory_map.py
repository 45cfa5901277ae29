"""The map of the theory of linear models, after figure 2A of the paper: a chart of boxes and arrows."""

import matplotlib.pyplot as plt
import numpy as np

from rmt_utils.style import SPLIT_1

# name: (text, (column, row)), rows counted upwards
BOXES = {
    "sample": ("sample covariance\n$\\hat\\Sigma$, $n$ images", (0, 1)),
    "resolvent": ("resolvent\n$z\\,(\\hat\\Sigma+z)^{-1}$", (1, 1)),
    "kappa": ("equivalent\n$\\kappa(z)\\,(\\Sigma+\\kappa(z))^{-1}$", (2, 1)),
    "mean": ("mean denoiser\n$\\lambda/(\\lambda+\\kappa)$", (3, 1.5)),
    "variance": ("variance of the denoiser\ntwo-point equivalent", (3, 0.5)),
    "functions": ("sampling map $f(\\hat\\Sigma)$\naverage over $z$", (2, 0)),
    "agreement": ("cross-split MSE\nby mode, input, size", (3, -0.5)),
}
ARROWS = (
    ("sample", "resolvent"),
    ("resolvent", "kappa"),
    ("kappa", "mean"),
    ("kappa", "variance"),
    ("kappa", "functions"),
    ("functions", "agreement"),
)


def theory_map():
    """Figure of ``BOXES`` and ``ARROWS`` between them."""
    columns, rows = np.array([place for _, place in BOXES.values()]).T
    figure, axis = plt.subplots(figsize=(1.85 * (np.ptp(columns) + 1), np.ptp(rows) + 1))
    axis.set(xlim=(columns.min() - 0.5, columns.max() + 0.5), ylim=(rows.min() - 0.4, rows.max() + 0.4))
    axis.axis("off")
    style = {"boxstyle": "round,pad=0.5", "facecolor": "#eef3f8", "edgecolor": SPLIT_1}
    drawn = {
        key: axis.text(*place, text, ha="center", va="center", fontsize=9, bbox=style, zorder=2)
        for key, (text, place) in BOXES.items()
    }
    figure.canvas.draw()
    for start, end in ARROWS:
        axis.annotate(
            "",
            xy=BOXES[end][1],
            xytext=BOXES[start][1],
            arrowprops={
                "arrowstyle": "-|>",
                "color": "#555555",
                "patchA": drawn[start].get_bbox_patch(),
                "patchB": drawn[end].get_bbox_patch(),
                "shrinkA": 2,
                "shrinkB": 2,
            },
        )
    return figure
