"""A comparison fails when the law is off, and only then."""

from pathlib import Path

import numpy as np
import pytest

from rmt_utils import denoiser_gain, denoiser_mode_variance
from rmt_utils.book.figures import Chapter
from rmt_utils.book.measured import Comparison, Measured, naive, stack
from rmt_utils.book.tolerances import TOLERANCES, as_table, tolerance


@pytest.fixture
def chapter(tmp_path):
    chapter = Chapter("07_test", "book", tmp_path)
    with chapter.figure("fig-a", "A"):
        pass
    return chapter


def comparison(value, error=0.001):
    return Comparison(np.array([value]), np.array([error]), np.array([1.0]))


def test_naive_mean_has_the_noise_for_kappa():
    found = naive(lambda n: denoiser_gain([4.0, 1.0], 1.0, n))
    assert np.allclose(found, [0.8, 0.5], rtol=1e-8)


def test_naive_variance_is_the_leading_term():
    x = np.ones((1, 2))
    found = naive(lambda n: denoiser_mode_variance(x, [4.0, 1.0], 1.0, n, mean="known", pairing=False), 10)
    weights = np.array([4.0, 1.0]) / (np.array([4.0, 1.0]) + 1) ** 2
    assert np.allclose(found, weights * weights.sum() / 10, rtol=1e-6)


def test_a_law_within_its_tolerance_passes(chapter, capsys):
    comparison(1.01).check(chapter, "here", 0.01, resolves=0.05)
    assert capsys.readouterr().out.count("here: ") == 3


def test_a_test_run_is_not_asked_what_it_would_notice(tmp_path, capsys):
    chapter = Chapter("07_test", "quick", tmp_path)
    with chapter.figure("fig-a", "A"):
        pass
    comparison(1.0, error=0.01).check(chapter, "here", 0.01, resolves=0.02)
    assert capsys.readouterr().out.count("here: ") == 1


@pytest.mark.parametrize("value", [1.02, 0.98])
def test_a_law_outside_its_tolerance_stops_the_chapter(chapter, value):
    with pytest.raises(AssertionError, match="here: gap"):
        comparison(value).check(chapter, "here", 0.01)


def test_a_check_that_would_not_notice_stops_the_chapter(chapter):
    with pytest.raises(AssertionError, match="2% off"):
        comparison(1.0, error=0.01).check(chapter, "here", 0.01, resolves=0.02)


def test_gaps_are_relative_unless_asked():
    measured = Measured(np.array([[0.2]]), np.array([[0.0]])).against(np.array([[0.1]]))
    assert np.isclose(measured.excess(), 1.0)
    assert np.isclose(measured.excess(absolute=True), 0.1)
    assert np.isclose(measured.excess(law=0.4), 0.5)
    assert np.isclose(measured.ratio[0], 2.0)


def test_another_unit_leaves_the_gaps():
    one = Comparison(np.array([1.1]), np.array([0.01]), np.array([1.0]), np.array([2.0]))
    other = one / 10
    assert np.allclose((other.value, other.naive), [[0.11], [0.2]])
    assert np.allclose(other.excess(), one.excess())


def test_stack_and_part():
    both = stack([comparison(1.0), comparison(2.0)])
    assert both.value.shape == (2, 1)
    assert both[1].value == 2
    assert both.naive is None
    assert stack([comparison(1.0), comparison(2.0)], axis=-1)[0].value.tolist() == [1, 2]


def test_every_size_is_held_to_its_own_tolerance(chapter, capsys):
    sizes = stack([comparison(1.07), comparison(1.03), comparison(1.0)], axis=-1)
    sizes.check(chapter, "sizes", [0.10, 0.04, 0.01])
    assert "0.026 (at most 0.04)" in capsys.readouterr().out  # 0.014 below its own; the first is 0.034 below
    with pytest.raises(AssertionError, match=r"at most 0\.02"):
        sizes.check(chapter, "sizes", [0.10, 0.02, 0.01])


def test_tolerances_fall_to_their_constant():
    assert tolerance("band", 100) == 0.03
    assert tolerance("total", 10) == 0.1
    assert tolerance("total", [10, 1000]).tolist() == [0.1, 0.01]
    assert tolerance("gain") == TOLERANCES["gain"].constant
    with pytest.raises(ValueError, match="kind must be"):
        tolerance("everything")


def test_every_tolerance_has_its_reason_and_date():
    assert all(entry.reason and entry.fixed.startswith("2026-") for entry in TOLERANCES.values())
    assert as_table().count("\n") == len(TOLERANCES) + 1


def test_the_page_of_tolerances_is_the_table_in_use():
    page = Path(__file__).parents[2] / "book" / "tolerances.md"
    assert as_table() in page.read_text()
