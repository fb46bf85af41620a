import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.studies.pages.markdown import to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# Title", "<h1>Title</h1>"),
        ("### Part", "<h3>Part</h3>"),
        ("two\nlines", "<p>two lines</p>"),
        ("a **b** *c d* e", "<p>a <strong>b</strong> <em>c d</em> e</p>"),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        ("`a*b*c` & <d>", "<p><code>a*b*c</code> &amp; &lt;d&gt;</p>"),
        ("see [there](../a/b.md#c).", "<p>see there.</p>"),
        ("[x](https://a.b/c)", '<p><a href="https://a.b/c" target="_blank">x</a></p>'),
        ("- one\n  more\n- two", "<ul>\n<li>one more</li>\n<li>two</li>\n</ul>"),
        (
            "| a | b |\n|---|---:|\n| *c* | \\|d\\| < e |\n| f | |",
            "<table>\n<thead><tr><th>a</th><th>b</th></tr></thead>\n<tbody>\n"
            "<tr><td><em>c</em></td><td>|d| &lt; e</td></tr>\n<tr><td>f</td><td></td></tr>\n"
            "</tbody>\n</table>",
        ),
        ("| a |\nno rule", "<p>| a | no rule</p>"),
    ],
)
def test_marks_become_elements(text, html):
    assert to_html(text) == html


def test_blocks_are_told_apart_by_empty_lines():
    assert to_html("# A\n\nb\n\n\nc\n") == "<h1>A</h1>\n<p>b</p>\n<p>c</p>"


def test_a_picture_is_left_out_unless_it_is_given():
    text = "a\n\n![x < y](p.png)\n\nb"
    assert to_html(text) == "<p>a</p>\n<p>b</p>"
    shown = '<p><img src="data:image/png;base64,UE5H" alt="x &lt; y"></p>'
    assert to_html(text, {"p.png": b"PNG"}) == f"<p>a</p>\n{shown}\n<p>b</p>"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])))
def test_nothing_in_a_text_becomes_an_element_of_its_own(text):
    elements = set(re.findall(r"</?([a-z0-9]+)", to_html(text)))
    assert elements <= {
        "p",
        "ul",
        "li",
        "strong",
        "em",
        "code",
        "a",
        *("table", "thead", "tbody", "tr", "th", "td"),
        *(f"h{n}" for n in range(1, 7)),
    }
