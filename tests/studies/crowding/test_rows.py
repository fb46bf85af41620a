"""The change of margins from its definition, below κ, and equal to it for one sample of a linear model."""

import numpy as np
import pytest
from builders import solved

from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.certificates.stationarity import least_epsilon, mean_multiplier
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.crowding.rows import crowding_rows
from kkt_unlearning.unlearning.ascent import unlearn


@pytest.mark.parametrize("width", [None, 8])
def test_changes_are_those_of_the_margins_of_each_step(width):
    problem, _, point = solved(1, 6, 40, width)
    sets = [[0], [2, 5]]
    for row, forget in zip(crowding_rows(point, sets, Solver(), 4), sets, strict=True):
        rest = problem.retain(forget)
        after = rest.margins(unlearn(point, forget).W)
        expected = np.abs(after - rest.margins(point.W)).max()
        assert row["margin_change"] == pytest.approx(expected, rel=1e-9)
        assert 0 < row["margin_change"] <= row["kappa"] * (1 + 1e-12)
        if width is None and len(forget) == 1:
            assert row["margin_change"] == pytest.approx(row["kappa"])
        keep = np.setdiff1d(np.arange(6), forget)
        for name, weights in {"epsilon": unlearn(point, forget).W, "nothing": point.W}.items():
            there = restore(
                problem, weights, point.pattern, point.kinks, np.isin(np.arange(6), keep)
            )
            delta = 0.1 * mean_multiplier(rest, there.W)
            alone = least_epsilon(rest, there.W, delta, there.kinks[:, keep])
            expected = float(alone.relative_epsilon)
            assert row[f"{name}_at_0.1"] == pytest.approx(expected, rel=1e-6, abs=1e-9)
            if name == "epsilon":
                assert row["tau"] == pytest.approx(cosine_distance(weights, there.W), abs=1e-12)
        assert row["nothing_tau"] == pytest.approx(0.0, abs=1e-12)
        assert (row["seed"], row["forget_size"]) == (4, len(forget))
        assert row["phi"] == pytest.approx(np.abs(np.triu(problem.gram, 1)).max())
