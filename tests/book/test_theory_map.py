"""The map of the theory names what the chapters are about."""

import matplotlib.pyplot as plt

from rmt_utils.book import theory_map
from rmt_utils.book.theory_map import ARROWS, BOXES


def test_every_box_is_drawn_and_joined():
    assert {name for arrow in ARROWS for name in arrow} == BOXES.keys()
    figure = theory_map()
    (axis,) = figure.axes
    shown = [text.get_text() for text in axis.texts if text.get_text()]
    assert shown == [text for text, _ in BOXES.values()]
    assert len(axis.texts) == len(BOXES) + len(ARROWS)
    plt.close(figure)
