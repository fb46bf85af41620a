from string import ascii_lowercase

import numpy as np
import pytest
import result_tables as tables
from matplotlib.contour import ContourSet
from matplotlib.lines import Line2D
from matplotlib.text import Text

from kkt_unlearning.studies import style
from kkt_unlearning.studies.blocks import figure as blocks
from kkt_unlearning.studies.convergence import figure as convergence
from kkt_unlearning.studies.correlation import figure as correlation
from kkt_unlearning.studies.dependence import figure as dependence
from kkt_unlearning.studies.dependence import rows as study
from kkt_unlearning.studies.digits import figure as digits
from kkt_unlearning.studies.dimension import figure as dimension
from kkt_unlearning.studies.flips import figure as flips
from kkt_unlearning.studies.kinks import figure as kinks
from kkt_unlearning.studies.mixture import figure as mixture
from kkt_unlearning.studies.multipliers import figure as multipliers
from kkt_unlearning.studies.step_size import figure as step_size
from kkt_unlearning.studies.summary import select

SWEEP = (0.1, 0.5, 0.9)


def sweep_with_losses():
    return tables.evaluation(
        SWEEP,
        along="correlation",
        **dict.fromkeys(
            ("epsilon", "epsilon_at_0.1"),
            lambda case: np.inf if case["value"] == 0.9 else 0.01,
        ),
        outcome=lambda case: "not separating" if case["value"] == 0.9 else "separating",
        kappa=lambda case: 2 * case["value"],
    )


def draw_step_size():
    table = tables.evaluation(
        fractions=tables.FRACTIONS,
        starts=("exact", "trained"),
        epsilon=lambda case: abs(case["fraction"] - 1),
    )
    return step_size.draw(table)


def draw_dimension():
    d = (100, 1000, 10000)
    table = tables.evaluation(
        d,
        phi=lambda case: case["value"] ** -0.5,
        distance_retrained=lambda case: (1 + case["seed"]) * case["value"] ** -1.0,
    )
    return dimension.draw(table, tables.dataset(d))


def draw_correlation():
    return correlation.draw(sweep_with_losses(), tables.dataset(SWEEP, along="correlation"))


def draw_blocks():
    explained = {"explained": np.tile([0.01, 0.3, 0.8], (3, 1)).T.ravel()}
    geometry = tables.dataset(SWEEP, along="correlation") | explained
    one = sweep_with_losses()
    one["forget_size"] = np.ones(len(one["seed"]), int)
    many = one | {"block_size": np.full(len(one["seed"]), 2)}
    return blocks.draw(one, geometry, many, geometry | {"block_size": np.full(9, 2)})


def draw_dependence():
    sizes, alphas, overlaps = (900, 100, 90, [1e-3, 1e-2]), [0.001, 0.01, 0.12], [0.0, 0.5, 0.9]
    return dependence.draw(
        tables.columns(list(study.block_rows(*sizes, alphas))),
        tables.columns(list(study.pair_rows(*sizes, overlaps, alphas))),
        tables.columns(list(study.boundary_rows(*sizes, overlaps))),
        tables.columns(list(study.step_rows(overlaps, [2], [0]))),
    )


def draw_mixture(d=(100, 1000), alpha=(-0.2, 0.1)):
    table = tables.mixture(d, alpha, accuracy_original=lambda case: 0.5 + 0.1 * case["seed"])
    cells = [tables.dataset(d) | {"separation": np.full(3 * len(d), a)} for a in alpha]
    geometry = {name: np.concatenate([cell[name] for cell in cells]) for name in cells[0]}
    geometry["sign_agreement"] = np.full(len(geometry["seed"]), 0.7)
    return mixture.draw(table, geometry)


def draw_multipliers():
    return multipliers.draw(tables.multipliers())


def draw_digits():
    table = tables.evaluation(fractions=tables.FRACTIONS, starts=("exact", "trained"))
    return digits.draw(table, tables.dataset(), tables.multipliers(seeds=3))


def draw_kinks():
    return kinks.draw(tables.stationarity())


def draw_flips():
    return flips.draw(tables.flip_counts(), tables.surface(), tables.trained_in_steps())


def draw_convergence():
    return convergence.draw(tables.convergence())


DRAWS = (
    draw_step_size,
    draw_dimension,
    draw_correlation,
    draw_blocks,
    draw_dependence,
    draw_mixture,
    draw_multipliers,
    draw_digits,
    draw_kinks,
    draw_flips,
    draw_convergence,
)


@pytest.mark.parametrize("draw", DRAWS)
def test_panels_have_letters_and_labels_and_their_lines_names(draw):
    figure, drawn = draw()
    rows = {len(column) for column in drawn.values()}
    assert len(rows) == 1
    panels = [axes for axes in figure.axes if axes.axison]
    assert all(axes.get_ylabel() for axes in panels if axes.get_subplotspec().is_first_col())
    for axes in panels:
        if axes.get_subplotspec().is_last_row():
            assert axes.get_xlabel() or any(text.get_text() for text in axes.get_xticklabels())
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes)]
    named = any(axes.texts for axes in figure.axes)  # at the ends of lines
    labels = [str(line.get_label()) for axes in figure.axes for line in axes.lines]
    if not all(label.startswith("_") for label in labels):  # boxes are named on the axis
        assert named or any(legend and legend.get_texts() for legend in legends)
    letters = [axes.get_title("left") for axes in panels]
    assert letters == list(ascii_lowercase[: len(letters)])


@pytest.mark.parametrize("draw", DRAWS)
def test_what_a_legend_names_is_drawn_and_no_text_is_too_small(draw):
    figure, _ = draw()
    lines = [line for axes in figure.axes for line in axes.get_lines()]
    drawn = {line.get_linestyle() for line in lines}, {line.get_marker() for line in lines}
    legends = [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]
    for handle in (handle for legend in legends for handle in legend.legend_handles):
        if isinstance(handle, Line2D):
            assert {handle.get_linestyle()} <= drawn[0] and {handle.get_marker()} <= drawn[1]
    assert min(text.get_fontsize() for text in figure.findobj(Text)) >= 6


@pytest.mark.parametrize("draw", (draw_step_size, draw_digits))
def test_the_same_tables_give_the_same_bytes(draw, tmp_path):
    for name in "ab":
        figure, _ = draw()
        style.save(figure, tmp_path / f"{name}.pdf", tmp_path / f"{name}.png")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert b"CreationDate" not in (tmp_path / "a.pdf").read_bytes()


def axes_over_many_decades_and_few():
    with style.styled():
        figure, axes = style.panels(2.0, (1, 4))
        for panel, top in zip(axes[0], (1e6, 8.0, 30.0, 1e6), strict=True):
            panel.plot([1, 2, 3], np.geomspace(1, top, 3))
            panel.set(xscale="log", yscale="log")
        axes[0, 3].set(xscale="linear", yscale="linear")
    return figure


def saved(figure, path):
    """Bytes of both files."""
    files = path.with_suffix(".pdf"), path.with_suffix(".png")
    style.save(figure, *files)
    return [file.read_bytes() for file in files]


def test_ticks_that_are_not_to_be_seen_are_dropped_and_no_others(tmp_path, monkeypatch):
    figure = axes_over_many_decades_and_few()
    dropped = saved(figure, tmp_path / "dropped")
    monkeypatch.setattr(style, "_drop_unseen_ticks", lambda figure: None)
    assert saved(axes_over_many_decades_and_few(), tmp_path / "plain") == dropped
    kept = [[axis.get_minorticklocs().size > 0 for axis in (a.xaxis, a.yaxis)] for a in figure.axes]
    assert kept == [[True, False], [True, True], [True, False], [False, False]]


def test_both_files_are_laid_out_as_matplotlib_lays_out_the_png(tmp_path):
    plain, figure = axes_over_many_decades_and_few(), axes_over_many_decades_and_few()
    with style.styled():
        plain.savefig(tmp_path / "plain.png")
    saved(figure, tmp_path / "saved")
    for one, other in zip(plain.axes, figure.axes, strict=True):
        np.testing.assert_allclose(one.get_position().bounds, other.get_position().bounds)


# What a matplotlibrc in the folder or at home, or a caller, may have set before a figure is drawn.
STRANGE = {
    "path.sketch": (5, 100, 2),
    "savefig.facecolor": "lime",
    "figure.constrained_layout.h_pad": 0.5,
    "axes.formatter.use_locale": True,
    "text.usetex": True,
    "mathtext.fontset": "cm",
    "image.interpolation": "nearest",
    "lines.dash_capstyle": "round",
}


@pytest.mark.parametrize("draw", (draw_kinks, draw_mixture))
def test_no_setting_from_outside_changes_a_figure(draw, tmp_path):
    import matplotlib as mpl

    for name, strange in (("plain", {}), ("strange", STRANGE)):
        with mpl.rc_context(strange):
            figure, _ = draw()
            style.save(figure, tmp_path / f"{name}.pdf", tmp_path / f"{name}.png")
    for kind in ("pdf", "png"):
        plain, strange = (tmp_path / f"{name}.{kind}" for name in ("plain", "strange"))
        assert plain.read_bytes() == strange.read_bytes()


def test_settings_of_the_caller_come_back():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    draw_kinks()
    assert dict(mpl.rcParams) == before


def test_a_line_breaks_where_the_median_is_infinite_and_a_cross_says_so():
    figure, drawn = draw_correlation()
    panel = next(axes for axes in figure.axes if axes.get_ylabel().startswith("ε at θ̃"))
    line = next(line for line in panel.lines if line.get_label() == "the step")
    assert np.isnan(line.get_ydata()[-1]) and np.isfinite(line.get_ydata()[:-1]).all()
    crosses = [line for line in panel.lines if line.get_marker() == "x"]
    assert [list(cross.get_xdata()) for cross in crosses] == [[0.9]]
    lost = (drawn["quantity"] == correlation.LOST) & (drawn["correlation"] == 0.9)
    assert (drawn["median"][lost] == 1.0).all()


@pytest.mark.parametrize("draw", (draw_step_size, draw_dimension, draw_digits))
def test_doing_nothing_is_dashed_and_grey_in_every_panel(draw):
    figure, _ = draw()
    for axes in figure.axes:
        grey = [line for line in axes.lines if line.get_color() == style.COLOURS["original"]]
        assert [line.is_dashed() for line in grey] == [True]


@pytest.mark.parametrize("starts", (("exact", "trained"), ("trained",)))
def test_theta_prime_has_a_line_where_it_is_not_the_restored_network(starts):
    rule = {"tau": lambda case: 0.1 * (case["network"] == "two_layer")}
    figure, _ = step_size.draw(tables.evaluation(fractions=tables.FRACTIONS, starts=starts, **rule))
    red, green = (style.COLOURS[key] for key in ("autograd", "exact"))
    drawn = [[line.get_color() for line in axes.lines] for axes in figure.axes]
    assert [colours.count(red) for colours in drawn] == [0, len(starts)]
    assert [colours.count(green) for colours in drawn] == [len(starts)] * 2


@pytest.mark.parametrize("draw", (draw_correlation, draw_step_size, draw_digits))
def test_a_legend_has_the_cross_only_where_there_is_one(draw):
    figure, _ = draw()
    crossed = any(line.get_marker() == "x" for axes in figure.axes for line in axes.lines)
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    entries = [text.get_text() for legend in legends for text in legend.get_texts()]
    assert any(entry.startswith("infinite") for entry in entries) is crossed


def test_blocks_show_the_linear_model_and_have_the_numbers_of_all_networks():
    figure, drawn = draw_blocks()
    assert set(drawn["network"].tolist()) == {"linear", "two_layer"}
    linear = (drawn["network"] == "linear") & np.isfinite(drawn["change"])
    for panel, x in zip(figure.axes, ("phi", "odds"), strict=True):
        for name in ("one block of all", "blocks of 2"):
            (line,) = [line for line in panel.lines if line.get_label() == name]
            found = linear & (drawn["structure"] == name)
            np.testing.assert_array_equal(line.get_xdata(), drawn[x][found])
            np.testing.assert_array_equal(line.get_ydata(), drawn["change"][found])


def test_the_crossing_of_kappa_is_marked():
    figure, _ = draw_correlation()
    marks = [line for line in figure.axes[0].lines if line.get_label() == "_κ = 1"]
    assert marks[0].get_xdata()[0] == pytest.approx(0.5)


def test_the_fitted_exponent_is_in_the_numbers_drawn():
    _, drawn = draw_dimension()
    fit = drawn["quantity"] == "exponent of distance_retrained in phi"
    np.testing.assert_allclose(drawn["median"][fit], 2.0)
    np.testing.assert_allclose(drawn["low"][fit], drawn["high"][fit])


def test_infinite_estimates_are_counted_not_dropped():
    figure, drawn = multipliers.draw(tables.multipliers(orthogonal=np.inf))
    for panel in figure.axes:
        assert [text.get_text() for text in panel.texts] == ["infinite:\n6 of 6"]
    assert np.isinf(drawn["estimated"]).sum() == 12


def test_digits_count_support_vectors_only():
    _, drawn = draw_digits()
    counted = drawn["median"][drawn["panel"] == "support"]
    np.testing.assert_array_equal(counted, [2, 2])


def test_laws_that_hold_are_in_the_numbers_drawn():
    rho = np.array([0.1, 0.2, 0.3, 0.4, 0.6])
    table = tables.evaluation(
        rho,
        along="correlation",
        phi=lambda case: case["value"],
        tau_star=lambda case: case["value"] ** 2 if case["value"] < 0.5 else 5.0,
    )
    _, drawn = correlation.draw(table, tables.dataset(rho, along="correlation"))
    fit = drawn["quantity"] == "exponent of tau_star in phi"
    np.testing.assert_allclose(drawn["median"][fit], 2.0)
    np.testing.assert_allclose(drawn["correlation"][fit], 0.4)


def test_the_diagram_has_a_number_in_every_cell():
    figure, drawn = draw_mixture()
    first = figure.axes[0]
    assert [text.get_text() for text in first.texts] == [*["0.10"] * 4, "predicted: 0.9"]
    assert [text.get_text() for text in figure.axes[1].texts] == ["−50.0"] * 4
    assert [text.get_text() for text in figure.axes[2].texts] == ["0"] * 4
    mean = drawn["mean"][drawn["quantity"] == "accuracy_original"]
    np.testing.assert_allclose(mean, 0.6)
    np.testing.assert_allclose(drawn["mean"][drawn["quantity"] == "lost"], -50.0)


def test_a_diagram_of_one_cell_is_drawn():
    figure, _ = draw_mixture((100,), (0.0,))
    assert not any(isinstance(found, ContourSet) for found in figure.axes[0].collections)


def test_both_methods_are_on_one_axis_and_regions_have_names():
    figure, drawn = draw_dependence()
    lines = {line.get_label() for line in figure.axes[0].lines}
    assert lines <= {*drawn["line"][drawn["panel"] == "joined"].tolist(), "doing nothing"}
    assert "prescribed step, m = 2" in lines
    assert any(name.startswith("descent-ascent") for name in lines)
    for panel in figure.axes:
        names = [text.get_text() for text in panel.texts]
        assert any("harm" in name for name in names) and any("help" in name for name in names)


def test_digits_without_a_forgotten_support_vector_still_draw():
    table = tables.evaluation(fractions=(0.0, 1.0))
    table["forget"] = np.full(len(table["forget"]), "2")  # its multiplier is 0
    _, drawn = digits.draw(table, tables.dataset(), tables.multipliers(seeds=3))
    assert "certificate" not in set(drawn["panel"].tolist())


def test_the_surface_is_cut_at_the_middle_of_the_sweep():
    _, drawn = flips.draw(
        tables.flip_counts(),
        tables.surface(epsilon=lambda delta, tau: np.inf if tau < 0.5 else tau),
        tables.trained_in_steps(),
    )
    cut = (drawn["panel"] == "epsilon against tau") & (drawn["line"] == "1.0")
    assert drawn["count"][cut].tolist() == [3] * 4  # the seeds of one dimension
    np.testing.assert_array_equal(drawn["median"][cut], [np.inf, np.inf, 0.5, 1.0])


def test_tau_star_of_each_case_is_in_the_numbers_by_cluster():
    _, drawn = draw_flips()
    points = select(drawn, panel="tau_star")
    assert points["line"].tolist() == 3 * ["none", "turned", "turned"]
    np.testing.assert_allclose(points["median"], 3 * [0.01, 0.02, 0.03])
    trained = select(drawn, panel="tau_star against training")
    assert trained["line"].tolist() == 3 * ["none", "turned", "turned"]


def test_shares_against_the_size_of_the_training_steps_are_in_the_numbers():
    _, drawn = draw_flips()
    share = select(drawn, panel="share against training", line="share")
    assert share["x"].tolist() == [0.1, 1.0, 10.0]
    assert share["median"].tolist() == [0.2] * 3


def test_the_share_of_flips_stands_beside_the_angle_that_undoes_them():
    figure, drawn = draw_flips()
    share, angle = figure.axes
    for panel, name, at in ((share, "flipped", "share"), (angle, "tau_restored", "angle")):
        idle, line, *_ = panel.lines
        assert idle.get_label().startswith(style.NOTHING) and len(line.get_xdata()) == 3
        found = select(drawn, panel=at, line=name)["median"]
        np.testing.assert_allclose(line.get_ydata(), found)
    np.testing.assert_array_equal(share.lines[0].get_ydata(), 0.0)
    np.testing.assert_array_equal(angle.lines[0].get_ydata(), 0.05)
    dots = {line.get_label(): line for line in angle.lines if line.get_marker() == "."}
    assert len(dots) == 2
    cases = select(drawn, panel="tau_star")["median"]
    assert sum(len(line.get_xdata()) for line in dots.values()) == len(cases)


def test_flips_without_a_sweep_still_draw():
    counted, surface = tables.flip_counts((100,)), tables.surface((100,))
    del counted["dimension"], surface["dimension"]
    _, drawn = flips.draw(counted, surface, tables.trained_in_steps())
    assert set(drawn["panel"].tolist()) >= {"share", "angle"}


def test_lines_begin_at_a_loss_of_one_and_the_onset_is_in_the_numbers():
    figure, drawn = convergence.draw(tables.convergence(fitted_from=10))
    for panel, first in zip(figure.axes, (100, 9, 9), strict=True):  # −log L is 0 at step 10
        lines = [line for line in panel.lines if str(line.get_label()).endswith(" step")]
        assert [min(line.get_xdata()) for line in lines] == [first] * 4
    assert {text.get_text() for text in figure.axes[0].texts} >= {
        "normalised step",
        "constant step",
    }
    assert set(drawn["median"][drawn["quantity"] == "onset"].tolist()) == {100.0}
    shares = drawn["median"][drawn["quantity"] == "holds"]
    assert set(shares.tolist()) == {0.0, 1.0}
