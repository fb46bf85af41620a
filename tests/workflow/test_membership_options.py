"""Options of the measures membership and klom: one sentence for each mistake, and who is trained anew."""

import re
from pathlib import Path

import pytest

from workflow.support.configuration.check import checked
from workflow.support.configuration.mistakes import ConfigurationError
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("keys", "pattern"),
    [
        (
            {"membership": {"models": 30}},
            r"membership\.models: .* multiples of 2 x folds = 4 .* 32",
        ),
        (
            {"membership": {"models": 12, "folds": 6}},
            r"membership\.models: .* from 24 on .* write 24",
        ),
        ({"membership": {"models": 4}}, r"membership\.models: .* at least 8 is allowed: raise it"),
        ({"membership": {"folds": 1}}, r"membership\.folds: .* at least 2 is allowed"),
        ({"membership": {"certificates": 40}}, r"membership\.certificates: .* 32 models: lower it"),
        (
            {"dataset": {"samples": 4}},
            r"membership\.models: .* at least 6 .* raise dataset\.samples",
        ),
        ({"membership": {"attacks": ["margin"]}}, r"attacks: loss_threshold is missing, .* add it"),
        (
            {"membership": {"attacks": ["lira"]}},
            r"attacks\[0\]: .* lira, allowed are margin, .*u_lira",
        ),
        ({"membership": {"fractions": [-1.0]}}, r"membership\.fractions\[0\]: .* at least 0"),
        (
            {"klom": {"models": 9}},
            r"klom\.models: the value is 9, .* a quarter, 8, .* membership\.models to 36 or more",
        ),
        ({"klom": {"recipe": "joint"}}, r"klom\.recipe: .* joint_range and fixed_range"),
        ({"klom": {"floor": 0.0}}, r"klom\.floor: .* more than 0"),
        (
            {"measures": ["membership"]},
            r"klom: these are options of a measure that is not asked for",
        ),
    ],
)
def test_a_mistake_is_one_sentence(tiny_config, keys, pattern):
    for key, value in keys.items():
        section = tiny_config["experiments"]["membership"]
        section[key] = section[key] | value if isinstance(value, dict) else value
    if "measures" in keys:
        tiny_config["experiments"]["other"] = tiny_config["experiments"]["membership"]
        tiny_config["experiments"]["membership"] = section | {"measures": ["membership", "klom"]}
    with pytest.raises(ConfigurationError) as error:
        checked(tiny_config)
    assert re.search(pattern, str(error.value)), error.value


def test_a_quarter_of_the_shadow_models_is_allowed(tiny_config):
    tiny_config["experiments"]["membership"]["klom"]["models"] = 8
    assert checked(tiny_config)["experiments"]["membership"]["klom"]["models"] == 8


def test_an_attack_does_not_train_anew(tiny_config):
    class Wildcards:
        experiment, point, network, training = "membership", "dimension=40", "narrow", "shadows"

    before = Plan(checked(tiny_config), Sources(ROOT)).shadows(Wildcards)
    tiny_config["experiments"]["membership"]["membership"] |= {
        "fractions": [1.0],
        "certificates": 1,
    }
    assert Plan(checked(tiny_config), Sources(ROOT)).shadows(Wildcards) == before
    tiny_config["experiments"]["membership"]["membership"] |= {"models": 64}
    assert Plan(checked(tiny_config), Sources(ROOT)).shadows(Wildcards) != before
