import json

import pytest

from kkt_unlearning.studies.pages.provenance import origin, table

DRAWN = {
    "settings": {"figure": "kinks"},
    "code": "c" * 64,
    "inputs": {"results/tables/kinks.stationarity.csv": "d" * 64},
    "versions": {"numpy": "2", "cupy": None},
}
SETTINGS = {"experiments": {"kinks": {"networks": {"linear": {"kind": "linear"}}}}}


def trained(backend="numpy", seed=7):
    return {"backend": backend, "seed": seed}


def test_an_origin_gathers_what_the_jobs_wrote_down():
    found = origin(DRAWN, [trained("cupy"), trained("numpy"), trained("numpy")], 7, SETTINGS)
    assert found.figure == "kinks"
    assert found.backends == ["cupy", "numpy"]
    assert found.versions == {"numpy": "2"}
    assert json.loads(found.text()) == SETTINGS


def test_networks_of_another_seed_are_refused():
    with pytest.raises(
        ValueError, match=r"kinks: networks were trained with the seed \{8\}, not 7"
    ):
        origin(DRAWN, [trained(), trained(seed=8)], 7, SETTINGS)


def test_the_table_has_one_row_for_each_thing_known():
    rows = table([origin(DRAWN, [trained()], 7, SETTINGS)])
    assert {row["figure"] for row in rows} == {"kinks"}
    known = {row["item"]: row["value"] for row in rows}
    assert len(known) == len(rows)
    assert known == {
        "seed": "7",
        "backend": "numpy",
        "code": "c" * 64,
        "sha256 of results/tables/kinks.stationarity.csv": "d" * 64,
        "version of numpy": "2",
        "settings": json.dumps(SETTINGS),
    }
