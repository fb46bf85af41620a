"""What is wrong with the options of the recovery study is one sentence that names the key."""

import re

import pytest
from snakemake.utils import update_config

from workflow.support.configuration.check import checked
from workflow.support.configuration.mistakes import ConfigurationError

MISTAKES = {
    "weight beyond 1": ({"betas": [0.5, 1.5]}, r"betas\[1\]: the value is 1\.5"),
    "weight of fine-tuning": ({"betas": [1.0]}, r"betas\[0\]: the value is 1\.0"),
    "negative weight": ({"betas": [-0.1]}, r"betas\[0\]: the value is -0\.1"),
    "no weight": ({"betas": []}, r"betas: the list is empty, but the method neggrad_plus"),
    "no step": ({"steps": [0, 1]}, r"steps\[0\]: the value is 0, but at least 1"),
    "steps that fall": ({"steps": [1, 30, 10]}, r"steps\[2\]: the value is 10 after 30"),
    "step twice": ({"steps": [1, 1]}, r"steps: .*twice"),
    "no steps": ({"steps": []}, r"steps: .* 0 entries"),
    "unknown method": ({"methods": ["scrub"]}, r"methods\[0\]: .*scrub.*nothing.*neggrad_plus"),
    "misspelt method": ({"methods": ["downdat"]}, r"methods\[0\]: .* write downdate"),
    "step of no size": ({"step_size": 0}, r"step_size: the value is 0"),
    "no damping": ({"damping": 0}, r"damping: the value is 0"),
    "unknown option": ({"beta": 0.5}, r"beta: this key is not known.* write betas"),
    "missing option": ({"damping": None}, r"damping: this key is missing"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence(tiny_config, mistake):
    changes, pattern = MISTAKES[mistake]
    update_config(tiny_config, {"experiments": {"recovery": {"recovery": changes}}})
    with pytest.raises(ConfigurationError) as caught:
        checked(tiny_config)
    sentence = str(caught.value)
    assert re.match(r"experiments\.recovery\.recovery\." + pattern, sentence), sentence
    assert "\n" not in sentence and sentence.endswith(".")


def test_without_neggrad_no_weight_is_needed(tiny_config):
    changes = {"methods": ["prescribed", "recovered"], "betas": []}
    update_config(tiny_config, {"experiments": {"recovery": {"recovery": changes}}})
    assert checked(tiny_config)["experiments"]["recovery"]["recovery"]["betas"] == []


def test_the_forget_sets_and_the_section_are_needed(tiny_config):
    section = tiny_config["experiments"]["recovery"]
    for key in ("forget", "recovery"):
        broken = dict(section)
        broken.pop(key)
        config = tiny_config | {"experiments": tiny_config["experiments"] | {"recovery": broken}}
        with pytest.raises(ConfigurationError, match=rf"experiments\.recovery\.{key}: "):
            checked(config)
