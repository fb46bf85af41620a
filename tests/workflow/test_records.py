"""Results that do not fit their records are refused, or made again whatever their times say."""

import os
import time

import pytest
from _hashes import record_of, sealed, sha256, unsealed

from workflow.support.places.asked import Job, Place
from workflow.support.records import records, results
from workflow.support.records.records import BACK, check_records, refuse_unasked

OLD = 1.6e9  # seconds: before all that the tests make


class Asks:
    """What is asked for of the jobs below: as each was made, until a test asks for something else."""

    def __init__(self):
        self.made = {}

    def jobs(self):
        return self.made

    def place(self, path):
        files = ((record, job.files) for record, job in self.made.items())
        return next((Place(record, "") for record, known in files if path in known), None)


ASKED = Asks()


@pytest.fixture(autouse=True)
def chain(tmp_path, monkeypatch):
    """data.npz and seen.csv -> part.csv -> tables/final.csv, each with a record, and a committed page."""
    ASKED.made = {}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/tables").mkdir(parents=True)
    (tmp_path / "results/a").mkdir()
    (tmp_path / "docs").mkdir()
    make("results/a/data", ["results/a/data.npz", "results/a/seen.csv"], [])
    make("results/a/part", ["results/a/part.csv"], ["results/a/data.npz"])
    make("results/tables/final", ["results/tables/final.csv"], ["results/a/part.csv"])
    make("results/page", ["docs/findings.md", "results/page.html"], ["results/tables/final.csv"])
    return tmp_path


def make(record, outputs, inputs, text=""):
    """What a job does: write the outputs, and down what it read and wrote."""
    path = f"{record}.provenance.json"
    for name in outputs:
        with open(name, "w") as file:
            file.write(f"{name}{text}")
    given = {"rule": record, "wildcards": {}, "settings": {"steps": 3}, "seed": 1, "code": "c0de"}
    ASKED.made[path] = Job(lambda: given, None, list(inputs), list(outputs))
    content = given | {
        "inputs": {name: sha256(name) for name in inputs},
        "outputs": {os.path.relpath(name, os.path.dirname(path)): sha256(name) for name in outputs},
    }
    with open(path, "w") as file:
        file.write(sealed(content))


def otherwise(job: Job, name: str, value: object) -> Job:
    """The same job, of which something else is asked."""
    return job._replace(given=lambda: job.given() | {name: value})


def aged() -> set[str]:
    """Files that were dated back, and so are older than everything."""
    found = (os.path.join(folder, name) for folder, _, names in os.walk(".") for name in names)
    return {os.path.normpath(path) for path in found if os.stat(path).st_mtime_ns < BACK}


def damage(name):
    with open(name, "a") as file:
        file.write("?")


def test_what_fits_is_left_alone():
    check_records(ASKED)
    assert aged() == set()


def test_files_dated_ahead_are_of_now_and_others_as_they_were():
    """Snakemake fails a job whose outputs are older than what it read."""
    before, ahead = time.time() - 100, time.time() + 1e7
    for name in ("results/a/data.npz", "results/a/part.provenance.json"):
        os.utime(name, (ahead, ahead))
    os.utime("results/a/part.csv", (before, before))
    check_records(ASKED)
    for name in ("results/a/data.npz", "results/a/part.provenance.json"):
        assert before < os.stat(name).st_mtime <= time.time()
    assert os.stat("results/a/part.csv").st_mtime == pytest.approx(before, abs=1e-3)


@pytest.mark.parametrize(
    "name",
    [
        "results/a/seen.csv",  # no job reads it
        "results/a/part.csv",
        "results/tables/final.csv",
        "results/page.html",
        "results/a/part.provenance.json",
        "results/a/data.provenance.json",
        "results/tables/final.provenance.json",
    ],
)
def test_a_damaged_file_is_one_sentence_with_the_remedy(name):
    damage(name)
    with pytest.raises(SystemExit) as caught:
        check_records(ASKED)
    said = str(caught.value)
    assert said.startswith("error: results/")
    assert "\n" not in said
    names = said[said.index("(rm ") + 4 : said.index(") and run snakemake again.")].split()
    assert name in names
    for damaged in names:
        os.unlink(damaged)
    check_records(ASKED)


def test_of_a_damaged_shared_file_not_the_link_alone_is_deleted(chain):
    shared, link = chain / f"{'0a' * 32}_part.csv", chain / "results/a/part.csv"
    link.rename(shared)
    link.symlink_to(shared)
    damage(shared)
    with pytest.raises(SystemExit, match=rf"\(rm results/a/part\.csv {shared}\) and run"):
        check_records(ASKED)


def test_of_a_link_to_a_file_of_the_user_the_link_alone_is_deleted(chain):
    link = chain / "results/a/part.csv"
    link.unlink()
    link.symlink_to("/etc/hostname")
    with pytest.raises(SystemExit, match=r"\(rm results/a/part\.csv\) and run"):
        check_records(ASKED)


def test_whatever_a_record_names_no_file_but_those_of_jobs_is_dated(chain):
    """Names that lead out, by dots or by a folder that is a link, and files beside the results."""
    other = chain / "other"
    other.mkdir()
    (chain / "results/out").symlink_to(other)
    outputs = ["other/mine.txt", "mine.md", "results/out/theirs.csv"]
    make("results/tables/evil", ["results/tables/evil.csv", *outputs], ["results/a/part.csv"])
    make("results/a/part", ["results/a/part.csv"], ["results/a/data.npz"], text=" again")
    check_records(ASKED)
    assert "results/tables/evil.csv" in aged()
    assert not aged() & {"other/mine.txt", "mine.md", "other/theirs.csv"}


def test_a_pipe_among_the_records_is_none(chain):
    os.mkfifo("results/a/pipe.provenance.json")
    os.mkfifo("results/tables/pipe.provenance.json")
    check_records(ASKED)
    assert record_of("results/a/part.csv")[1] == sha256("results/a/part.csv")


def test_of_very_many_damaged_files_the_first_are_named(chain):
    outputs = [f"results/{number}.csv" for number in range(100)]
    make("results/many", outputs, [])
    for name in outputs:
        damage(name)
    with pytest.raises(SystemExit) as caught:
        check_records(ASKED)
    assert len(str(caught.value)) < 1000


def test_a_damaged_array_is_left_to_whoever_reads_it():
    damage("results/a/data.npz")
    check_records(ASKED)


def test_a_committed_page_that_was_changed_is_made_again():
    damage("docs/findings.md")
    check_records(ASKED)
    assert aged() == {"docs/findings.md"}


def test_what_was_made_from_another_input_is_made_again_whatever_its_time():
    make("results/a/data", ["results/a/data.npz", "results/a/seen.csv"], [], text=" again")
    os.utime("results/a/data.npz", (OLD, OLD))
    check_records(ASKED)
    assert aged() == {"results/a/part.csv", "results/a/part.provenance.json"}


def test_the_same_input_made_again_changes_nothing():
    make("results/a/data", ["results/a/data.npz", "results/a/seen.csv"], [])
    check_records(ASKED)
    assert aged() == set()


def test_a_file_of_the_user_that_was_changed_counts_whatever_its_time():
    with open("mine.npz", "w") as file:
        file.write("mine")
    make("results/a/data", ["results/a/data.npz", "results/a/seen.csv"], ["mine.npz"])
    check_records(ASKED)
    assert aged() == set()
    damage("mine.npz")
    os.utime("mine.npz", (OLD, OLD))
    check_records(ASKED)
    assert aged() == {"results/a/data.npz", "results/a/seen.csv", "results/a/data.provenance.json"}


@pytest.mark.parametrize(
    ("record", "files"),
    [
        ("results/a/data", {"results/a/data.npz", "results/a/seen.csv"}),
        ("results/a/part", {"results/a/part.csv"}),
    ],
)
def test_what_has_lost_its_record_is_made_again_with_another(record, files):
    os.unlink(f"{record}.provenance.json")
    check_records(ASKED)
    assert aged() == files


def test_each_file_is_read_once_however_many_jobs_name_it(monkeypatch):
    with open("mine.npz", "w") as file:
        file.write("mine")
    for name in "bcd":
        make(f"results/a/{name}", [f"results/a/{name}.csv"], ["mine.npz", "results/a/data.npz"])
    make("results/tables/all", ["results/tables/all.csv"], [f"results/a/{n}.csv" for n in "bcd"])
    hashed, read = [], []
    monkeypatch.setattr(records, "sha256", lambda path: hashed.append(path) or sha256(path))
    monkeypatch.setattr(results, "unsealed", lambda text: read.append(text) or unsealed(text))
    check_records(ASKED)
    assert {os.path.basename(path) for path in hashed} >= {
        "mine.npz",
        "b.csv",
        "all.csv",
        "final.csv",
    }
    assert len(hashed) == len(set(hashed))
    assert len(read) == len(set(read)) == 8


@pytest.mark.parametrize("name", ["settings", "seed", "code", "packages", "wildcards"])
def test_what_was_given_something_else_is_made_again_and_asked_for_as_it_was_is_as_it_was(name):
    """A dry run with another configuration leaves results as they were for the next one with their own."""
    record = "results/a/part.provenance.json"
    before = os.stat("results/a/part.csv").st_mtime_ns
    job = ASKED.made[record]
    ASKED.made[record] = otherwise(job, name, "other")
    for _ in range(2):
        check_records(ASKED)
        assert aged() == {"results/a/part.csv", record}
    ASKED.made[record] = job
    check_records(ASKED)
    assert aged() == set()
    assert os.stat("results/a/part.csv").st_mtime_ns == before


@pytest.mark.parametrize(
    ("asked", "outdated"), [("cupy", True), ("numpy", False), ("auto", False), (None, False)]
)
def test_another_backend_is_another_result_unless_any_will_do(asked, outdated):
    record = "results/a/part.provenance.json"
    with open(record, "rb") as file:
        content = unsealed(file.read())
    with open(record, "w") as file:
        file.write(sealed(content | {"backend": "numpy"}))
    ASKED.made[record] = ASKED.made[record]._replace(backend=asked)
    check_records(ASKED)
    assert bool(aged()) == outdated


def test_what_rests_on_another_result_of_the_same_content_is_made_again(chain):
    """As where an experiment gets a data set of its own instead of one that it shared."""
    (chain / "results/b").mkdir()
    make("results/b/data", ["results/b/data.npz"], [])
    record = "results/a/part.provenance.json"
    ASKED.made[record] = ASKED.made[record]._replace(inputs=["results/b/data.npz"])
    check_records(ASKED)
    assert aged() == {"results/a/part.csv", record}


def test_what_the_configuration_does_not_ask_for_is_left_alone():
    damage("results/tables/final.csv")
    ASKED.made = {record: job for record, job in ASKED.made.items() if "/a/" in record}
    check_records(ASKED)
    assert aged() == set()


@pytest.mark.parametrize("gone", ["docs/findings.md", "results/page.html"])
def test_a_page_of_which_a_half_is_gone_is_made_again(gone):
    os.unlink(gone)
    check_records(ASKED)
    assert aged() == {"docs/findings.md", "results/page.html", "results/page.provenance.json"} - {
        gone
    }


def test_a_committed_page_without_its_record_is_made_again():
    """As in a fresh clone."""
    os.unlink("results/page.provenance.json")
    check_records(ASKED)
    assert aged() == {"docs/findings.md", "results/page.html"}


def test_a_shared_result_in_the_place_of_another_is_refused(chain):
    record, shared = "results/a/part.provenance.json", chain / f"{'0a' * 32}_provenance.json"
    os.rename(record, shared)
    os.symlink(shared, record)
    refuse_unasked(ASKED)
    ASKED.made[record] = otherwise(ASKED.made[record], "seed", 2)
    with pytest.raises(SystemExit) as caught:
        refuse_unasked(ASKED)
    said = str(caught.value)
    assert said.startswith(f"error: {record} is of a result with other seed than ")
    assert f"(rm {record} {shared})" in said


def test_what_is_outdated_is_told_in_one_line(capsys):
    for record, name in (("results/a/part", "seed"), ("results/page", "code")):
        path = f"{record}.provenance.json"
        job = ASKED.made[path]
        ASKED.made[path] = otherwise(job, name, "other")
    check_records(ASKED)
    said = capsys.readouterr().err
    assert said.startswith("2 results were made with other code and seed than are asked for now: ")
    assert said.count("\n") == 1


def test_what_is_outdated_and_cannot_be_set_aside_is_refused(monkeypatch):
    def refuse(path, **_):
        raise PermissionError(f"{path} is of another user")

    record = "results/a/part.provenance.json"
    job = ASKED.made[record]
    ASKED.made[record] = otherwise(job, "seed", 2)
    monkeypatch.setattr(os, "utime", refuse)
    with pytest.raises(SystemExit) as caught:
        check_records(ASKED)
    said = str(caught.value)
    assert said.startswith("error: results/a/part.csv is not what is asked for now, and of another")
    assert f"(rm results/a/part.csv {record})" in said


def test_an_input_that_is_gone_changes_nothing():
    os.unlink("results/a/data.npz")
    check_records(ASKED)
    assert aged() == set()


def test_a_final_table_that_nothing_vouches_for_is_refused():
    os.unlink("results/tables/final.provenance.json")
    with pytest.raises(SystemExit, match=r"\(rm results/tables/final\.csv\)"):
        check_records(ASKED)


def test_a_job_that_was_cut_off_is_left_to_snakemake(chain):
    os.unlink("results/tables/final.provenance.json")
    (chain / ".snakemake/incomplete").mkdir(parents=True)
    (chain / ".snakemake/incomplete/final").touch()
    check_records(ASKED)


def test_results_that_can_only_be_read_are_warned_of_in_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != "results")
    check_records(ASKED)
    said = capsys.readouterr().err
    assert said.startswith("warning: results is read-only, ")
    assert said.count("\n") == 1
