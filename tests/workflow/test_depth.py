"""Deep networks and the measure depth in the configuration."""

import pytest
from snakemake.utils import update_config

from workflow.support.configuration.check import checked
from workflow.support.configuration.mistakes import ConfigurationError

MISTAKES = {
    "a network of one layer": (
        {"networks": {"deep3": {"depth": 1}}},
        r"networks\.deep3\.depth: the value is 1, but at least 2 is allowed: raise it",
    ),
    "a network of another kind": (
        {"experiments": {"depth": {"networks": ["deep2", "two_layer"]}}},
        r"experiments\.depth\.networks\[1\]: two_layer is of kind two_layer, .* needs kind deep",
    ),
    "a deep network elsewhere": (
        {"experiments": {"kinks": {"networks": ["deep3"]}}},
        r"experiments\.kinks\.networks\[0\]: deep3 is of kind deep, .* set measures: \[depth\]",
    ),
    "depth beside another measure": (
        {"experiments": {"depth": {"measures": ["depth", "multipliers"]}}},
        r"experiments\.depth\.measures: depth stands beside multipliers, .* own",
    ),
    "a training that would stop at an exact point": (
        {"trainings": {"deep": {"stop_distance": 0.1}}},
        r"experiments\.depth\.trainings\[0\]: deep has a stop_distance .* stop_distance: 0",
    ),
    "nothing to forget": (
        {"experiments": {"depth": {"forget": None}}},
        r"experiments\.depth\.forget: this key is missing",
    ),
    "too far a sample": (
        {"experiments": {"depth": {"forget": [[4]]}}},
        r"experiments\.depth\.forget\[0\]: the value is 4, .* numbered 0 to 3",
    ),
    "a step in the wrong place": (
        {"experiments": {"depth": {"fractions": [1.0]}}},
        r"experiments\.depth\.fractions: this is an option of certificate, .* section of a measure",
    ),
    "a step backwards": (
        {"experiments": {"depth": {"depth": {"fractions": [-1.0]}}}},
        r"experiments\.depth\.depth\.fractions\[0\]: the value is -1\.0, but at least 0",
    ),
}


def test_the_configuration_itself_has_no_mistake(tiny_config):
    assert checked(tiny_config)["experiments"]["depth"]["measures"] == ["depth"]


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_one_sentence(name, tiny_config):
    change, sentence = MISTAKES[name]
    update_config(tiny_config, change)
    with pytest.raises(ConfigurationError, match=sentence) as error:
        checked(tiny_config)
    assert "\n" not in str(error.value)
