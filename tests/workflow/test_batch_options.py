"""Options of the measures batch and stream: each mistake is one sentence that names key, value and remedy."""

import re

import pytest
from snakemake.utils import update_config

from workflow.support.configuration.check import checked
from workflow.support.configuration.mistakes import ConfigurationError

MISTAKES = {
    "too large a size": (
        {"batch": {"sizes": [1, 3]}},
        r"batch\.batch\.sizes\[1\]: the value is 3, but of 4 samples 2 must be retained: take 1 to 2",
    ),
    "no point": ({"batch": {"sizes": [0]}}, r"batch\.batch\.sizes\[0\]: .* at least 1"),
    "a size with a point": (
        {"batch": {"sizes": [2.0]}},
        r"batch\.batch\.sizes\[0\]: the value is 2\.0, but a whole number is needed: write 2",
    ),
    "no size": ({"batch": {"sizes": []}}, r"batch\.batch\.sizes: the list has 0 entries"),
    "one size": ({"batch": {"sizes": 2}}, r"batch\.batch\.sizes: the value is 2, but a list"),
    "sizes misspelt": ({"batch": {"sizes": "al"}}, r"batch\.batch\.sizes: .* all"),
    "sizes in words": (
        {"batch": {"sizes": "half"}},
        r"batch\.batch\.sizes: the value is half, but all or a list of sizes is needed",
    ),
    "deletions in words": (
        {"stream": {"deletions": "half"}},
        r"batch\.stream\.deletions: the value is half, but all or a number is needed",
    ),
    "too large for a point of the sweep": (
        {"sweep": {"samples": [4, 3]}, "batch": {"sizes": [1]}, "stream": {"deletions": 2}},
        r"batch\.stream\.deletions: the value is 2, but of 3 samples 2 must be retained",
    ),
    "unknown choice": (
        {"batch": {"choices": ["correlate"]}},
        r"batch\.batch\.choices\[0\]: .* write correlated",
    ),
    "no draw": ({"batch": {"draws": 0}}, r"batch\.batch\.draws: .* at least 1"),
    "too many deletions": (
        {"stream": {"deletions": 3}},
        r"batch\.stream\.deletions: the value is 3, but of 4 samples 2 must be retained: take 1 to 2",
    ),
    "the whole band": ({"stream": {"kink_band": 1.0}}, r"batch\.stream\.kink_band: .* 1"),
    "too few samples": (
        {"dataset": {"samples": 2}},
        r"batch\.batch\.sizes: the data set has 2 samples, .* set samples to 3 or more",
    ),
    "options without their measure": (
        {"measures": ["stream"]},
        r"batch\.batch: these are options of a measure that is not asked for|batch\.measures: batch is",
    ),
    "measure without its options": ({"stream": None}, r"batch\.stream: the measure stream needs"),
}


@pytest.mark.parametrize("changes, sentence", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence(tiny_config, changes, sentence):
    update_config(tiny_config, {"experiments": {"batch": changes}})
    with pytest.raises(ConfigurationError) as error:
        checked(tiny_config)
    text = str(error.value)
    assert "\n" not in text and text.endswith(".")
    assert re.search(sentence, text), text


def test_the_largest_size_is_allowed(tiny_config):
    options = {"batch": {"sizes": [1, 2]}, "stream": {"deletions": 2, "kink_band": 0}}
    update_config(tiny_config, {"experiments": {"batch": options}})
    assert checked(tiny_config)["experiments"]["batch"]["batch"]["sizes"] == [1, 2]
