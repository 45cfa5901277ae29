"""Formulas are set when the site is built; what cannot be set is a warning, which ends the build."""

import pytest
from docutils import nodes
from docutils.utils import new_document
from set_formulas import WithSigns, formula, setting


class Translator:
    """Body of a page, and a visitor that leaves TeX between delimiters, as Sphinx's do."""

    def __init__(self, tex):
        self.body, self.tex = ["before"], tex

    def visit(self, node):
        self.body += ["<span>(1)</span>", self.tex, "</div>"]
        raise nodes.SkipNode


def visited(tex):
    translator = Translator(tex)
    with pytest.raises(nodes.SkipNode):
        setting(Translator.visit)(translator, nodes.math())
    return translator.body


def test_a_formula_is_drawn_and_can_be_read_out():
    html = formula(r"\kappa+1", False)
    assert html.count("<mjx-c ") == 3
    assert "<math" in html
    assert "<mi>κ</mi><mo>+</mo><mn>1</mn>" in html


def test_display_is_not_inline():
    assert 'display="true"' in formula(r"\sum_k", True)
    assert 'display="true"' not in formula(r"\sum_k", False)


@pytest.mark.parametrize(
    ("tex", "fault"),
    [
        (r"\undefined{x}", "Undefined control sequence"),
        (r"\frac{1", "Missing close brace"),
        (r"\left(x", "missing"),
        (r"\begin{nothing}x\end{nothing}", "Unknown environment"),
    ],
)
def test_tex_that_is_wrong_is_refused(tex, fault):
    with pytest.raises(ValueError, match=fault):
        formula(tex, True)


def test_what_stands_between_delimiters_is_set():
    assert "".join(visited(r"\(a&lt;b\)")) == f"before<span>(1)</span>{formula('a<b', False)}</div>"
    assert "".join(visited("\\[a\n\\]")) == f"before<span>(1)</span>{formula('a', True)}</div>"


def test_what_cannot_be_set_is_a_warning(caplog):
    assert r"\(\undefined\)" in "".join(visited(r"\(\undefined\)"))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Undefined control sequence" in caplog.text


def paragraph(*parts):
    """Text of a paragraph after the transform, a formula as its TeX, what does not break in braces."""
    document = new_document("page")
    one = nodes.paragraph()
    one += [nodes.math(part[1:-1], part[1:-1]) if part[0] == "$" else nodes.Text(part) for part in parts]
    document += one
    WithSigns(document).run()
    return "".join(f"{{{part.astext()}}}" if isinstance(part, nodes.inline) else part.astext() for part in one)


def test_a_formula_keeps_the_signs_around_it():
    assert paragraph("for ", "$n$", ". Then (", "$m$", "), ", "$x$", "-rays") == "for {n.} Then {(m),} {x-}rays"


def test_words_around_a_formula_stay_where_they_were():
    assert paragraph("$n$", " images ", "$m$") == "n images m"
