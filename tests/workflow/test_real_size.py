"""The tables of the run at real size, from tables by hand whose medians, verdicts and reasons are known."""

import sys

import numpy as np
import pytest
import yaml

from workflow import real_size

ROOT = real_size.ROOT


def figure(**medians):
    """The numbers of the figure: three m of one data set."""
    rows = [("digits", m, name, value) for name, values in medians.items() for m, value in values]
    names = ("data", "samples", "quantity", "median")
    return dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True))


def test_a_row_of_growth_has_the_medians_of_the_figure_and_the_cells():
    tables = {"growth_digits.kkt": {"samples": np.array([20, 60]), "cells": np.array([3, 12])}}
    shown = figure(support=[(20, 17.0), (60, 31.5)], relative_delta=[(60, 0.123456)])
    first, second = real_size.growth(tables, shown)
    assert (first["m"], first["cells"], first["support"]) == (20, 3, "17")
    assert first["δ / mean λ at θ̃"] == ""
    assert (second["support"], second["δ / mean λ at θ̃"]) == ("31.5", "0.123")


def growing(exponent):
    """Steps that all separate; the support grows like m to the exponent, all else stays."""
    m = np.array([10, 100, 1000])
    ones = np.ones(3)
    names = (
        "crossed",
        "separates",
        "epsilon",
        "epsilon_clarke",
        "relative_delta",
        "tau",
        "nothing_epsilon",
    )
    return {
        "samples": m,
        "seed": np.zeros(3, int),
        "support": m**exponent,
        "outcome": np.full(3, "separating"),
        "distance_trained": 0.0 * ones,
        **dict.fromkeys(names, ones),
    }


@pytest.mark.parametrize(("exponent", "verdict"), [(0.5, "held"), (1.0, "failed")])
def test_claims_are_those_on_growth_with_the_thresholds_of_the_default(exponent, verdict):
    tables = {
        f"growth_{data}.growth": growing(exponent)
        for data in ("digits", "mnist", "tabular", "text")
    }
    thresholds = yaml.safe_load(real_size.THRESHOLDS.read_text(encoding="utf-8"))["claims"]
    found = {row["claim"]: row for row in real_size.claims(tables, thresholds)}
    assert set(found) == {name for name in thresholds if name.startswith("growth_")}
    assert found["growth_support"]["verdict"] == verdict
    assert found["growth_support"]["measured"] == f"{exponent:g}"
    assert (
        found["growth_support"]["threshold"]
        == f"at most {thresholds['growth_support']['at_most']:g}"
    )


def natural_tables(lifted):
    """Two samples, one of which is forgotten: the data as they are cost 1, made orthogonal ``lifted``."""
    mixing = np.array([1.0, 0.1])
    cases = {
        "mixing": mixing,
        "network": np.full(2, "net"),
        "start": np.full(2, "exact"),
        "fraction": np.ones(2),
        "seed": np.zeros(2, int),
        "forget": np.full(2, "0"),
        "epsilon": np.zeros(2),
        "relative_delta": np.array([1.0, lifted]),
    }
    geometry = {"mixing": mixing, "seed": np.zeros(2, int), "psi": np.zeros(2), "phi": 5.0 * mixing}
    multipliers = {
        "mixing": mixing.repeat(2),
        "network": np.full(4, "net"),
        "seed": np.zeros(4, int),
        "sample": np.array([0, 1, 0, 1]),
        "exact": np.array([1.0, 0.0, 1.0, 1.0]),
    }
    parts = {"": cases, ".dataset": geometry, ".multipliers": multipliers}
    return {f"{real_size.ALL}{part}": table for part, table in parts.items()}


@pytest.mark.parametrize(
    ("lifted", "verdict"), [(0.01, "the assumption is the reason"), (0.5, "another reason")]
)
def test_natural_data_from_the_most_crowded_with_the_verdict(lifted, verdict):
    first, last = real_size.natural(natural_tables(lifted))
    assert first == {
        "mixing": "1",
        "m": 2,
        "support": 1,
        "crowding": "5",
        "cost": "1",
        "verdict": verdict,
    }
    assert (last["support"], last["crowding"], last["cost"]) == (2, "0.5", f"{lifted:g}")


def test_a_run_that_is_not_there_is_one_sentence_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    results = tmp_path / "tables"
    with pytest.raises(SystemExit, match=r"^error: .*growth_digits\.growth\.csv"):
        real_size.main([str(tmp_path), "--results", str(results)])
    assert not results.exists() and "_storage" in sys.modules
