"""The vocabulary of the chapters: cases and their draws, what is measured, figures with their record.

A chapter in this vocabulary: a ``Case`` is measured, giving ``Draws``; their mean or variance over modes, bands, seeds
or in total is ``Measured`` and set ``against`` a law and the naive one; the ``Comparison`` is drawn and checked.
"""

from rmt_utils.book.cases import Case, Draws, mean_mode_variance, patches_in_modes
from rmt_utils.book.drawing import (
    EIGENVALUE,
    check_each,
    compare,
    draw,
    draw_against,
    draw_each,
    draw_groups,
    draw_sizes,
    ellipse,
    log_ticks,
    matrix,
    noise_levels,
    panels,
    size_axis,
)
from rmt_utils.book.figures import Chapter, band_means, image_rows, show_image
from rmt_utils.book.measured import Comparison, Measured, naive, stack
from rmt_utils.book.repository import runs_of
from rmt_utils.book.rules import log_rule, tan_rule
from rmt_utils.book.theory_map import theory_map
from rmt_utils.book.tolerances import tolerance

__all__ = [
    "EIGENVALUE",
    "Case",
    "Chapter",
    "Comparison",
    "Draws",
    "Measured",
    "band_means",
    "check_each",
    "compare",
    "draw",
    "draw_against",
    "draw_each",
    "draw_groups",
    "draw_sizes",
    "ellipse",
    "image_rows",
    "log_rule",
    "log_ticks",
    "matrix",
    "mean_mode_variance",
    "naive",
    "noise_levels",
    "panels",
    "patches_in_modes",
    "runs_of",
    "show_image",
    "size_axis",
    "stack",
    "tan_rule",
    "theory_map",
    "tolerance",
]
