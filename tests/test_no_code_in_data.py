"""No file that is read can run code: no pickle, no eval, no shell, in any source of this project."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYTHON = [
    path for folder in ("src", "scripts", "workflow") for path in (ROOT / folder).rglob("*.py")
]
SNAKEFILES = [ROOT / "Snakefile", *(ROOT / "workflow").rglob("*.smk")]

MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
BUILTINS = {"eval", "exec", "compile", "__import__"}
CALLS = {
    *(
        "os.system",
        "os.popen",
        "yaml.unsafe_load",
        "yaml.full_load",
        "pandas.read_pickle",
    ),
    *("pd.read_pickle", "pd.eval", "subprocess.getoutput"),
}
SAFE_LOADERS = {"LOADER", "SafeLoader", "CSafeLoader"}
_SAFE = {"allow_pickle": "False", "shell": "False", "weights_only": "True"}
WORDS = re.compile(
    r"\b(?:pickle|eval|exec|os\.system|os\.popen|yaml\.load|torch\.load|shell|run)\s*[(:]|allow_pickle=True"
)


def dangers(tree: ast.AST) -> Iterator[str]:
    """What in a module could run what data say."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield node.module
        elif isinstance(node, ast.Call):
            yield from _of_call(node)


def _of_call(node: ast.Call) -> Iterator[str]:
    name = ast.unparse(node.func)
    if name in BUILTINS | CALLS:
        yield name
    if name.endswith("yaml.load") and not _is_safe(node):
        yield name
    for keyword in node.keywords:
        value = ast.unparse(keyword.value)
        safe = _SAFE.get(keyword.arg, value)
        if value != safe or keyword.arg == "trust_remote_code":
            yield f"{keyword.arg}={value}"
    given = [keyword.arg for keyword in node.keywords]
    if name == "torch.load" and "weights_only" not in given:
        yield f"{name} without weights_only=True"
    if name in ("np.load", "numpy.load") and "allow_pickle" not in given:
        yield f"{name} without allow_pickle=False"


def _is_safe(node: ast.Call) -> bool:
    arguments = [*node.args[1:], *(k.value for k in node.keywords if k.arg == "Loader")]
    return any(ast.unparse(argument).split(".")[-1] in SAFE_LOADERS for argument in arguments)


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_runs_what_it_reads(path):
    assert list(dangers(ast.parse(path.read_bytes()))) == []


@pytest.mark.parametrize("path", SNAKEFILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_rule_has_a_shell_or_runs_what_it_reads(path):
    """Every job is a ``script:``: no name of a file ever becomes a part of a command."""
    code = re.sub(r"#.*", "", path.read_text())
    assert WORDS.findall(code) == []
    assert len(re.findall(r"^\s*script:$", code, re.M)) >= (
        "rule " in code and path.suffix == ".smk"
    )


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.memory",
        "eval(x)",
        "exec(x)",
        "__import__(x)",
        "np.load(x)",
        "np.load(x, allow_pickle=True)",
        "NpzFile(x, allow_pickle=flag)",
        "torch.load(x)",
        "torch.load(x, weights_only=False)",
        "torch.load(x, weights_only=flag)",
        "yaml.load(x, yaml.Loader)",
        "yaml.load(x, Loader=yaml.FullLoader)",
        "yaml.unsafe_load(x)",
        "subprocess.run(x, shell=True)",
        "os.system(x)",
    ],
)
def test_the_look_out_sees_what_it_is_for(code):
    assert list(dangers(ast.parse(code)))


@pytest.mark.parametrize(
    "code", ["    shell:", "    run:", "eval(x)", "np.load(allow_pickle=True)"]
)
def test_the_look_out_over_rules_sees_what_it_is_for(code):
    assert WORDS.findall(code)
