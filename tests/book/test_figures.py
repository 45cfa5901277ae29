"""The record of a chapter: what it keeps, and that a check can fail."""

import json
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from rmt_utils.book.figures import Chapter


@pytest.fixture
def chapter(tmp_path):
    chapter = Chapter("07_test", "quick", tmp_path)
    figure, axis = plt.subplots()
    axis.plot([1, 2])
    chapter.save(figure, "fig-line", "A line", paper="2B", n_samples=3)
    return chapter


def manifest(chapter):
    return json.loads((chapter.folder / "manifest.json").read_text())


def test_numbers_of_a_figure_stand_beside_it(chapter):
    (figure,) = manifest(chapter)["figures"]
    assert list(figure["files"]) == ["fig-line.png", "fig-line.svg", "fig-line.csv"]
    assert (chapter.folder / "fig-line.csv").read_text() == "panel,label,x,y,low,high\n1,,0,1,,\n1,,1,2,,\n"


def test_what_has_a_label_on_an_axis_alone_is_named(tmp_path):
    chapter = Chapter("07_test", "quick", tmp_path)
    legends = []
    for columns, label, own in ((1, "a", None), (1, None, None), (2, "a", None), (1, "a", "of its own")):
        with chapter.figure("fig-a", "A", columns=columns) as axes:
            axis = np.ravel(axes)[-1]
            axis.plot([1, 2], label=label)
            if own:
                axis.legend(title=own)
        legends.append([one.get_legend() for one in np.ravel(axes)])
    assert [text.get_text() for text in legends[0][0].get_texts()] == ["a"]
    assert legends[1:3] == [[None], [None, None]]
    assert legends[3][0].get_title().get_text() == "of its own"


def test_checks_that_hold_are_recorded(chapter, capsys):
    chapter.check("gap", 0.5, at_most=1, at_least=0)
    assert "gap: 0.5" in capsys.readouterr().out
    (figure,) = manifest(chapter)["figures"]
    assert figure["checks"] == [{"claim": "gap", "value": 0.5, "at_most": 1.0, "at_least": 0.0}]
    assert figure["parameters"] == {"n_samples": 3}


@pytest.mark.parametrize("bounds", [{"at_most": 0.4}, {"at_least": 0.6}])
@pytest.mark.parametrize("value", [0.5, float("nan")])
def test_checks_that_do_not_hold_stop_the_chapter(chapter, value, bounds):
    with pytest.raises(AssertionError, match="gap"):
        chapter.check("gap", value, **bounds)
    assert manifest(chapter)["figures"][0]["checks"] == []


@pytest.mark.parametrize(("profile", "asked"), [("quick", False), ("book", True)])
def test_only_the_book_is_asked_whether_it_would_notice(tmp_path, profile, asked):
    chapter = Chapter("07_test", profile, tmp_path)
    with chapter.figure("fig-a", "A"):
        pass
    chapter.notices("wrong law", 2.0, at_least=1.0)
    assert len(manifest(chapter)["figures"][0]["checks"]) == asked
    if asked:
        with pytest.raises(AssertionError, match="wrong law"):
            chapter.notices("wrong law", 0.5, at_least=1.0)


def test_numbers_go_to_the_record_and_to_the_text(chapter):
    chapter.number("answer", 42)
    assert manifest(chapter)["figures"][0]["numbers"] == {"answer": 42.0}


def test_numbers_of_several_are_named_by_their_keys(chapter):
    chapter.numbers("share", {"patches": 0.5, 300: 1})
    assert manifest(chapter)["figures"][0]["numbers"] == {"share-patches": 0.5, "share-300": 1.0}


def test_rows_of_pictures_are_cut_to_their_columns(chapter, saved):
    rows = {"one": np.zeros((5, 4)), "two": np.ones((3, 4))}
    chapter.pictures("fig-rows", "Rows", rows, "1A", columns=3, n_samples=7)
    entry = manifest(chapter)["figures"][-1]
    assert (entry["name"], entry["paper"], entry["parameters"]) == ("fig-rows", "1A", {"n_samples": 7})
    assert len(saved[-1].axes) == 2 * 3
    chapter.pictures("fig-heads", "Rows", rows, columns=3, heads={0: "left", 2: "right"})
    assert [axis.get_title(loc="left") for axis in saved[-1].axes] == ["left", "", "right", "", "", ""]


def test_pictures_that_are_not_square_are_refused(chapter):
    with pytest.raises(ValueError, match="dim must be a square or three times a square, got 6"):
        chapter.pictures("fig-rows", "Rows", {"one": np.zeros((2, 6))})


def test_pictures_are_reproducible(chapter, tmp_path):
    again = Chapter("again", "quick", tmp_path)
    figure, axis = plt.subplots()
    axis.plot([1, 2])
    again.save(figure, "fig-line", "A line")
    assert manifest(again)["figures"][0]["files"] == manifest(chapter)["figures"][0]["files"]


@pytest.mark.parametrize("profile", ["quick", "book"])
def test_a_figure_is_shown_once_with_nothing_cut_off_and_closed(tmp_path, monkeypatch, profile):
    shown, chapter, others = [], Chapter("07_test", profile, tmp_path), plt.get_fignums()
    monkeypatch.setattr("IPython.display.display", shown.append)
    with chapter.figure("fig-a", "A") as axis:
        axis.plot([1, 2])
        axis.set_ylabel("far from the axis", labelpad=80)
    assert plt.get_fignums() == others
    (picture,) = shown
    pixels = np.asarray(Image.open(BytesIO(picture.data)).convert("L"))
    rows, columns = np.nonzero(pixels < 255)
    height, width = pixels.shape
    # a tenth of an inch on all sides, at 130 pixels an inch
    margins = [rows.min(), height - 1 - rows.max(), columns.min(), width - 1 - columns.max()]
    np.testing.assert_allclose(margins, 13, atol=5)
    in_file = Image.open(BytesIO((chapter.folder / "fig-a.png").read_bytes()))
    assert in_file.width == pytest.approx(width * {"quick": 1, "book": 200 / 130}[profile], abs=2)


def test_a_new_run_leaves_no_picture_of_the_old_one(chapter, tmp_path):
    Chapter("07_test", "quick", tmp_path)
    assert not list(chapter.folder.glob("*.png"))


def test_unknown_profile_is_named(tmp_path):
    with pytest.raises(ValueError, match="profile"):
        Chapter("07_test", "slow", tmp_path)


@pytest.mark.parametrize(("value", "holds"), [(0.5, True), (1.5, False)])
def test_verdicts_are_recorded_either_way(chapter, value, holds, capsys):
    chapter.verdict("claim", "gap", value, 0.02, at_most=1)
    (entry,) = manifest(chapter)["figures"][0]["verdicts"]
    assert entry["holds"] is holds
    assert entry["shown"] == f"{value:.3f} ± 0.020"
    assert ("does not hold" in capsys.readouterr().out) is not holds


@pytest.mark.parametrize(
    ("bounds", "worst"),
    [({"at_most": 1.0}, 1.4), ({"at_least": 1.0}, 0.5), ({"at_most": 1.05, "at_least": 0.95}, 0.5)],
)
def test_of_many_values_the_one_counts_that_is_furthest_outside(chapter, bounds, worst):
    values = np.array([[1.0, 1.4], [0.5, 1.1]])
    chapter.verdict("claim", "gap", values, values / 10, **bounds)
    (entry,) = manifest(chapter)["figures"][0]["verdicts"]
    assert (entry["value"], entry["error"], entry["holds"]) == (worst, worst / 10, False)


def test_a_value_that_is_not_a_number_does_not_hold(chapter):
    chapter.verdict("claim", "gap", np.array([0.5, np.nan]), np.ones(2), at_most=1)
    assert manifest(chapter)["figures"][0]["verdicts"][0]["holds"] is False


def test_a_claim_without_a_bound_is_refused(chapter):
    with pytest.raises(ValueError, match="at_most or at_least"):
        chapter.verdict("claim", "gap", 1.0, 0.1)


def test_a_figure_is_saved_when_its_block_ends(chapter):
    with chapter.figure("fig-two", "Two", paper="3A", columns=2, draws=5) as axes:
        axes[0].plot([1, 2])
    entry = manifest(chapter)["figures"][-1]
    assert (entry["name"], entry["paper"], entry["parameters"]) == ("fig-two", "3A", {"draws": 5})
    assert (chapter.folder / "fig-two.png").exists()


def test_a_figure_that_fails_is_not_saved(chapter):
    with pytest.raises(ZeroDivisionError), chapter.figure("fig-two", "Two"):
        raise ZeroDivisionError
    assert len(manifest(chapter)["figures"]) == 1


@pytest.mark.parametrize(("profile", "draws"), [("book", 100), ("quick", 5)])
def test_settings_of_a_profile(tmp_path, profile, draws):
    settings = Chapter("07_test", profile, tmp_path).settings(quick={"draws": 5}, draws=100, side=8)
    assert (settings.draws, settings.side) == (draws, 8)


def test_settings_of_a_quick_run_are_among_the_book_s(chapter):
    with pytest.raises(ValueError, match="quick must only have draws, got drawz"):
        chapter.settings(quick={"drawz": 5}, draws=100)
