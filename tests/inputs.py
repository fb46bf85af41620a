"""What each verb makes of arrays of each library, dtype and layout, for docs/inputs.md.

``python -m tests.inputs numpy`` writes what the page says without PyTorch, ``torch`` what it says of that.

Every cell of the product is tried. All arrays hold the same numbers, exactly, so that one answer is right:
that of float64 in NumPy, C order.
"""

import itertools
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from kkt_unlearning.audit import Model, certify, kkt, unlearn
from kkt_unlearning.backends import to_numpy
from kkt_unlearning.errors import UserError
from kkt_unlearning.estimators import MaxMarginLinear, MaxMarginTwoLayer
from workflow.support.records.tables import markdown

PAGE = Path(__file__).parents[1] / "docs" / "inputs.md"
VERBS = ("kkt", "unlearn", "certify")
ESTIMATORS = {
    "MaxMarginLinear": lambda: MaxMarginLinear(steps=60),
    "MaxMarginTwoLayer": lambda: MaxMarginTwoLayer(width=16, steps=60, random_state=0),
}
COLUMNS = {  # of the table -> verbs, and the argument that is given so
    "X": (VERBS, "X"),
    "y": (VERBS, "y"),
    "weights": (VERBS, "W"),
    "X of an estimator": (tuple(ESTIMATORS), "X"),
    "y of an estimator": (tuple(ESTIMATORS), "y"),
}
YES = "yes"
SEED = 5  # of data where every certificate is finite

REMEDY = re.compile(r"(?:as|give) (numpy\.where\(.*\)|2\.0 \* y - 1|\w+\.to\w+\(\))")

Make = Callable[[np.ndarray], Any]
Kind = tuple[str, str, str]  # library, dtype, layout


@cache
def arrays(binary: bool) -> dict[str, np.ndarray]:
    """Whole numbers of 7 bits as features, or only 0 and 1; weights of 8 bits that classify every sample."""
    rng = np.random.default_rng(SEED)
    X = rng.integers(0, 2 if binary else 121, (6, 40)).astype(float)
    y = np.array([1.0, -1, -1, 1, 1, -1])
    u = np.array([0.5, -0.5, 0.25, -0.25])
    # each neuron leans to the side that it speaks for, so that every sample has margin 1 and a little noise
    W = np.linalg.lstsq(X, np.maximum(np.outer(y, np.sign(u)), -0.25), rcond=None)[0].T
    mantissa, exponent = np.frexp(W)
    return {"X": X, "y": y, "W": np.ldexp(np.round(mantissa * 2**7) / 2**7, exponent), "u": u}


def answer(verb: str, given: dict[str, Any]) -> list[np.ndarray]:
    """The numbers that a verb finds, in float64."""
    X, y = given["X"], given["y"]
    if verb in ESTIMATORS:
        fitted = ESTIMATORS[verb]().fit(X, y).unlearn([1])
        return [fitted.multipliers_, fitted.decision_function(X)]
    model = Model(given["W"], given["u"])
    if verb == "kkt":
        found = kkt(model, X, y)
        return [_host(found.margins), _host(found.multipliers["exact"]), np.array([found.distance])]
    done = unlearn(model, X, y, [1])
    if verb == "unlearn":
        return [done.model.weights, _host(done.multipliers), _host(done.margins_after)]
    found = certify(done.model, X, y, [1], step=done.step)
    assert found.origin is not None and found.origin.bounded, "it is not told to be the step"
    return [np.array([[end.epsilon, end.tau, end.epsilon_bound] for end in found.ends[:-1]])]


def _host(values: Any) -> np.ndarray:
    return to_numpy(values).astype(float)


@cache
def truth(verb: str, binary: bool, swapped: bool) -> list[np.ndarray]:
    given = arrays(binary)
    return answer(verb, given | {"y": -given["y"]} if swapped else given)


def outcome(verb: str, argument: str, make: Make, dtype: str) -> str:
    """``yes`` where the numbers are right, else the sentence.

    What goes through float32, such as an unlearned network, is right to 1e-5, 100 of its roundings.
    """
    binary = dtype == "bool"
    # to an estimator, for which the smaller label is -1, labels 1 and 255 are the other way round
    swapped = verb in ESTIMATORS and argument == "y" and dtype == "uint8"
    given = dict(arrays(binary))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            given[argument] = make(given[argument])
            found = answer(verb, given)
    except UserError as error:
        return str(error)
    except (TypeError, ValueError) as error:
        if verb in ESTIMATORS and "kkt_unlearning" not in _raised_in(error):
            return f"scikit-learn's {type(error).__name__}"
        raise
    for mine, right in zip(found, truth(verb, binary, swapped), strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-5, atol=1e-5 * np.abs(right).max())
    return YES


def _raised_in(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else trace.tb_frame.f_code.co_filename


def cells(makers: dict[Kind, Make]) -> Iterator[tuple[Kind, str, str]]:
    """Each kind of array and column of the table, with what became of it; verbs have to agree."""
    for kind, make in makers.items():
        for column, (verbs, argument) in COLUMNS.items():
            found = {verb: outcome(verb, argument, make, kind[1]) for verb in verbs}
            assert len(set(found.values())) == 1, (kind, column, found)
            strict = (
                kind[0] == "array-api-strict"
            )  # which has no arithmetic with booleans, as others have
            for code in () if strict else REMEDY.findall(found[verbs[0]]):
                _check_remedy(code, verbs[0], argument, make, kind[1])
            yield kind, column, found[verbs[0]]


def _check_remedy(code: str, verb: str, argument: str, make: Make, dtype: str) -> None:
    """What a sentence says to give is right, or leads to a sentence about something else."""

    def mended(a: np.ndarray) -> Any:
        return eval(code, {"numpy": np, argument: make(a)})

    found = outcome(verb, argument, mended, dtype)
    assert found == YES or (code.endswith("()") and code not in found), (code, found)


def tables(makers: dict[Kind, Make]) -> str:
    """The table, layouts of one outcome on one line, and the sentences that it numbers."""
    rows: dict[Kind, dict[str, str]] = {kind: {} for kind in makers}
    sentences: dict[str, int] = {}
    for kind, column, found in cells(makers):
        if found != YES:
            found = f"no, {sentences.setdefault(found, len(sentences) + 1)}"
        rows[kind][column] = found
    lines: dict[tuple, list[str]] = {}
    for (library, dtype, layout), row in rows.items():
        lines.setdefault((library, dtype, *row.items()), []).append(layout)
    table = [
        {"library": library, "dtype": dtype, "layout": ", ".join(layouts), **dict(row)}
        for (library, dtype, *row), layouts in lines.items()
    ]
    refused = [{"no": number, "sentence": one} for one, number in sentences.items()]
    return f"{markdown(table)}\n{markdown(refused)}" if refused else markdown(table)


def numpy_kinds() -> dict[Kind, Make]:
    """Each dtype in each layout."""
    dtypes: dict[str, Make] = {
        **{
            name: lambda a, name=name: a.astype(name)
            for name in (
                *("float64", "float32", "float16", "longdouble", ">f8"),
                *("int64", "int8", "complex128", "object", "str"),
            )
        },
        "uint8": lambda a: a.astype(int).astype(np.uint8),  # -1 is 255
        "bool": lambda a: a > 0,
    }
    layouts: dict[str, Make] = {
        "C": np.ascontiguousarray,
        "Fortran": np.asfortranarray,
        "every second row backwards": lambda a: np.repeat(a[::-1], 2, axis=0)[::-2],
        "read-only": _read_only,
        "masked": lambda a: np.ma.masked_array(a, np.arange(a.size).reshape(a.shape) == 1),
    }
    return {
        ("NumPy", dtype, layout): lambda a, kind=kind, lay=lay: lay(kind(a))
        for (dtype, kind), (layout, lay) in itertools.product(dtypes.items(), layouts.items())
    }


def _read_only(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a.flags.writeable = False
    return a


def list_kinds() -> dict[Kind, Make]:
    return {
        ("lists", "float", "nested"): np.ndarray.tolist,
        ("lists", "int", "nested"): lambda a: a.astype(int).tolist(),
        ("lists", "str", "nested"): lambda a: a.astype(str).tolist(),
        ("lists", "float", "tuples"): lambda a: tuple(map(tuple, a)) if a.ndim > 1 else tuple(a),
        ("lists", "float", "rows of NumPy"): list,
        ("lists", "float", "rows of several lengths"): lambda a: [*a.tolist()[1:], [1.0]],
    }


def pandas_kinds() -> dict[Kind, Make]:
    import pandas as pd

    def frame(a: np.ndarray) -> Any:
        return pd.DataFrame(a) if a.ndim > 1 else pd.Series(a)

    kinds = ("float64", "float32", "int64", "Float64", "Int64", "str", "category", "object")
    made: dict[Kind, Make] = {
        ("pandas", kind, "table"): lambda a, kind=kind: frame(
            np.rint(a) if "nt" in kind else a
        ).astype(kind)
        for kind in kinds
    }
    made["pandas", "bool", "table"] = lambda a: frame(a > 0)
    made["pandas", "float64", "one missing"] = lambda a: frame(a).mask(
        frame(np.arange(a.size).reshape(a.shape) == 1)
    )
    return made


def other_kinds() -> dict[Kind, Make]:
    import array_api_strict as strict
    import scipy.sparse as sparse

    away = strict.Device("device1")
    made: dict[Kind, Make] = {
        ("SciPy", dtype, name): lambda a, kind=kind, dtype=dtype: kind(
            np.atleast_2d(a).astype(dtype)
        )
        for dtype in ("float64", "int64")
        for name, kind in (("csr_matrix", sparse.csr_matrix), ("coo_array", sparse.coo_array))
    }
    for dtype in ("float64", "float32", "int64", "bool"):
        made["array-api-strict", dtype, "on another device"] = lambda a, dtype=dtype: (
            strict.asarray(
                a > 0 if dtype == "bool" else a, dtype=getattr(strict, dtype), device=away
            )
        )
    return made


def torch_kinds() -> dict[Kind, Make]:
    """Each dtype in each layout, with gradients where there are any."""
    import torch

    floats = ("float64", "float32", "float16", "bfloat16")
    layouts: dict[str, Make] = {
        "contiguous": lambda t: t,
        "transposed": lambda t: t.T.contiguous().T if t.ndim > 1 else t,
        "every second": lambda t: t.repeat_interleave(2, 0)[::2],
        "expanded": lambda t: t[None].expand(2, *t.shape)[1],
        "sparse": lambda t: t.to_sparse(),
        "no values (meta)": lambda t: t.to("meta"),
    }
    made: dict[Kind, Make] = {
        ("PyTorch", dtype, layout): lambda a, dtype=dtype, lay=lay: lay(
            torch.tensor(a > 0 if dtype == "bool" else a).to(getattr(torch, dtype))
        )
        for dtype in (*floats, "int64", "uint8", "bool", "complex64")
        for layout, lay in layouts.items()
    }
    for dtype in floats:
        made["PyTorch", dtype, "parameter"] = lambda a, dtype=dtype: torch.nn.Parameter(
            torch.tensor(a).to(getattr(torch, dtype))
        )
    return made


SECTIONS = {
    "numpy": lambda: numpy_kinds() | list_kinds() | pandas_kinds() | other_kinds(),
    "torch": torch_kinds,
}


def section(page: str, name: str, content: str | None = None) -> str:
    """What stands between the marks of a section; or the page with other ``content`` there."""
    marks = re.compile(rf"(<!-- inputs: {name} -->\n).*?(<!-- end of inputs -->)", re.DOTALL)
    (found,) = marks.finditer(page)
    if content is None:
        return found[0].removeprefix(found[1]).removesuffix(found[2])
    return page[: found.start()] + f"{found[1]}{content}{found[2]}" + page[found.end() :]


def main(names: list[str]) -> None:
    for name in names:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(section(page, name, tables(SECTIONS[name]())), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
