"""The report of Snakemake on the finished tiny run, as a reader sees it in a browser."""

import base64
import csv
import html
import json
import re
import subprocess
from pathlib import Path

import browser
import pytest

from kkt_unlearning.studies.study import figures
from workflow.support.places.tables import own_tables

ROOT = Path(__file__).parents[2]
LOOK_THROUGH = (Path(__file__).parent / "look_through.js").read_text(encoding="utf-8")
CATEGORIES = ["1 Scorecard", "2 Findings", "3 Figures", "4 Provenance"]


@pytest.fixture(scope="module")
def report(finished, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    style = ROOT / "workflow/report/style.css"
    finished.make("--report", str(path), "--report-stylesheet", str(style))
    return path


@pytest.fixture(scope="module")
def seen(report, tmp_path_factory):
    return browser.run(LOOK_THROUGH, report, tmp_path_factory.mktemp("seen"))


@pytest.fixture(scope="module")
def scores(finished):
    with open(finished.folder / "results/scorecard.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def content(uri):
    return base64.b64decode(uri.partition(";base64,")[2])


def one_line(text):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).replace("``", "").split())


def test_make_report_makes_results_and_then_one_file():
    plan = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "report"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    first, second = [line for line in plan if "bin/snakemake" in line]
    assert "--report" not in first
    assert "--report results/report.html" in second
    (style,) = re.findall(r'--report-stylesheet "\$PWD/(\S+)"', second)
    assert (ROOT / style).is_file()


def test_the_page_begins_with_the_scorecard(seen, scores):
    assert seen["first"].startswith("Scorecard")
    assert [name for name, _ in seen["claims"]] == [row["claim"] for row in scores]
    for (name, text), row in zip(seen["claims"], scores, strict=True):
        assert row["statement"] in text, name
        last = text.strip().splitlines()[-1]
        assert re.split(" by |: ", last)[0] == row["verdict"], name


def test_the_scorecard_leads_the_menu(seen):
    assert [entry for entry in seen["menu"] if entry[:1].isdigit()] == CATEGORIES
    assert list(seen["results"]) == CATEGORIES


def test_the_graph_of_rules_is_drawn(seen):
    assert seen["graph"]


@pytest.mark.parametrize("figure", figures())
def test_every_figure_is_there_with_its_caption(figure, seen, finished):
    shown = {result["label"]: result for result in seen["results"]["3 Figures"]}
    result = shown[figure.replace("_", " ")]
    png = (finished.folder / f"paper_figures/{figure}.png").read_bytes()
    assert content(result["image"]["source"]) == png
    assert result["image"]["width"] == int.from_bytes(png[16:20], "big")
    caption = one_line((ROOT / f"workflow/report/{figure}.rst").read_text(encoding="utf-8"))
    assert caption[:200] in " ".join(result["caption"].split())


def test_claims_lead_to_their_figures(seen, scores):
    linked = {row["claim"]: f"paper_figures/{row['figure']}.png" for row in scores if row["figure"]}
    assert seen["linked"] == linked


def test_links_of_the_first_page_open_their_category_after_another_one(seen):
    labels = {name: [row["label"] for row in rows] for name, rows in seen["results"].items()}
    assert seen["led"] == labels


@pytest.mark.parametrize(
    ("category", "page"), [(0, "scorecard"), (1, "findings"), (3, "provenance")]
)
def test_a_page_of_the_report_is_the_one_that_the_rule_made(category, page, seen, finished):
    (result,) = seen["results"][CATEGORIES[category]]
    made = (finished.folder / f"results/{page}.html").read_bytes()
    assert content(result["page"]) == made
    assert len(result["page"]) < 2**21  # Chromium shows nothing of a longer address


def test_the_provenance_of_every_figure_is_complete(finished):
    with open(finished.folder / "results/provenance.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    page = (finished.folder / "results/provenance.html").read_text(encoding="utf-8")
    for figure, tables in figures().items():
        known = {row["item"]: row["value"] for row in rows if row["figure"] == figure}
        assert known["seed"] == "1"
        assert known["backend"] == (
            "" if figure in own_tables() else "numpy"
        )  # where nothing is trained
        assert len(known["code"]) == 64 and known["code"] in page
        assert known["version of numpy"]
        assert json.loads(known["settings"])["replicates"] == 2
        for table in tables.values():
            assert known[f"sha256 of results/tables/{table}.csv"] in page


def test_nothing_is_wider_than_a_narrow_window(report, tmp_path):
    assert browser.run(LOOK_THROUGH, report, tmp_path, width=500)["wider"] <= 0


def test_nothing_is_loaded_from_elsewhere(report):
    text = report.read_text(encoding="utf-8")
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=\"?(?:https?:)?//", text)


def test_a_report_of_one_figure_says_that_the_scorecard_is_missing(finished, tmp_path):
    path = tmp_path / "part.html"
    said = finished.make("--report", str(path), "kinks")
    assert "ERROR" not in said
    assert "These results come without the scorecard" in path.read_text(encoding="utf-8")


def test_all_that_is_made_for_readers_is_in_the_report(report, finished):
    """But tables, which rules read, the numbers in a figure, and the explorer, which is too large."""
    text = report.read_text(encoding="utf-8")
    shown = {f"paper_figures/{figure}.png" for figure in figures()}
    shown |= {f"results/{page}.html" for page in ("scorecard", "findings", "provenance")}
    assert {path for path in finished.files() if path.endswith((".png", ".html"))} == (
        shown | {"results/explorer.html"}
    )
    for path in shown:
        assert f'"{path}"' in text, path
