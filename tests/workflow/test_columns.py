"""No column of a finished run is without its description, and no description without its column."""

import csv

import pytest

from kkt_unlearning.studies.columns import SWEPT, listed, of, tables
from workflow.support.configuration.schema import schema
from workflow.support.places.tables import own_tables


def part_of(table: str) -> str:
    """What a table is described as."""
    experiment, _, part = table.partition(".")
    return table if experiment in own_tables() else part or "evaluation"


@pytest.fixture(scope="module")
def headers(finished) -> dict[str, list[str]]:
    """Columns of each table of the finished run."""
    found = {}
    for path in (finished.folder / "results/tables").glob("*.csv"):
        with open(path, newline="", encoding="utf-8") as file:
            found[path.stem] = next(csv.reader(file))
    return found


def test_every_column_is_described_and_stands_once(headers):
    assert len(headers) > 50
    missing = [
        (table, column)
        for table, columns in headers.items()
        for column in columns
        if of(part_of(table), column) is None
    ]
    assert not missing
    assert all(len(set(columns)) == len(columns) for columns in headers.values())


def test_every_description_has_a_column_in_the_same_order(headers):
    shown = {part_of(table): columns for table, columns in headers.items()}
    assert shown.keys() == tables().keys()
    for part, table in tables().items():
        assert [name for name in shown[part] if name in table.columns] == list(table.columns), part


def test_the_run_writes_what_the_code_says(finished):
    with open(finished.folder / "results/columns.csv", newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == listed()


def test_whatever_can_be_swept_is_described():
    def resolved(key: dict) -> dict:
        while "$ref" in key:
            key = schema()["$defs"][key["$ref"].rpartition("/")[2]]
        return key

    numeric = {
        name
        for source, definition in schema()["$defs"].items()
        if source.startswith("dataset_")
        for name, key in definition["properties"].items()
        if resolved(key).get("type") in ("integer", "number")
    }
    assert numeric == set(SWEPT)


def test_descriptions_are_words_of_their_own():
    for row in listed():
        assert row["what"] and not row["what"].endswith("."), row
        assert row["what"] != row["column"]
