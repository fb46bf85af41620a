"""Lists whose entries must differ, against jsonschema's own comparison; the schema that editors read."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from snakemake.utils import update_config

from workflow import editors
from workflow.support.configuration.check import checked
from workflow.support.configuration.files import merged
from workflow.support.configuration.mistakes import ConfigurationError
from workflow.support.configuration.schema import check_schema
from workflow.support.places import default

ROOT = Path(__file__).parents[2]
NATURAL = ("digits", "tabular", "text", "gaussian")
UNIQUE = {"type": "array", "uniqueItems": True}

scalars = st.none() | st.booleans() | st.sampled_from([0, 1, -0.0, 1.0, 2, 2.0, 0.5, "", "1", "a"])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)


def passes(value) -> bool:
    try:
        check_schema(value, UNIQUE)
    except ConfigurationError:
        return False
    return True


@given(st.lists(values, max_size=4))
def test_entries_are_equal_where_jsonschema_finds_them_equal(value):
    assert passes(value) == Draft202012Validator(UNIQUE).is_valid(value)


@pytest.mark.parametrize("last, unique", [("b", True), ("a1", False)])
def test_lists_of_many_kinds_take_no_longer_than_others(last, unique):
    # Were each compared with each, this would not end within the time of a test run.
    mixed = [index if index % 2 == 0 else f"a{index}" for index in range(200_000)]
    assert passes([*mixed, last]) == unique


def test_the_schema_for_editors_is_that_of_the_studies():
    assert editors.PATH.read_text(encoding="utf-8") == editors.text(), "run make schema"


@pytest.mark.parametrize("name", ["tiny", "real-size"])
def test_what_lies_on_top_of_the_defaults_can_be_run(name):
    on_top = merged(ROOT, [ROOT / f"config/{name}.yaml"])
    assert checked(on_top)["replicates"] < checked(merged(ROOT, []))["replicates"]


def test_the_default_is_written_down_as_it_is():
    written = default.PATH.read_text(encoding="utf-8")
    assert written == editors.default_text(), "run make schema"
    assert default.changed(merged(ROOT)) == []


@pytest.mark.parametrize(
    ("on_top", "names"),
    [
        ({"seed": 1}, set()),
        ({"resamples": 5}, {"resamples"}),
        ({"dependence": {"here": 80}}, {"dependence"}),
        ({"networks": {"narrow": {"width": 49}}}, {"crowding", "membership"}),
        ({"trainings": {"brief": {"steps": 9}}}, {"crowding", *(f"natural_{n}" for n in NATURAL)}),
        ({"experiments": {"depth": {"replicates": 3}}}, {"depth"}),
        ({"experiments": {"mine": {"networks": [], "trainings": []}}}, set()),
    ],
    ids=lambda value: str(sorted(value)),
)
def test_what_is_not_as_in_the_default_is_named(on_top, names):
    config = merged(ROOT)
    update_config(config, on_top)
    assert set(default.changed(config)) == names


def test_replicates_of_all_change_those_that_have_none_of_their_own():
    config = merged(ROOT) | {"replicates": 3}
    own = {name for name, section in config["experiments"].items() if "replicates" in section}
    assert set(default.changed(config)) == config["experiments"].keys() - own


@pytest.mark.parametrize("name", ["config.yaml", "config/claims.yaml"])
def test_files_that_name_the_schema_meet_it(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert ((ROOT / name).parent / named[1]).resolve() == editors.PATH.resolve()
    for_editors = Draft202012Validator(editors.for_editors())
    assert for_editors.is_valid(yaml.safe_load(text))
    assert not for_editors.is_valid(yaml.safe_load(text) | {"no_such_key": 1})
