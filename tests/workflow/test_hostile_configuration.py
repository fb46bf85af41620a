"""Whatever a configuration says: the study is planned, or one sentence says why not."""

import json
import os
import re
from copy import deepcopy
from pathlib import Path

import pytest
import schema_values
import yaml
from hostile import (
    EXAMPLES,
    PAYLOADS,
    assert_one_sentence,
    everything_in,
    outcomes,
    scalars,
    texts,
    values,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snakemake.common.configfile import load_configfile
from snakemake.iocontainers import Wildcards
from snakemake.utils import update_config

from workflow.support.configuration.check import check
from workflow.support.configuration.files import merged
from workflow.support.configuration.mistakes import listed
from workflow.support.configuration.reading import refuse_unclear
from workflow.support.places.plan import Plan
from workflow.support.places.sources import Sources
from workflow.support.places.tables import parts

ROOT = Path(__file__).parents[2]
BASE = merged(ROOT)
TINY = yaml.safe_load((ROOT / "config" / "tiny.yaml").read_text())
update_config(BASE, TINY)
TEXT = yaml.safe_dump(TINY)
SOURCES = Sources(ROOT)


def fuzzed(share: float):
    """Settings of a test that draws this share of all examples."""
    return settings(
        max_examples=round(share * EXAMPLES),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.fixture
def outcome(tmp_path, monkeypatch):
    """What becomes of ``mine.yaml`` on top of the tiny configuration, in the order of the Snakefile."""
    monkeypatch.chdir(tmp_path)
    mine, base = Path("mine.yaml"), Path("config.yaml")

    base.write_text(json.dumps(BASE))  # which is YAML too, and read in no time

    def read(content: bytes) -> str:
        mine.write_bytes(content)
        before = everything_in(tmp_path)
        try:
            found = plan([mine, base])
        except SystemExit as error:
            found = str(error)
            assert re.match(r"error: (mine\.yaml|config\.yaml|--config)[,:] ", found), found
            assert_one_sentence(found)
        assert everything_in(tmp_path) == before
        return found

    return read


def plan(files: list[Path]) -> str:
    """As the Snakefile does, with what Snakemake does in between."""
    refuse_unclear(files)
    *on_top, base = files
    config = load_configfile(base)
    for file in on_top:
        update_config(config, load_configfile(file))
    study = Plan(check(config, files), SOURCES)
    for experiment, options in study.experiments.items():
        for part in parts(options["measures"]):
            wildcards = Wildcards(fromdict={"experiment": experiment, "measure": part})
            assert study.parts(wildcards) and study.table(wildcards)
    assert study.targets() and study.provenance(None)
    return "planned"


def paths(config, above=()):
    """Key path of everything in the configuration."""
    items = config.items() if isinstance(config, dict) else enumerate(config)
    for key, value in items:
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*above, key))


PATHS = sorted(paths(BASE), key=str)


def put(config, path, value):
    """The configuration with another value there, if there still is such a place."""
    holder = config
    for key in path[:-1]:
        try:
            holder = holder[key]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(holder, dict) or (isinstance(holder, list) and path[-1] in range(len(holder))):
        holder[path[-1]] = value


def beside(config, path, key, value):
    put(config, (*path[:-1], key), value)


@st.composite
def changed(draw):
    """The tiny configuration with one to three places that say something else."""
    config = deepcopy(BASE)
    for path in draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3)):
        how = draw(st.sampled_from(["value", "scalar", "beside", "copied"]))
        if how == "beside":
            beside(config, path, draw(texts | scalars.filter(is_key)), draw(values))
        elif how == "copied":
            put(config, path, deepcopy(at(BASE, draw(st.sampled_from(PATHS)))))
        else:
            put(config, path, draw(values if how == "value" else scalars))
    return config


def is_key(value):
    return value == value


def at(config, path):
    for key in path:
        config = config[key]
    return config


@st.composite
def with_an_experiment(draw):
    """One experiment more, a copy of another with parts that the schema allows, and what it names."""
    config = deepcopy(BASE)
    experiment = config["experiments"][draw(st.sampled_from(sorted(BASE["experiments"])))]
    experiment = deepcopy(experiment)
    keys = [*experiment, draw(st.sampled_from(["forget", "starts", "klom", "surface"]))]
    for key in draw(st.lists(st.sampled_from(keys), min_size=1, max_size=2)):
        experiment[key] = draw(schema_values.part(key, experiment["dataset"]["source"]))
    config["experiments"]["mine"] = experiment
    config["networks"]["mine"] = draw(schema_values.of("network_two_layer"))
    config["trainings"]["mine"] = draw(schema_values.of("training")) | {"snapshots": []}
    return config


@fuzzed(0.4)
@given(config=changed())
def test_values_that_nobody_expects(outcome, config):
    count("values", outcome(dumped(config)))


@fuzzed(0.3)
@given(config=with_an_experiment())
def test_experiments_that_the_schema_allows(outcome, config):
    count("experiments", outcome(dumped(config)))


SNIPPETS = [
    "seed: !!python/object/apply:os.system ['touch pwned']",
    "seed: !!python/name:os.system",
    "? !!python/object/new:os.system ['touch pwned']\n: 1",
    "__use_yte__: true\nseed: ?open('pwned', 'w')",
    "<<: {__use_yte__: true}",
    "? [1, 2]\n: 3",
    "a: &a [*a]",
    "a: &a [x, x]\nb: &b [*a, *a]\nc: *b",
    "".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]\n" for i in range(12)),
    "a0: &a0 {x: 1}\n"
    + "".join(f"a{i + 1}: &a{i + 1} {{x: *a{i}, y: *a{i}}}\n" for i in range(60)),
    "<<: *nothing",
    "<<: 5",
    "duals: {<<: {pivots: 1}, pivots: 2}",
    "seed: 1\nseed: 2",
    "seed: 0x" + "f" * 5000,
    "seed: " + "9" * 5000,
    "seed: 1:30:00",
    "seed: 1" + ":00" * 300 + ".5",
    "seed: 2026-11-21",
    "seed: 2026-99-99",
    "seed: !!int x",
    "seed: !!binary '!'",
    "seed: !!set {a, b}",
    "a: " + "[" * 5000,
    "a: " + "[" * 400 + "]" * 400,
    "- a\n- b",
    "--- 1\n--- 2",
    "%YAML 7.0\n---\nseed: 1",
    "null",
    "text",
    "",
    "\ufeffseed: 3",
    "seed: 3\r\nreplicates: 2\r\n",
    "seed: \t3",
    "\tseed: 3",
    "seed: \x07",
    'seed: "\\ud800"',
    'seed: "\\e[2J"',
    '{"seed": 3}',
    '{"seed": 3, "seed": 4}',
    '{"seed": NaN}',
    "[" * 100_000,
]


@st.composite
def files(draw):
    """Bytes that begin as a configuration does: cut, flipped, doubled, with something put in."""
    content = draw(st.sampled_from([TEXT, "seed: 3\n", ""])).encode()
    snippet = draw(st.sampled_from(SNIPPETS)).encode(errors="surrogatepass")
    lines = content.splitlines(keepends=True)
    where = draw(st.integers(0, len(lines)))
    how = draw(st.sampled_from(["alone", "within", "bytes", "cut", "flip"]))
    if how == "alone":
        return snippet
    if how == "bytes":
        return draw(st.binary(max_size=200))
    if how == "within":
        return b"".join([*lines[:where], snippet + b"\n", *lines[where:]])
    place = draw(st.integers(0, max(0, len(content) - 1)))
    if how == "cut" or not content:
        return content[:place]
    flipped = content[place] ^ (1 << draw(st.integers(0, 7)))
    return content[:place] + bytes([flipped]) + content[place + 1 :]


@fuzzed(0.3)
@given(content=files())
def test_files_that_are_hardly_yaml(outcome, content):
    count("files", outcome(content))


@pytest.mark.parametrize("section", ["networks", "trainings", "experiments", "claims", "duals"])
def test_names_that_mean_something_to_a_shell_or_a_file_system(outcome, section):
    for name in PAYLOADS:
        config = deepcopy(BASE)
        config[section][name] = next(iter(BASE[section].values()))
        found = outcome(dumped(config))
        count("names", found)
        assert found != "planned"


@pytest.mark.parametrize("length", [100, 101, 300])
def test_names_are_as_long_as_files_can_be_named(outcome, length):
    config = deepcopy(BASE)
    config["experiments"]["n" * length] = BASE["experiments"]["kinks"]
    found = outcome(dumped(config))
    assert (found == "planned") == (length <= 100)


@pytest.mark.parametrize("snippet", range(len(SNIPPETS)))
def test_what_yaml_can_do_beyond_plain_values(outcome, snippet):
    found = outcome(SNIPPETS[snippet].encode(errors="surrogatepass"))
    count("tags and aliases and templates", found)


def test_more_than_snakemake_reads_in_seconds_is_refused_before_it_is_parsed(outcome):
    assert "at most 1000000 are read" in outcome(b"seed: 3 #" + b"c" * 1_000_000)
    assert outcome(b"seed: 3 #" + b"c" * 900_000) == "planned"
    values = ", ".join(["1"] * 60_000)
    assert "more than 50000 values" in outcome(f"seed: [{values}]".encode())


def test_files_without_an_end_are_not_begun(outcome):
    with pytest.raises(SystemExit, match="no keys at the top"):
        refuse_unclear(["/proc/kmsg" if Path("/proc/kmsg").is_file() else os.devnull])
    for path in ("/proc/kmsg", "/proc/self/mem", os.devnull, "/dev/zero"):
        absent = dict.fromkeys(("classes", "samples", "fresh_samples"))
        dataset = {"source": "file", "path": path, **absent}
        changes = {"experiments": {"digits": {"dataset": dataset}}}
        assert f"there is no file {path}" in outcome(yaml.safe_dump(changes).encode())


def test_a_folder_that_holds_no_model_is_not_searched(outcome):
    dataset = {"source": "embeddings", "model": "/", "libraries": ["numpy", "scipy"]}
    sizes = {"minimum_words": 5, "classes": None}
    changes = {"experiments": {"digits": {"dataset": dataset | sizes}}}
    assert "there is no folder / with a modules.json" in outcome(yaml.safe_dump(changes).encode())


def test_numbers_that_only_json_knows_are_said_to_be_of_the_file(outcome):
    for number in ("NaN", "Infinity", "1e5", "1E400"):
        assert outcome(f'{{"seed": {number}}}'.encode()).startswith("error: mine.yaml, seed: ")


def test_what_is_plain_in_any_spelling_is_accepted(outcome):
    assert outcome(TEXT.encode()) == "planned"
    assert outcome(("\ufeff" + TEXT).encode()) == "planned"
    assert outcome(TEXT.replace("\n", "\r\n").encode()) == "planned"
    assert outcome(b'{"seed": 3}') == "planned"
    assert outcome(b"seed: &mine 3\nreplicates: *mine\nduals: {<<: {pivots: 7}}") == "planned"


@pytest.mark.parametrize(
    "text",
    [
        "010",
        "-010",
        "1:30",
        "1:30.5",
        "0x1F",
        "0b11",
        "1_000",
        "1_0.5",
        "01.5",
        "!!int 010",
        "[0x1]",
        "{010: 1}",
    ],
)
def test_a_number_that_is_not_what_it_looks_like(outcome, text):
    found = outcome(f"replicates: 2\nseed: {text}\n".encode())
    assert found.startswith("error: mine.yaml, line 2: ")
    assert "write the number in decimal digits" in found


@pytest.mark.parametrize("text", ["0", "7", "+5", "10", "1200"])
def test_a_number_that_is_what_it_looks_like(outcome, text):
    assert outcome(f"seed: {text}\n".encode()) == "planned"


def dumped(config) -> bytes:
    """A file with what is not as in the tiny configuration."""
    text = yaml.safe_dump(difference(config, BASE), allow_unicode=False, sort_keys=False)
    return text.encode(errors="surrogatepass")


def difference(config, base):
    if not (isinstance(config, dict) and isinstance(base, dict)):
        return config
    pairs = {key: (value, base.get(key)) for key, value in config.items()}
    return {key: difference(*pair) for key, pair in pairs.items() if pair[0] != pair[1]}


def count(what: str, found: str) -> None:
    outcomes[what, "accepted" if found == "planned" else "refused"] += 1


def test_of_very_many_names_a_sentence_has_the_first():
    assert listed("abc") == "a, b and c"
    assert listed([], "or") == "none"
    names = listed(range(10**5))
    assert names.startswith("0, 1, 2, ") and names.endswith(", 19, … (100000 in all)")
