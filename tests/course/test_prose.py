from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from k8sedu.course.notebook import NotebookError
from k8sedu.course.prose import coloured, formula, heading_of, html_of, plain, without_network


def test_formulas_need_no_script() -> None:
    """Within a line and on a line of its own, a formula is MathML."""
    html, _ = html_of("A majority is $\\lfloor n/2 \\rfloor + 1$.\n\n$$\na \\ll b\n$$\n")
    assert html.count("<math") == 2
    assert 'class="formula"' in html
    assert "$" not in html


@pytest.mark.parametrize("latex", ["a^", "a_b_c", "\\left( x", "\\nosuchcommand x"])
def test_a_formula_that_cannot_be_read_is_named(latex: str) -> None:
    """The sentence shows the formula, and a command that is not known is not printed as if it were a word."""
    with pytest.raises(NotebookError, match=f"the formula .{re.escape(latex)}. cannot be read"):
        formula(latex)


def test_code_is_coloured_by_classes() -> None:
    """Code in prose and in cells gets Pygments' classes; an unknown language stays plain and safe."""
    assert '<span class="k">for</span>' in html_of("```python\nfor x in y: pass\n```")[0]
    assert coloured("a < b", "no-such-language") == '<pre class="code"><code>a &lt; b</code></pre>'


def test_pictures_beside_the_notebook_travel_along(tmp_path: Path) -> None:
    """A local picture and an attachment become part of the page; without words they are reported."""
    (tmp_path / "a.svg").write_text("<svg/>")
    html, unnamed = html_of("![a drawing](a.svg) ![](a.svg)", folder=tmp_path)
    assert html.count('src="data:image/svg+xml;base64,') == 2
    assert 'alt="a drawing"' in html
    assert unnamed == ["a.svg"]
    attached, _ = html_of("![x](attachment:b.png)", attachments={"b.png": {"image/png": "QUJD"}})
    assert 'src="data:image/png;base64,QUJD"' in attached


@pytest.mark.parametrize("url", ["https://example.org/a.png", "//example.org/a.png"])
def test_pictures_on_a_server_are_refused(url: str) -> None:
    """A deck must look the same without a network."""
    with pytest.raises(NotebookError, match="works without a network"):
        html_of(f"![x]({url})")


@pytest.mark.parametrize(
    "html",
    ['<img src="https://a.org/b.png">', "<script src='//a.org/b.js'></script>", '<iframe src=http://a.org>', '<link rel="x" href="https://a.org">'],
)
def test_html_that_asks_a_server_is_refused(html: str) -> None:
    """Raw HTML in prose and in outputs is held to the same promise."""
    with pytest.raises(NotebookError, match=r"a cell asks the network for (https?:)?//a\.org"):
        without_network(f"<p>text</p>{html}")


def test_without_the_extra_the_sentence_says_how_to_get_it() -> None:
    """Where the packages for slides are missing, a person is told in one sentence what to install."""
    script = "import sys; sys.modules['mistune'] = None; from k8sedu.cli import main; main(['page', sys.argv[1]])"
    answer = subprocess.run([sys.executable, "-c", script, __file__], capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 1
    assert answer.stderr == "Error: mistune is not installed, which slides and pages need: pip install 'k8sedu[slides]'\n"


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    """The sentence says which picture, and where it was looked for."""
    with pytest.raises(NotebookError, match=r"the picture gone\.png is not in"):
        html_of("![x](gone.png)", folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "level", "words", "rest"),
    [
        ("# A title #\n\ntext", 1, "A title", "text"),
        ("\n### Deep\nmore", 3, "Deep", "more"),
        ("no heading\n# later", 0, "", "no heading\n# later"),
        ("#no space", 0, "", "#no space"),
    ],
)
def test_a_heading_is_what_a_text_begins_with(text: str, level: int, words: str, rest: str) -> None:
    """Only a heading in the first line gives a slide its title."""
    assert heading_of(text) == (level, words, rest)


def test_tables_and_plain_words() -> None:
    """Tables of Markdown are tables; the words of HTML can be had without its marks."""
    html, _ = html_of("| a | b |\n|---|---|\n| *1* | 2 |")
    assert "<table>" in html
    assert plain(html).split() == ["a", "b", "1", "2"]
