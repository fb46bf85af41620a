"""Each mistake of a user ends in one sentence, an exit code that is not 0, and no output."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from snakemake.utils import update_config

from workflow.support.configuration.check import check, checked
from workflow.support.configuration.files import base_files
from workflow.support.configuration.mistakes import ConfigurationError, dotted
from workflow.support.configuration.reading import refuse_unclear

ROOT = Path(__file__).parents[2]


def errors(run) -> set[str]:
    """Sentences; a job may end while Snakemake has written half of a line."""
    begun = r"(?:^|(?<=Select jobs to execute\.\.\.))"
    return set(re.findall(rf"{begun}error: .*$", run.stderr, re.MULTILINE))


def experiment(**keys):
    return {"experiments": {"digits": keys}}


MISTAKES = {
    "unknown key": ({"replicats": 2}, "replicats: .* write replicates"),
    "unknown nested key": (
        {"duals": {"tolerances": 1e-9}},
        r"duals\.tolerances: .* write tolerance",
    ),
    "missing key": ({"seed": None}, "seed: this key is missing: add it"),
    "text for a number": ({"duals": {"tolerance": "1e-9"}}, r"duals\.tolerance: .* write 1\.0e-9"),
    "no text for a number": (
        {"duals": {"tolerance": ""}},
        r"duals\.tolerance: the value is '', but a number is needed: write such a value",
    ),
    "half a pivot in text": (
        {"duals": {"pivots": "5e-1"}},
        r"duals\.pivots: the value is 5e-1, but a whole number is needed: write such a value",
    ),
    "a whole number with a point": (
        {"seed": 2.0},
        "seed: the value is 2.0, but a whole number is needed: write 2",
    ),
    "a bound to copy": (
        {"duals": {"tolerance": 1.0e-20}},
        r"duals\.tolerance: .* at least 1\.0e-12 is allowed",
    ),
    "a number for a name": (
        {"networks": {3: {"kind": "linear", "initial_scale": 0.1}}},
        r"networks\[3\]: this cannot be a name, names are made of small letters",
    ),
    "a capital letter in a name": (
        {"trainings": {"Long": {}}},
        r"trainings\.Long: this cannot be a name, .* rename it",
    ),
    "a misspelt claim": (
        {"claims": {"linear_certifcate": {"at_most": 1.0}}},
        r"claims\.linear_certifcate: .* and \d+ others: write linear_certificate\.",
    ),
    "another comparison": (
        {"claims": {"linear_certificate": {"at_least": 1.0}}},
        r"claims\.linear_certificate\.at_least: .* allowed here is at_most",
    ),
    "a measure that is no list": (
        {"experiments": {"kinks": {"measures": "stationarity"}}},
        r"kinks\.measures: the value is stationarity, but a list is needed: write \[stationarity\]",
    ),
    "a sweep that is no list": (
        {"experiments": {"kinks": {"sweep": {"dimension": 100}}}},
        r"kinks\.sweep\.dimension: the value is 100, but a list is needed: write \[100\]",
    ),
    "more steps than can be made": (
        {"trainings": {"normalised": {"steps": 10**13}}},
        r"trainings\.normalised\.steps: the value is 10000000000000, but at most 1000000000 is allowed",
    ),
    "text for an integer": ({"replicates": "2"}, "replicates: .* write 2"),
    "no replicate": ({"replicates": 0}, "replicates: the value is 0, but at least 1"),
    "unknown backend": ({"backend": "torch"}, "backend: .* allowed are auto, numpy and cupy"),
    "unknown solver": ({"duals": {"solver": "active-set"}}, r"duals\.solver: .* write active_set"),
    "unknown solver of an experiment": (
        experiment(solver="clarabel"),
        r"digits\.solver: .* allowed are cvxpy and active_set",
    ),
    "a solver where no network is solved": (
        {"experiments": {"membership": {"solver": "cvxpy"}}},
        r"membership\.solver: no measure here is taken of networks .*: remove it",
    ),
    "one sample": (experiment(dataset={"samples": 1}), r"digits\.dataset\.samples: .* at least 2"),
    "no dimension": (
        {"experiments": {"kinks": {"dataset": {"dimension": 0}}}},
        r"kinks\.dataset\.dimension: .* at least 1",
    ),
    "no neuron": (
        {"networks": {"two_layer": {"width": 0}}},
        r"networks\.two_layer\.width: .* at least 1",
    ),
    "width of a linear network": (
        {"networks": {"linear": {"width": 3}}},
        r"networks\.linear\.width: this key is not known",
    ),
    "forget index": (
        experiment(forget=[[0], [4]]),
        r"digits\.forget\[1\]: the value is 4, .* 0 to 3",
    ),
    "forget everything": (
        experiment(forget=[[0, 1, 2, 3]]),
        r"digits\.forget\[0\]: .* all 4 samples",
    ),
    "forget index of a measure": (
        {"experiments": {"flips": {"surface": {"forget": [[0], [5]]}}}},
        r"flips\.surface\.forget\[1\]: the value is 5, .* 0 to 3",
    ),
    "forget everything in a measure": (
        {"experiments": {"convergence": {"convergence": {"forget": [[0, 1, 2, 3]]}}}},
        r"convergence\.convergence\.forget\[0\]: .* all 4 samples",
    ),
    "shares that do not ascend": (
        {"experiments": {"flips": {"surface": {"deltas": [0.0, 1.0, 0.5]}}}},
        r"flips\.surface\.deltas: .* must ascend: sort them",
    ),
    "a surface without its end": (
        {"experiments": {"flips": {"surface": {"taus": [0.0, 0.5]}}}},
        r"flips\.surface\.taus: the last value is 0\.5, .* add 1\.0",
    ),
    "a level of 0": (
        {"experiments": {"convergence": {"convergence": {"levels": {"tau": 0}}}}},
        r"convergence\.convergence\.levels\.tau: .* more than 0",
    ),
    "a run without snapshots": (
        {"trainings": {"logistic_constant": {"snapshots": []}}},
        r"convergence\.trainings\[3\]: convergence is measured at snapshots",
    ),
    "forget twice": (experiment(forget=[[0, 0]]), r"digits\.forget\[0\]: .* twice"),
    "forget misspelt": (experiment(forget="eahc"), r"digits\.forget: .* write each"),
    "forget all": (
        experiment(forget="nothing"),
        r"digits\.forget: the value is nothing, but each or a list of forget sets is needed",
    ),
    "an option of no measure": (
        {"experiments": {"kinks": {"starts": ["exact"]}}},
        r"kinks\.starts: this is an option of certificate, not of the measures here: remove it",
    ),
    "no prescribed step behind a figure": (
        experiment(fractions=[0.5, 2.0]),
        r"digits\.fractions: the value is \[0\.5, 2\.0\], but 1\.0 is missing, .* add it",
    ),
    "no exact point behind a figure": (
        {"experiments": {"dimension": {"starts": ["trained"]}}},
        r"dimension\.starts: the value is \['trained'\], but exact is missing, .* add it",
    ),
    "no single sample behind a figure": (
        {"experiments": {"blocks": {"forget": [[0, 1]]}}},
        r"blocks\.forget: the value is \[\[0, 1\]\], but a set of one sample is missing",
    ),
    "negative fraction": (experiment(fractions=[-0.5]), r"digits\.fractions\[0\]: .* at least 0"),
    "unknown network": (experiment(networks=["deep"]), r"digits\.networks\[0\]: deep is not in"),
    "unknown training": (experiment(trainings=["long"]), r"digits\.trainings\[0\]: long is not in"),
    "unknown sweep": (
        experiment(sweep={"dimension": [3]}),
        r"digits\.sweep\.dimension: this is no number of the data set: write samples or fresh_samples",
    ),
    "swept value": (
        {"experiments": {"dimension": {"sweep": {"dimension": [40, 0]}}}},
        r"dimension\.sweep\.dimension\[1\]: the value is 0, but at least 1",
    ),
    "empty sweep": (experiment(sweep={"samples": []}), r"digits\.sweep\.samples: .* 0 entries"),
    "snapshots that are missing": (
        {"trainings": {"constant": {"snapshots": []}}},
        r"kinks\.trainings\[1\]: stationarity is measured at snapshots",
    ),
    "missing measure": (
        experiment(measures=["multipliers"]),
        r"digits\.measures: certificate is missing",
    ),
    "late snapshot": (
        {"trainings": {"constant": {"snapshots": [9000]}}},
        r"trainings\.constant\.snapshots: step 9000 comes after",
    ),
    "snapshots in disorder": (
        {"trainings": {"constant": {"snapshots": [100, 10]}}},
        r"trainings\.constant\.snapshots: the value is \[100, 10\], but steps ascend, .* sort them",
    ),
    "a sweep of an option that is not given": (
        {"experiments": {"natural_digits": {"dataset": {"mixing": None}}}},
        r"natural_digits\.dataset\.mixing: this key is missing, whose value the sweep replaces: add it",
    ),
    "no sweep behind a figure": (
        {"experiments": {"mixture": {"sweep": {"separation": None}}}},
        r"mixture\.sweep: separation is missing, .* list its values",
    ),
    "blocks of unequal size": (
        {"experiments": {"blocks": {"sweep": {"block_size": [2, 3]}}}},
        r"blocks\.sweep\.block_size\[1\]: the value is 3, .* write one of 1, 2 or 4\.",
    ),
    "block larger than the data": (
        {"experiments": {"blocks": {"sweep": {"block_size": [8]}}}},
        r"blocks\.sweep\.block_size\[0\]: the value is 8, .* divisors of the 4 samples",
    ),
    "no penalty": (
        {"dependence": {"ridges": [1.0e-2, 0.0]}},
        r"dependence\.ridges\[1\]: the value is 0.0, but at least 1\.0e-12",
    ),
    "a penalty that is all": (
        {"dependence": {"ridges": [1.0e300]}},
        r"dependence\.ridges\[0\]: the value is 1e\+300, but at most",
    ),
    "forgotten samples beyond number": (
        {"dependence": {"alphas": [1.0e300]}},
        r"dependence\.alphas\[0\]: the value is 1e\+300, but at most",
    ),
    "overlap of almost one": (
        {"dependence": {"overlaps": [0.5, 0.999999999999]}},
        r"dependence\.overlaps\[1\]: .* the correlation .* rounds to 1, but less than 1 is allowed",
    ),
    "a group of one": (
        {"dependence": {"group_sizes": [1]}},
        r"dependence\.group_sizes\[0\]: the value is 1, but at least 2",
    ),
    "fewer than no forgotten samples": (
        {"dependence": {"alphas": [-0.1]}},
        r"dependence\.alphas\[0\]: the value is -0.1, but at least 0",
    ),
    "overlap of one": (
        {"dependence": {"overlaps": [1.0]}},
        r"dependence\.overlaps\[0\]: the value is 1.0, but less than 1",
    ),
    "more in the block than there are": (
        {"dependence": {"here": 901}},
        r"dependence\.here: the value is 901, but at most retained, 900",
    ),
    "same class": (experiment(dataset={"classes": [1, 1]}), r"digits\.dataset\.classes: .* twice"),
    "same digit in a group": (
        experiment(dataset={"classes": [[1, 1], [2]]}),
        r"digits\.dataset\.classes\[0\]: .* twice",
    ),
    "no digit in a group": (
        experiment(dataset={"classes": [1, []]}),
        r"digits\.dataset\.classes\[1\]: the list has 0 entries, but at least 1",
    ),
    "no digit": (
        experiment(dataset={"classes": [[0, 10], 2]}),
        r"digits\.dataset\.classes\[0\]\[1\]: the value is 10, but at most 9",
    ),
    "none forgotten": (
        {"experiments": {"growth_digits": {"growth": {"forgotten": 0}}}},
        r"growth_digits\.growth\.forgotten: the value is 0, but at least 1",
    ),
    "too few samples to grow from": (
        {"experiments": {"growth_mnist": {"sweep": {"samples": [2, 80]}}}},
        r"growth_mnist\.growth\.forgotten: the data set has 2 samples, .* set samples to 3 or more",
    ),
    "no digit of MNIST": (
        {"experiments": {"growth_mnist": {"dataset": {"classes": [[0, 10], 2]}}}},
        r"growth_mnist\.dataset\.classes\[0\]\[1\]: the value is 10, but at most 9",
    ),
    "a digit in words": (
        experiment(dataset={"classes": ["one", 2]}),
        r"digits\.dataset\.classes\[0\]: the value is one, but a whole number",
    ),
    "an experiment of the name of a figure": (
        {
            "experiments": {
                "growth": {
                    "dataset": {
                        "source": "gaussian",
                        "samples": 4,
                        "dimension": 40,
                        "fresh_samples": 0,
                    },
                    "sweep": {},
                    "networks": ["linear"],
                    "trainings": ["normalised"],
                    "measures": ["multipliers"],
                }
            }
        },
        r"growth: this is the name of a rule or figure, .* choose another",
    ),
    "no file": (
        experiment(
            dataset={
                "source": "file",
                "path": "none.npz",
                "classes": None,
                "samples": None,
                "fresh_samples": None,
            }
        ),
        r"digits\.dataset\.path: there is no file /\S+/none\.npz",
    ),
}


@pytest.fixture
def mistaken(tiny_config: dict) -> Callable[[dict], str]:
    """What is said of the tiny configuration with some changes."""

    def sentence(changes: dict) -> str:
        update_config(tiny_config, changes)
        with pytest.raises(ConfigurationError) as caught:
            checked(tiny_config)
        return str(caught.value)

    return sentence


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_configuration_is_one_sentence(mistaken, mistake):
    changes, pattern = MISTAKES[mistake]
    sentence = mistaken(changes)
    assert re.match(pattern, sentence.removeprefix("experiments.")), sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


SWEPT_BY_FIGURES = [
    ("dimension", "dimension"),
    ("natural_digits", "mixing"),
    ("natural_tabular", "mixing"),
    ("natural_text", "mixing"),
    ("natural_gaussian", "dimension"),
    ("growth_digits", "samples"),
    ("growth_mnist", "samples"),
    ("growth_tabular", "samples"),
    ("growth_text", "samples"),
    ("depth", "dimension"),
    ("membership", "dimension"),
]


@pytest.mark.parametrize("name, parameter", SWEPT_BY_FIGURES)
def test_a_figure_along_a_sweep_needs_it(mistaken, name, parameter):
    sentence = mistaken({"experiments": {name: {"sweep": {parameter: None}}}})
    assert sentence.startswith(f"experiments.{name}.sweep: {parameter} is missing, "), sentence
    assert sentence.endswith("list its values, one or more.")


NUMBERS = [
    ("dependence",),
    ("duals",),
    ("networks", "deep3"),
    ("trainings", "constant"),
    ("experiments", "recovery", "recovery"),
    ("experiments", "flips", "surface"),
    ("experiments", "convergence", "convergence"),
    ("experiments", "batch", "batch"),
    ("experiments", "batch", "stream"),
    ("experiments", "depth", "depth"),
    ("experiments", "membership", "membership"),
    ("experiments", "membership", "klom"),
]


@pytest.mark.parametrize("section", NUMBERS, ids=dotted)
def test_what_is_no_finite_number_is_refused_wherever_one_is_needed(tiny_config, section):
    found = list(numbers(at(tiny_config, section), section))
    assert found
    for path in found:
        *above, last = path
        holder = at(tiny_config, above)
        kept = holder[last]
        for wrong in (float("nan"), float("inf"), "many", True, []):
            holder[last] = wrong
            with pytest.raises(ConfigurationError) as caught:
                checked(tiny_config)
            sentence = str(caught.value)
            assert sentence.startswith(f"{dotted(path)}: the value is {wrong}, but "), sentence
            assert sentence.endswith(" number is needed: write such a value."), sentence
        holder[last] = kept
    checked(tiny_config)


def at(config, path):
    for key in path:
        config = config[key]
    return config


def numbers(value, path):
    """Key paths of numbers, of a list that of the first."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers(item, (*path, key))
    elif isinstance(value, list):
        yield from numbers(value[0], (*path, 0))
    elif isinstance(value, int | float):
        yield path


@pytest.mark.parametrize("mistake", ["unknown key", "text for a number", "forget index"])
def test_a_mistake_stops_snakemake_before_any_job(project, mistake):
    changes, _ = MISTAKES[mistake]
    run = project.snakemake(*project.on_top(changes))
    assert run.returncode != 0
    assert len(errors(run)) == 1
    assert errors(run).pop().startswith("error: changes.yaml, ")
    assert project.files() == set()


def test_a_mistake_on_the_command_line_is_named_so(project):
    run = project.snakemake("--config", "replicats=2")
    assert run.returncode != 0
    assert errors(run).pop().startswith("error: --config, replicats: ")


@pytest.mark.parametrize(
    "changes, key",
    [
        ("dependence: {ridges: [.nan]}", r"dependence\.ridges\[0\]"),
        ("networks: {3: {kind: linear, initial_scale: 0.1}}", r"networks\[3\]"),
        ("experiments: {depth: {sweep: {dimension: null}}}", r"experiments\.depth\.sweep"),
        ("seed: null", "seed"),
        ("claims: null", "claims"),
        ("networks: {linear: {kind: null}}", r"networks\.linear\.kind"),
        (
            "experiments: {membership: {klom: {models: 9}}}",
            r"experiments\.membership\.klom\.models",
        ),
    ],
)
def test_a_mistake_is_told_of_the_file_it_is_in(tiny_config, tmp_path, changes, key):
    mine = tmp_path / "mine.yaml"
    mine.write_text(changes)
    update_config(tiny_config, yaml.safe_load(changes))
    files = [ROOT / "config" / "tiny.yaml", mine, *base_files(ROOT)]
    with pytest.raises(SystemExit) as caught:
        check(tiny_config, files)
    assert re.match(rf"error: mine\.yaml, {key}: ", str(caught.value)), caught.value


def test_a_number_within_a_section_of_the_command_line_is_told_apart(project):
    run = project.snakemake("--config", "duals={pivots: 3}")
    assert run.returncode != 0
    sentence = errors(run).pop()
    assert sentence.startswith(
        "error: --config, duals.pivots: the value is 3, but on the command line "
    )
    assert sentence.endswith("name it with --configfile.")


REFUSED = {
    "twice at the top": ("seed: 1\nseed: 2\n", "mine.yaml, seed: .* a second time in line 2"),
    "twice in a section": (
        "duals:\n  pivots: 3\n  tolerance: 1.0e-9\n  pivots: 4\n",
        r"mine\.yaml, duals\.pivots: .* a second time in line 4",
    ),
    "twice in a list": (
        "experiments:\n  - {a: 1, a: 2}\n",
        r"mine\.yaml, experiments\[0\]\.a: .* a second time in line 2",
    ),
    "not YAML": ("seed: [1,\n  x: }\n", r"mine\.yaml, line 2: this is not YAML \(.+\): mend"),
    "a tab": ("duals:\n\tpivots: 3\n", r"mine\.yaml, line 2: this is not YAML \(.+\): mend"),
    "not text": (b"\xff\xfe\x00", r"mine\.yaml: this is not YAML \(.+\): mend"),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_file_that_cannot_be_meant_is_refused(tmp_path, mistake):
    content, pattern = REFUSED[mistake]
    path = tmp_path / "mine.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SystemExit) as caught:
        refuse_unclear([tmp_path / "absent.yaml", path])
    sentence = str(caught.value)
    assert re.match(f"error: {pattern}", sentence), sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_a_file_that_says_each_thing_once_passes(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("a: &a {x: 1}\nb: *a\nc: {x: 2}\nd: [{x: 1}, {x: 1}]\n")
    refuse_unclear([path, *ROOT.glob("config*.yaml"), *ROOT.glob("config/*.yaml")])


@pytest.mark.parametrize("name", ["config.yaml", "changes.yaml"])
def test_a_key_written_twice_stops_snakemake_before_any_job(project, name):
    arguments = project.on_top({"seed": 2})
    with open(project.folder / name, "a") as file:
        file.write("seed: 3\n")
    run = project.snakemake(*arguments)
    assert run.returncode != 0
    assert errors(run).pop().startswith(f"error: {name}, seed: ")
    assert project.files() == set()


def test_cupy_without_a_gpu_is_one_sentence_and_leaves_no_output(project):
    if cupy_works():
        pytest.skip("there is a GPU that CuPy can use")
    target = "results/kinks/base/two_layer/constant/trained.npz"
    run = project.snakemake("--config", "backend=cupy", "--", target)
    assert run.returncode != 0
    assert len(errors(run)) == 1
    assert errors(run).pop().startswith("error: --config, backend: ")
    assert "Traceback" not in run.stderr
    assert project.files() == set()


def test_cupy_is_not_asked_for_where_nothing_trains(project):
    target = "results/kinks/base/dataset.npz"
    project.make("--config", "backend=cupy", "--", target)
    assert target in project.files()


def cupy_works() -> bool:
    try:
        import cupy

        return cupy.cuda.runtime.getDeviceCount() > 0
    except Exception:
        return False


X = np.eye(4)
Y = np.array([1.0, -1.0, 1.0, -1.0])
ARCHIVES = {
    "no labels": ({"X": X}, "the array y is missing"),
    "misshapen": ({"X": X, "y": Y[:3]}, "y has shape"),
    "pickled": ({"X": X.astype(object), "y": Y}, "pickled"),
    "labels 0 and 1": ({"X": X, "y": (Y + 1) / 2}, "labels must be -1 or"),
    "one class": ({"X": X, "y": np.ones(4)}, "both -1 and"),
    "not a number": ({"X": X * np.nan, "y": Y}, "must be finite"),
    "contradiction": ({"X": np.ones((4, 4)), "y": Y}, "the same sample"),
}
FROM_FILE = {
    "dataset": {
        "source": "file",
        "path": "mine.npz",
        "classes": None,
        "samples": None,
        "fresh_samples": None,
    }
}


@pytest.fixture(scope="module")
def refused_archives(project_of_file):
    """All bad archives in one run: what it said, and which results it left."""
    own = {
        "sweep": {},
        "networks": ["linear"],
        "trainings": ["normalised"],
        "forget": [[0]],
        "fractions": [1.0],
        "starts": ["exact"],
        "measures": ["certificate"],
    }
    experiments = {}
    for archive, (arrays, _) in ARCHIVES.items():
        name = archive.replace(" ", "_")
        np.savez(project_of_file.folder / f"{name}.npz", **arrays)
        experiments[name] = own | {"dataset": {"source": "file", "path": f"{name}.npz"}}
    changes = project_of_file.on_top({"experiments": experiments})
    targets = [f"results/{name}/base/dataset.npz" for name in experiments]
    run = project_of_file.snakemake(*changes, "--keep-going", "--", *targets)
    assert run.returncode != 0
    assert len(errors(run)) == len(ARCHIVES), run.stderr
    return errors(run), project_of_file.files(), project_of_file.folder


@pytest.mark.parametrize("archive", ARCHIVES)
def test_a_bad_archive_is_one_sentence_and_leaves_no_output(refused_archives, archive):
    said, left, folder = refused_archives
    name = archive.replace(" ", "_")
    start = f"error: changes.yaml, experiments.{name}.dataset: {folder}/{name}.npz"
    (sentence,) = (sentence for sentence in said if sentence.startswith(start))
    assert ARCHIVES[archive][1] in sentence
    assert left == set()


def test_a_forget_set_beyond_the_samples_of_a_file_is_refused_before_any_job(project):
    np.savez(project.folder / "mine.npz", X=X, y=Y)
    keys = FROM_FILE | {"forget": [[0], [17]]}
    run = project.snakemake(*project.on_top({"experiments": {"digits": keys}}))
    assert run.returncode != 0
    assert errors(run) == {
        "error: changes.yaml, experiments.digits.forget[1]: the value is 17, but the 4 samples are "
        "numbered 0 to 3: take one of these."
    }
    assert project.files() == set()


UNTRAINABLE = {
    # The corners of a square with equal labels at opposite corners: no line through 0 separates them.
    "not separable": (
        np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]]),
        np.array([1.0, 1.0, -1.0, -1.0]),
        "linear",
        "changes.yaml, experiments.digits.dataset: replicate 0: no hyperplane .* use fewer samples",
    ),
    # A positive multiple of a point with the opposite label: no 1-homogeneous network can fit both.
    "not converged": (
        np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]]),
        np.array([1.0, -1.0, 1.0]),
        "two_layer",
        "tiny.yaml, trainings.normalised: .* did not converge .* dead, .* can be separated",
    ),
}


@pytest.mark.parametrize("case", UNTRAINABLE)
def test_data_that_cannot_be_trained_on_stop_the_job(project, case):
    points, labels, network, sentence = UNTRAINABLE[case]
    np.savez(project.folder / "mine.npz", X=points, y=labels)
    changes = project.on_top({"experiments": {"digits": FROM_FILE}})
    run = project.snakemake(*changes, "--", f"results/digits/base/{network}/normalised/trained.npz")
    assert run.returncode != 0
    assert len(errors(run)) == 1, run.stderr
    assert re.match(f"error: {sentence}", errors(run).pop())
    assert not any(network in name for name in project.files())


def test_a_good_archive_goes_through(project):
    np.savez(project.folder / "mine.npz", X=X, y=Y)
    # Eight neurons are too few to be sure that each of four orthogonal points lights one up.
    keys = FROM_FILE | {"forget": "each", "networks": ["linear"]}
    changes = project.on_top({"experiments": {"digits": keys}})
    project.make(*changes, "--", "results/tables/digits.csv")
    assert "results/tables/digits.csv" in project.files()


def test_a_full_disk_is_one_sentence_and_leaves_no_output(project, small_disk):
    changes = project.on_top({"experiments": {"kinks": {"dataset": {"dimension": 1000}}}})
    run = project.snakemake(*changes, "--", "results/kinks/base/dataset.npz")
    assert run.returncode != 0
    assert errors(run) == {
        "error: results/kinks/base/dataset.npz: the disk is full, so nothing was written: "
        "free some space and run it again."
    }
    assert project.files() == set()


@pytest.fixture
def small_disk(project):
    """A file system of one page below ``results/kinks``."""
    folder = project.folder / "results" / "kinks"
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small file system takes rights that are not there")
    yield
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("table", ["kinks", "kinks.recovery", "digits.stationarity"])
def test_a_table_that_an_experiment_does_not_have_is_told_beside_those_it_has(project, table):
    run = project.snakemake("--dry-run", "--", f"results/tables/{table}.csv")
    assert run.returncode == 1
    (said,) = [line for line in run.stderr.splitlines() if line.startswith("error:")]
    assert said.startswith(f"error: there is no table results/tables/{table}.csv: ask for one of ")
    name = table.partition(".")[0]
    assert f"results/tables/{name}.dataset.csv" in said
    assert said.endswith(f"or add to experiments.{name}.measures.")
    assert "Traceback" not in run.stderr
