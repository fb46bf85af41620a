"""The explorer of the finished tiny run, as a reader moves its controls in a browser."""

import csv
import html
import re
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from urllib.parse import parse_qsl

import browser
import pytest

EXPLORE = (Path(__file__).parent / "explore.js").read_text(encoding="utf-8")
PARTS = {"certificate": "", "batch": ".batch", "depth": ".depth", "recovery": ".recovery"}
KEPT_APART = {"experiment", "measure", "along", "scale", "steps"}  # in an address, no columns
QUANTILES = (Fraction(1, 2), Fraction(1, 10), Fraction(9, 10))
WAY_COLUMNS = ("gradients", "epsilon_least", "tau_star", "distance_retrained")
# opens every experiment with all that can be opened, and says how much wider than the window it is
WIDTHS = """
(async () => {
  const widths = [];
  for (const data of [...document.getElementById("choose-source").options].map(({ value }) => value)) {
    const source = document.getElementById("choose-source");
    source.value = data;
    source.dispatchEvent(new Event("change"));
    const study = document.getElementById("choose-study");
    for (const { value } of [...study.options]) {
      study.value = value;
      study.dispatchEvent(new Event("change"));
      for (const details of document.querySelectorAll("details")) details.open = true;
      await new Promise((done) => setTimeout(done, 50));
      const { scrollWidth, clientWidth } = document.documentElement;
      const controls = [...document.querySelectorAll("form .control")];
      const lefts = controls.map((control) => control.getBoundingClientRect().left);
      const title = study.selectedOptions[0].text;
      widths.push({ title, clientWidth, wider: scrollWidth - clientWidth, columns: new Set(lefts).size });
    }
  }
  window.parent.postMessage(JSON.stringify(widths), "*");
})();
"""
FRAME = """<!doctype html><iframe src="inner.html" width="390" height="900" style="border: 0"></iframe>
<script>onmessage = ({ data }) => {
  const found = document.createElement("pre");
  found.id = "found";
  found.textContent = data;
  document.body.append(found);
};</script>"""


@pytest.fixture(scope="module")
def page(finished):
    return (finished.folder / "results/explorer.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def looked(page, tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    (folder / "page.html").write_text(browser.allowing(page, EXPLORE), encoding="utf-8")
    return browser.look(folder / "page.html", folder)


@pytest.fixture(scope="module")
def seen(looked):
    found = browser.found(looked)
    assert "error" not in found, found["error"]
    return found


@pytest.fixture(scope="module")
def tables(finished):
    """Rows of every table by (experiment, measure), as text."""
    found = {}
    for path in sorted((finished.folder / "results/tables").glob("*.csv")):
        experiment, _, part = path.name.removesuffix(".csv").partition(".")
        measure = {ending.removeprefix("."): name for name, ending in PARTS.items()}.get(part)
        if measure and experiment not in ("dependence", "readings"):  # tables of no experiment
            with open(path, newline="", encoding="utf-8") as file:
                found[experiment, measure] = list(csv.DictReader(file))
    return found


def told(view):
    return dict(parse_qsl(view["address"], keep_blank_values=True))


def equal(cell, text):
    try:
        return float(cell) == float(text)
    except ValueError:
        return cell == text


def chosen(rows, wanted):
    """Rows with the values of an address."""
    columns = [name for name in wanted if name not in KEPT_APART and name in rows[0]]
    return [row for row in rows if all(equal(row[name], wanted[name]) for name in columns)]


def quantile(cells, q):
    """``½ (v_(⌈nq⌉) + v_(⌊nq⌋+1))`` without nan, exactly; None if nothing is left."""
    ordered = sorted(cell for cell in map(Decimal, cells) if not cell.is_nan())
    if not ordered:
        return None
    place = len(ordered) * q
    low, high = max(ceil(place) - 1, 0), min(floor(place), len(ordered) - 1)
    return (ordered[low] + ordered[high]) / 2


def is_rounded(text, exact):
    """Whether a text is an exact number to six digits; half a unit may go either way."""
    if exact is None or not exact.is_finite():
        return text == ("not measured" if exact is None else "infinite")
    unit = Decimal(1).scaleb(exact.adjusted() - 5) if exact else 0
    return abs(Decimal(text) - exact) <= unit / 2


def differing(shown, cells):
    """Numbers of a row that are not median, 10 % and 90 % of the cells."""
    expected = [quantile(cells, q) for q in QUANTILES[: len(shown)]]
    return [pair for pair in zip(shown, expected, strict=True) if not is_rounded(*pair)]


def test_every_table_has_its_place(seen, tables):
    shown = {(told(view)["experiment"], told(view)["measure"]) for view in seen["views"]}
    assert shown == tables.keys()
    assert len(set(seen["options"]["source"])) == len(seen["options"]["source"])


def test_every_choice_in_the_tables_can_be_made(seen, tables):
    """Each value of each column that tells settings apart is in some address."""
    for (experiment, measure), rows in tables.items():
        views = [told(view) for view in seen["views"]]
        made = [v for v in views if (v["experiment"], v["measure"]) == (experiment, measure)]
        names = list(rows[0])[1 : list(rows[0]).index("network") + 2]
        names += ["start", "forget_size", "fraction", "choice", "layers"]
        if measure == "recovery":
            names = [name for name in names if name not in ("start", "fraction")]
        for name in (name for name in names if name in rows[0]):
            values = {row[name] for row in rows}
            if len(values) > 1:
                seen_values = [v[name] for v in made]
                missing = {v for v in values if not any(equal(v, one) for one in seen_values)}
                assert not missing, (experiment, measure, name)


def test_the_numbers_beside_the_diagrams_are_those_of_the_tables(seen, tables):
    compared = 0
    for view in seen["views"]:
        wanted = told(view)
        rows = tables[wanted["experiment"], wanted["measure"]]
        for row in view["certificate"]:
            cells = [found[row["column"]] for found in chosen(rows, wanted)]
            assert differing(row["cells"][1:4], cells) == [], (view["address"], row)
            infinite = sum(Decimal(cell).is_infinite() for cell in cells)
            assert [int(text) for text in row["cells"][4:]] in ([], [infinite])
            assert row["cells"][4:] or not infinite
            compared += 1
    assert compared > 100


def test_the_numbers_of_the_diagrams_are_those_of_the_tables(seen, tables):
    """At every place of the horizontal axis; each view once."""
    views = {view["address"]: view for view in seen["views"]}
    compared = 0
    for view in views.values():
        wanted = told(view)
        rows = tables[wanted["experiment"], wanted["measure"]]
        for row in view["diagrams"]:
            found = chosen(rows, wanted | {wanted["along"]: row["x"]})
            cells = [one[row["column"]] for one in found]
            assert differing(row["cells"][2:5], cells) == [], (view["address"], row)
            compared += 1
    assert compared > 300


def of_a_way(rows, way):
    method, start, beta = way.split(" ")
    return [
        row
        for row in rows
        if (row["method"], row["start"]) == (method, start)
        and (row["beta"] == "nan" if beta == "-1" else equal(row["beta"], beta))
    ]


def with_costs(row):
    cost = Decimal(row["cost"]) + Decimal(row["cost_dual"])
    least = min(Decimal(row[name]) for name in ("epsilon", "epsilon_clarke"))
    return row | {"gradients": cost, "epsilon_least": least}


def test_the_ways_to_forget_are_those_of_the_table_of_methods(seen, tables):
    compared = 0
    for view in (view for view in seen["views"] if view["ways"]):
        wanted = told(view)
        experiment = re.match(r"Experiment (\w+):", view["waysSentence"])[1]
        own = chosen(tables[wanted["experiment"], wanted["measure"]], wanted)
        same = {name: own[0][name] for name in ("network", "training", "forget_size")}
        rows = chosen(tables[experiment, "recovery"], same)
        assert {row["way"] for row in view["ways"]} == {
            f"{row['method']} {row['start']} {'-1' if row['beta'] == 'nan' else row['beta']}"
            for row in rows
        }
        for row in view["ways"]:
            found = [
                one for one in of_a_way(rows, row["way"]) if one["steps"] in ("0", wanted["steps"])
            ]
            for column, text in zip(WAY_COLUMNS, row["cells"][1:], strict=True):
                shown = re.findall(r"[^\s()…]+", text)
                cells = [with_costs(one)[column] for one in found]
                assert differing(shown, cells) == [], (view["address"], row, column)
                if len(shown) == 1:
                    assert quantile(cells, 0.1) == quantile(cells, 0.9)
                compared += 1
    assert compared > 50


def test_ways_to_forget_stand_beside_certificates_on_the_same_data_alone(seen):
    shown = [(told(view), bool(view["ways"])) for view in seen["views"]]
    assert all(ways for wanted, ways in shown if wanted["experiment"] in ("recovery", "step_size"))
    dimensions = [(w["dimension"], ways) for w, ways in shown if w["experiment"] == "dimension"]
    assert {dimension for dimension, ways in dimensions if ways} == {"40"}  # that of recovery
    assert not any(ways for wanted, ways in shown if wanted["experiment"] == "digits")


def test_every_view_says_what_is_seen_and_draws_it(seen, tables):
    for view in seen["views"]:
        wanted = told(view)
        assert view["sentence"].startswith(("The network “", "Ways to forget ")), view["address"]
        assert f"experiment {wanted['experiment']}." in view["sentence"]
        some = bool(chosen(tables[wanted["experiment"], wanted["measure"]], wanted))
        assert view["missing"] != some
        assert bool(view["plots"]) == bool(view["captions"]) == some


def test_every_control_has_a_label(seen):
    assert all(label for controls in seen["controls"].values() for _, label in controls)


def test_an_address_opens_its_view_and_a_wrong_one_the_first(seen):
    earlier, wrong = (view for view in seen["views"] if "asked" in view)
    assert earlier["address"] == earlier["asked"]
    first = next(view for view in seen["views"])
    assert told(wrong)["experiment"] == told(first)["experiment"]


def test_the_pointer_tells_the_numbers(seen):
    *_, median, low, high, _ = seen["hovered"]["cells"]
    assert f"median {median}" in seen["hover"]
    assert f"{low} … {high}" in seen["hover"]


def test_a_click_chooses_the_place(seen):
    wanted = told(seen["clicked"])
    assert equal(wanted[wanted["along"]], str(seen["clicked"]["x"]))


def test_nothing_is_loaded_and_nothing_goes_wrong(seen, looked, page):
    assert seen["resources"] == []
    assert browser.complaints(looked) == []
    assert "default-src 'none'" in html.unescape(page[:1000])


def test_nothing_is_wider_than_a_telephone(page, tmp_path):
    (tmp_path / "inner.html").write_text(browser.allowing(page, WIDTHS), encoding="utf-8")
    (tmp_path / "page.html").write_text(FRAME, encoding="utf-8")
    widths = browser.found(browser.look(tmp_path / "page.html", tmp_path))
    assert len(widths) > 5
    for view in widths:
        assert view["clientWidth"] <= 390
        assert view["wider"] <= 0, view["title"]
        assert view["columns"] == 1  # controls one below the other


def test_the_page_is_small_enough_to_pass_on(page):
    assert len(page.encode()) < 8 * 2**20


def test_the_same_tables_give_the_same_page(after):
    project = after()
    path = project.folder / "results/explorer.html"
    before = path.read_bytes()
    path.unlink()
    project.make("results/explorer.html")
    assert path.read_bytes() == before


def test_an_experiment_of_the_users_own_comes_to_the_page(after, tiny_config):
    project = after()
    mine = tiny_config["experiments"]["natural_text"] | {"measures": ["certificate"]}
    changes = project.on_top({"experiments": {"mine": mine}})
    planned = project.planned(*changes, "--", "results/explorer.html")
    assert planned["table"] == planned["explorer"] == 1
