"""What jobs are asked for, beside what those of the finished run say that they were given."""

import os
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from _storage import read_record

from workflow.support.configuration.check import checked
from workflow.support.places import versions
from workflow.support.places.asked import Asked, is_result
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources
from workflow.support.records.records import BACK, check_records


@pytest.fixture
def records(finished) -> dict[str, dict]:
    """What all jobs wrote down, by the path of the record."""
    found = finished.folder.rglob("*.provenance.json")
    return {path.relative_to(finished.folder).as_posix(): read_record(path) for path in found}


@pytest.fixture
def asked(finished, tiny_config) -> Asked:
    return Asked(Plan(checked(tiny_config), Sources(finished.folder)))


def test_every_job_and_no_other_is_known_by_its_record_and_by_each_of_its_files(asked, records):
    assert asked.jobs().keys() == records.keys()
    for name, record in records.items():
        outputs = (os.path.normpath(f"{name}/../{path}") for path in record["outputs"])
        for path in (name, *outputs):
            place = asked.place(path)
            assert (place.record, place.rule) == (name, record["rule"])
            assert dict(place.wildcards) == record["wildcards"]


def test_what_jobs_were_given_and_read_is_what_they_are_asked_for(asked, records):
    jobs = asked.jobs()
    differing = {name: jobs[name].differing(record) for name, record in records.items()}
    assert not any(differing.values())


class Inputs(list):
    """Inputs of a job as Snakemake has them, of which those called ``records`` are named."""

    records = ()


def test_where_jobs_are_brought_what_rules_name_these_name_the_records_of_their_inputs(
    asked, records
):
    stored = Asked(asked.plan, "copies", stored=True)
    for name, record in records.items():
        place, read = asked.place(name), sorted(record["inputs"])
        wildcards = SimpleNamespace(**dict(place.wildcards), items=lambda of=place: of.wildcards)
        brought = stored.inputs(place.rule)["records"](wildcards)
        behind = {asked.place(path).record for path in read if is_result(path)}
        assert {*brought} == behind - {*read}
        given = Inputs(f"copies/{path}" for path in [*read, *brought])
        given.records = given[len(read) :]
        params = (asks.params(place.rule)["asks"] for asks in (asked, stored))
        expected, found = (
            asks(wildcards, paths) for asks, paths in zip(params, (read, given), strict=True)
        )
        assert found == expected


@pytest.mark.parametrize(
    "path", ["mine.npz", "/data/mine.npz", "results/mine.npz", "a/b/c/d/kkt.npz"]
)
def test_a_file_of_the_user_is_nobodys_result(asked, path):
    assert asked.place(path) is None


@pytest.mark.parametrize("package", ["seaborn", "scipy"])
def test_another_version_makes_outdated_what_was_made_with_it(
    after, tiny_config, records, monkeypatch, package
):
    """SciPy computes, seaborn draws one figure, and its texts are a data set."""
    project = after(".snakemake")
    installed = versions.installed
    monkeypatch.setattr(
        versions, "installed", lambda name: "0.0.0" if name == package else installed(name)
    )
    monkeypatch.chdir(project.folder)
    with forgotten_versions():
        check_records(Asked(Plan(checked(tiny_config), Sources(project.folder))))
    drawn = {"results/figures/mixture.provenance.json", "results/provenance.provenance.json"}
    text = {name for name, record in records.items() if "libraries" in record["settings"]}
    (made,) = (set(reached(records, name)) for name in text)
    outdated = {name for name in records if os.stat(name).st_mtime_ns < BACK}
    alone = {"results/columns.provenance.json"}  # rests on words
    assert outdated == (set(records) if package == "scipy" else drawn | made) - alone


def reached(records, name):
    """A record, and those of all that was made from its files."""
    outputs = (os.path.normpath(f"{name}/../{path}") for path in records[name]["outputs"])
    files = {name, *outputs}
    yield name
    for other, record in records.items():
        if files & record["inputs"].keys():
            yield from reached(records, other)


@contextmanager
def forgotten_versions():
    """What was looked up before, or is within this block, is not remembered."""
    _forget()
    yield
    _forget()


def _forget():
    versions.packages.cache_clear()
    versions._known.cache_clear()
