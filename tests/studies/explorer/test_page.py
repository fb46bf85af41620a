"""The page holds what it needs and nothing that a name could smuggle in."""

import json
import re
from html.parser import HTMLParser

import browser
import numpy as np
import pytest
from explorer_tables import certificates, told
from plotly.offline import get_plotlyjs

from kkt_unlearning.studies.explorer.page import embedded, page, policy

HOSTILE = (
    "</script><script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 1'>",
    "<!--<script>",
    "\"'`${window.hit = 1}{{ 7 * 7 }}\u2028&lt;b&gt;",
)
# names that a reader would see, whether one of them ran, and what a page that calls home comes to
LOOK = """
(async () => {
  const texts = (id) => [...document.getElementById(id).options].map(({ text }) => text);
  const refused = new Promise((done) => {
    addEventListener("securitypolicyviolation", ({ blockedURI }) => done(blockedURI));
  });
  await new Promise((done) => setTimeout(done, 500));
  const studies = texts("choose-study");
  const found = { hit: window.hit ?? null, sources: texts("choose-source"), studies };
  found.sentence = document.getElementById("sentence").textContent;
  found.images = document.images.length;
  found.plots = document.querySelectorAll("svg.main-svg").length;
  found.fetched = await fetch("https://example.invalid/").then(() => true, () => false);
  found.refused = await refused;
  const made = document.createElement("pre");
  made.id = "found";
  made.textContent = JSON.stringify(found);
  document.body.append(made);
})();
"""
ABSENT = """
const made = document.createElement("pre");
made.id = "found";
const seen = (id) => document.getElementById(id).getClientRects().length > 0;
const text = document.getElementById("none").textContent;
made.textContent = JSON.stringify({ none: seen("none"), shown: seen("shown"), text });
document.body.append(made);
"""


class Elements(HTMLParser):
    """Attributes of all elements by their names."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def hostile(text):
    table = certificates()
    table["network"] = np.where(table["network"] == "linear", text, table["network"])
    dataset = {"source": "file", "path": text}
    return told(table, name=text, dataset=dataset, homes=[])


def test_the_same_studies_give_the_same_page():
    assert page([told()], "let a;") == page([told()], "let a;")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_ends_the_script_or_begins_a_tag(text):
    made = page([hostile(text)], "let a;")
    plain = page([told()], "let a;")
    assert [tag for tag, _ in Elements(made).found] == [tag for tag, _ in Elements(plain).found]
    (tables,) = re.findall(r'<script type="application/json" id="tables">(.*?)</script>', made)
    assert json.loads(tables)["studies"][0]["experiment"] == text


def test_embedded_json_is_the_same_value():
    assert json.loads(embedded(list(HOSTILE))) == list(HOSTILE)
    assert not set(embedded(list(HOSTILE))) & set("<>&\u2028")
    with pytest.raises(ValueError, match="not JSON compliant"):
        embedded(float("inf"))


@pytest.mark.parametrize("script", ["a</script>b", "a</SCRIPT >b", "<!-- a"])
def test_a_script_that_would_end_itself_is_refused(script):
    with pytest.raises(ValueError, match="would end it"):
        page([], script)


def test_the_page_names_nothing_to_load():
    elements = Elements(page([told()], "let a;")).found
    loaded = [
        attributes for tag, attributes in elements if {"src", "href", "action"} & attributes.keys()
    ]
    assert loaded == [{"rel": "icon", "href": "data:,"}]
    (allowed,) = [
        a["content"] for _, a in elements if a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert allowed.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in allowed.partition("style-src")[0] and "http" not in allowed


def test_the_policy_follows_the_scripts():
    assert policy(["a", "b"]) != policy(["a", "c"])


def test_every_label_belongs_to_a_control_and_every_heading_to_its_section():
    elements = Elements(page([told()], "let a;")).found
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [a[key] for _, a in elements for key in ("for", "aria-labelledby") if key in a]
    assert named and set(named) <= set(ids)


@pytest.fixture(scope="module")
def plotly():
    return get_plotlyjs()


def test_hostile_names_are_text_and_the_network_is_out_of_reach(plotly, tmp_path):
    path = tmp_path / "page.html"
    made = page([hostile(text) for text in HOSTILE], plotly)
    path.write_text(browser.allowing(made, LOOK), encoding="utf-8")
    looked = browser.look(path, tmp_path)
    found = browser.found(looked)
    assert found["hit"] is None and found["images"] == 0 and found["plots"]
    assert found["sources"] == [f"file: {text}" for text in HOSTILE]
    assert found["studies"] == [f"{HOSTILE[0]}: one ascent step"]
    assert HOSTILE[0] in found["sentence"]
    assert not found["fetched"] and found["refused"].startswith("https://example.invalid")
    assert any("example.invalid" in line for line in browser.complaints(looked))


def test_without_any_experiment_it_says_so(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(browser.allowing(page([], "let a;"), ABSENT), encoding="utf-8")
    found = browser.found(browser.look(path, tmp_path))
    assert (found["none"], found["shown"]) == (True, False)
    assert "No experiment of this configuration" in found["text"]
