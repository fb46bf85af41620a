"""The figure of batches draws ε beside doing nothing, counts what breaks, and stands incomplete tables."""

import numpy as np
import pytest
from batch_tables import CHOICES, VARIANTS, batches, streams

from kkt_unlearning.studies.batch import figure as batch


def breaking():
    """κ reaches 1 at k = 5 where d = 50, and half of the seeds lose a margin from k = 8 on."""
    late = lambda row: row["dimension"] == 50 and row["forget_size"] >= 8  # noqa: E731
    infinite = lambda row: np.inf if late(row) else 0.01  # noqa: E731
    return batches(
        kappa=lambda row: row["forget_size"] / (5.0 if row["dimension"] == 50 else 100.0),
        **{"epsilon": infinite, "epsilon_at_0.1": infinite},
        outcome=lambda row: "not separating" if late(row) and row["seed"] else "separating",
    )


@pytest.fixture(scope="module")
def figure_and_numbers():
    return batch.draw(breaking(), streams())


def alone(table):
    """One network on one point of the sweep, without a column for it."""
    keep = (table["dimension"] == 50) & (table["network"] == "two_layer")
    if "choice" in table:
        keep &= table["choice"] == "correlated"
    return {name: column[keep] for name, column in table.items() if name != "dimension"}


def test_columns_are_both_ends_of_the_sweep_of_the_last_network(figure_and_numbers):
    figure, drawn = figure_and_numbers
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["two-layer ReLU\nd = 50", "two-layer ReLU\nd = 1000", "", "", "", ""]
    labels = [axes.get_ylabel().partition(" ")[0] for axes in figure.axes]
    assert labels == ["ε", "", "share", "", "τ*:", ""]
    assert set(drawn["network"]) == {"linear", "two_layer"}
    assert {len(column) for column in drawn.values()} == {len(drawn["k"])}
    assert set(drawn["choice"]) == {*CHOICES, *VARIANTS}


def test_shares_of_what_breaks_are_counted(figure_and_numbers):
    _, drawn = figure_and_numbers
    where = (drawn["choice"] == "coupled") & (drawn["start"] == "exact") & (drawn["k"] == 9)
    lost = where & (drawn["quantity"] == batch.LOST)
    assert dict(zip(drawn["dimension"][lost], drawn["median"][lost], strict=True)) == {
        50: 0.5,
        1000: 0.0,
    }
    reached = where & (drawn["quantity"] == batch.REACHED) & (drawn["dimension"] == 50)
    np.testing.assert_array_equal(drawn["median"][reached], 1.0)


def test_infinite_medians_are_crosses(figure_and_numbers):
    figure, _ = figure_and_numbers
    crosses = [
        [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "x"]
        for axes in figure.axes
    ]
    assert crosses == [[[8.0, 9.0, 10.0]], [], [], [], [], []]


def test_what_breaks_is_drawn_as_a_share(figure_and_numbers):
    figure, _ = figure_and_numbers
    for axes, late in zip(figure.axes[2:4], (0.5, 0.0), strict=True):
        lines = {line.get_label(): line.get_ydata() for line in axes.lines}
        for network in ("two-layer ReLU", "linear model"):
            np.testing.assert_array_equal(lines[network], [0.0] * 7 + [late] * 3)
        np.testing.assert_array_equal(lines["doing nothing"], 0.0)


def test_epsilon_for_one_delta_stands_beside_that_of_doing_nothing():
    table = batches(
        **{
            "epsilon_at_0.1": lambda row: 0.2 if row["start"] == "exact" else 0.3,
            "nothing_at_0.1": lambda row: 0.01 * row["forget_size"],
        }
    )
    figure, _ = batch.draw(table, streams())
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[1].lines}
    assert {text.get_text() for text in figure.axes[1].texts} == set(lines)
    np.testing.assert_allclose(lines["one step"], 0.2)
    np.testing.assert_allclose(lines["doing nothing"], 0.01 * np.arange(1, 11))


def test_one_network_one_choice_and_no_sweep():
    figure, _ = batch.draw(alone(batches()), alone(streams()))
    assert [axes.get_title() for axes in figure.axes] == ["two-layer ReLU", "", ""]
    figure.canvas.draw()


def test_everything_infinite_or_unknown_still_draws():
    bad = batches(epsilon=lambda row: np.inf, delta=lambda row: np.inf, kappa=lambda row: 1e3)
    lost = streams(tau_star=lambda row: np.nan, multiplier_ratio=lambda row: np.nan)
    figure, drawn = batch.draw(alone(bad), alone(lost))
    figure.canvas.draw()
    assert np.isinf(drawn["median"][drawn["quantity"] == "delta"]).any()
