"""What differs between runs is found, counted and told; what cannot run on a processor is not run."""

import math
from pathlib import Path

import pytest

from workflow import reproduce
from workflow.reproduce import FIRST, VARIANTS, Outcome, details, obstacle, promised, rows
from workflow.support.records.comparison import Difference, compare, relative
from workflow.support.records.tables import markdown

TABLE = "results/tables/kinks.csv"
SCORECARD = "results/scorecard.csv"
FILES = {
    TABLE: "network,epsilon\nlinear,0.125\ntwo_layer,1e-05\n",
    "paper_figures/kinks.csv": "x\n1\n",
    SCORECARD: "claim,measured,verdict\na,0.5,held\n",
    "paper_figures/kinks.pdf": "%PDF",
    "results/kinks/base/trained.npz": "arrays",
    "results/kinks/base/trained.provenance.json": "{}",
}


def written(folder: Path, **changes: str) -> Path:
    for name, text in (FILES | changes).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def beside(tmp_path):
    """Comparison of a run with one that has other files."""

    def compared(**changes: str):
        return compare(written(tmp_path / "one"), written(tmp_path / "other", **changes))

    return compared


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ("0.125", "0.125", 0.0),
        ("0.125", "0.12500001", 0.0),  # the same six digits
        ("0.125", "0.126", 0.001 / 0.126),
        ("nan", "nan", 0.0),
        ("0", "-0", math.inf),  # a sign that is drawn
        ("1.0", "nan", math.inf),
        ("1.0", "inf", math.inf),
        ("held", "failed", math.inf),
        ("", "0", math.inf),
    ],
)
def test_cells_are_compared_to_six_digits(one, other, difference):
    assert relative(one, other) == pytest.approx(difference)


def test_equal_runs_differ_in_nothing(beside):
    found = beside()
    assert found.differences == []
    assert found.cells == 4 + 1 + 3
    assert found.compared["tables"] == found.compared["arrays"] == found.compared["figures"] == 1


def test_a_cell_that_differs_is_told_with_its_column(beside):
    found = beside(**{TABLE: "network,epsilon\nlinear,0.125\ntwo_layer,2e-05\n"})
    assert found.of("tables") == [Difference("tables", TABLE, "epsilon", 1, 0.5)]


@pytest.mark.parametrize(
    "text", ["network,delta\na,1\nb,2\n", "network,epsilon\nlinear,0.125\n", ""]
)
def test_tables_of_other_columns_or_rows_differ_as_a_whole(beside, text):
    (found,) = beside(**{TABLE: text}).of("tables")
    assert (found.file, found.column, found.largest) == (TABLE, "", math.inf)


def test_a_file_that_one_run_lacks_differs(beside):
    name = "paper_figures/flips.png"
    assert [found.file for found in beside(**{name: "PNG"}).differences] == [name]


def outcome(name: str, comparison) -> Outcome:
    return Outcome(next(v for v in VARIANTS if v.name == name), "Nehalem", comparison)


def test_the_summary_counts_cells_verdicts_and_files(beside):
    comparison = beside(
        **{
            TABLE: "network,epsilon\nlinear,0.25\ntwo_layer,2e-05\n",
            SCORECARD: "claim,measured,verdict\na,0.5,failed\n",
            "paper_figures/kinks.pdf": "%PDF-2",
        }
    )
    (row,) = rows([outcome("nehalem", comparison)])
    assert row["cells compared"] == 8
    assert row["tables: cells that differ"] == 2
    assert row["figure tables: cells that differ"] == 0
    assert row["verdicts that differ"] == 1
    assert row["figures that differ"] == 1
    assert row["arrays that differ"] == 0
    columns = [(row["file"], row["column"]) for row in details([outcome("nehalem", comparison)])]
    assert columns == [(TABLE, "epsilon"), (SCORECARD, "verdict")]


def test_other_kernels_owe_equal_tables_and_equal_settings_owe_equal_bytes(beside):
    arrays = beside(**{"results/kinks/base/trained.npz": "other round-off"})
    assert promised([outcome("nehalem", arrays)]) == []
    assert [found.kind for found in promised([outcome("again", arrays)])] == ["arrays"]


@pytest.mark.parametrize("name", ["results/kinks/base/kkt.csv", TABLE])
def test_equal_settings_owe_the_last_digit_of_every_table(beside, name):
    text = FILES.get(name, "").replace("0.125", "0.12500000001")
    found = beside(**{name: text})
    assert [(d.kind, d.file) for d in found.differences] == [("CSV files", name)]
    assert promised([outcome("nehalem", found)]) == []
    assert promised([outcome("again", found)]) == found.differences


def test_a_table_to_read_has_a_line_for_each_run():
    assert markdown([{"run": "plain", "n": 1}]).splitlines()[2] == "| plain | 1 |"
    assert markdown([]) == "None.\n"


def test_a_kernel_runs_only_where_the_processor_has_what_it_needs():
    on_cpu = [v for v in VARIANTS if not v.backend]
    able = {v.name for v in on_cpu if not obstacle(v, {"sse4_2", "avx", "avx2", "fma"})}
    assert able == {FIRST, "again", "two_threads", "nehalem", "sandybridge", "haswell"}
    assert {v.name for v in on_cpu if not obstacle(v, set())} == {FIRST, "again", "two_threads"}
    (skylake,) = (v for v in VARIANTS if v.name == "skylakex")
    assert obstacle(skylake, {"avx512f", "avx512vl"}) == "this processor lacks avx512bw, avx512dq"


def test_cupy_runs_only_where_it_answers(monkeypatch):
    (cupy,) = (v for v in VARIANTS if v.name == "cupy")
    monkeypatch.setattr(reproduce, "missing", lambda backend: f"no {backend}")
    assert obstacle(cupy, set()) == "no cupy"


def test_a_kernel_is_the_one_that_is_asked_for():
    if obstacle(outcome("nehalem", None).variant, reproduce.processor_flags()):
        pytest.skip("no x86-64 processor under Linux")
    assert "Nehalem" in reproduce.kernels(outcome("nehalem", None).variant)


def test_the_whole_way_says_and_writes_what_differs(tmp_path, monkeypatch, capsys):
    def run(variant, configfile, folder, cores, targets):
        changed = {TABLE: "network,epsilon\nlinear,0.5\ntwo_layer,1e-05\n"}
        written(folder, **(changed if variant.name == "two_threads" else {}))

    monkeypatch.setattr(reproduce, "run", run)
    monkeypatch.setattr(reproduce, "processor_flags", lambda: set())
    places = ["--folder", str(tmp_path / "runs"), "--report", str(tmp_path / "report")]
    assert reproduce.main([*places, "--runs", "again"]) == 0
    assert reproduce.main([*places, "--runs", "two_threads", "skylakex"]) == 1
    said = capsys.readouterr().out
    assert f"| two_threads | {TABLE} | epsilon | 1 | 0.8 |" in said
    assert "not run: this processor lacks avx512bw" in said
    assert (tmp_path / "report/reproduction.csv").read_text().count("\n") == 4
    differences = (tmp_path / "report/reproduction_differences.csv").read_text()
    assert differences.endswith(f"\nconfig/tiny.yaml,two_threads,{TABLE},epsilon,1,0.8\n")


def test_a_variant_is_run_with_its_threads_and_kernel(tmp_path, project, monkeypatch):
    """One small target instead of everything: what a job sees of the variant."""
    (project.folder / "scripts/dependence_tables.py").write_text(
        "import json, os, pathlib\n"
        "names = ('OPENBLAS_CORETYPE', 'OPENBLAS_NUM_THREADS')\n"
        "for path in snakemake.output:\n"
        "    pathlib.Path(path).write_text(json.dumps([os.environ.get(n) for n in names]))\n"
    )
    monkeypatch.setattr(reproduce, "ROOT", project.folder)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    seen = {}
    for name in (FIRST, "two_threads", "nehalem"):
        variant = outcome(name, None).variant
        folder = tmp_path / name
        table = "results/tables/dependence.csv"
        reproduce.run(variant, project.folder / "config/tiny.yaml", folder, "2", [table])
        seen[name] = (folder / table).read_text()
    assert seen == {
        FIRST: '[null, "1"]',
        "two_threads": '[null, "2"]',
        "nehalem": '["Nehalem", "1"]',
    }


def test_a_folder_with_files_that_no_run_made_is_left_as_it_is(tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/mine.txt").touch()
    with pytest.raises(SystemExit, match="plain has files that no run made: name another place"):
        reproduce.run(reproduce.Variant("plain"), tmp_path / "tiny.yaml", tmp_path / "plain", "1")
    assert (tmp_path / "plain/mine.txt").exists()
