"""The claims about Figure 1 on tables whose answer is known, their figure, and what is refused."""

import itertools

import numpy as np
import pytest

from kkt_unlearning.studies.claim import claims
from kkt_unlearning.studies.readings.figure import draw
from kkt_unlearning.studies.readings.study import check

MEASURES = {claim.name: claim.measure for claim in claims()}
FRACTIONS = (0.0, 0.5, 0.9, 1.0, 1.1, 2.0)
SIZES = ((4, 1000), (4, 100000), (50, 1000), (50, 100000))
NAMES = ("literal", "restored", *(f"restored_at_{delta:g}" for delta in (0.03, 0.1, 0.3)))


def table(least=lambda name, m, d, s: 1.0, seeds=4, phi=0.1):
    """ε is 0.1 and the distance to the fraction at which it is least."""
    rows = []
    for (m, d), s, alpha in itertools.product(SIZES, range(seeds), FRACTIONS):
        row = {"samples": m, "dimension": d, "seed": s, "fraction": alpha, "phi": phi, "tau": 0.0}
        row |= {name: 0.1 + abs(alpha - least(name, m, d, s)) for name in NAMES}
        row |= dict.fromkeys(("kept", "predicted", "refit"), np.hypot(0.1, 1.0 - alpha))
        rows.append(row)
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def measured(name, found):
    return MEASURES[name]({"readings": found}, {})


def test_everything_least_at_the_prescribed_step_holds():
    found = table()
    assert measured("readings_frozen", found) <= 1e-5
    assert measured("readings_literal", found) == 1.0
    assert measured("readings_restored", found) == 0.0


def test_one_size_is_enough_to_spoil_the_literal_reading():
    found = table(lambda name, m, d, s: 0.0 if (m, d) == (50, 1000) and s else 1.0)
    assert measured("readings_literal", found) == 0.25
    assert measured("readings_literal_orthogonal", found) == 1.0
    assert measured("readings_restored", found) == 1.0


def test_single_cases_do_not_move_a_median():
    found = table(lambda name, m, d, s: 0.9 if s == 0 else 1.0)
    assert measured("readings_restored", found) == 0.0
    assert measured("readings_literal", found) == 1.0  # 0.9 is near


def test_the_best_step_is_short_just_where_delta_is_below_phi():
    def short(name, m, d, s):
        return 0.5 if name in ("restored_at_0.03", "restored_at_0.1") else 1.0

    assert measured("readings_slack", table(short, phi=0.2)) == 1.0
    assert measured("readings_slack", table(short, phi=0.05)) == 0.5  # of 0.1 and 0.3, above φ
    assert measured("readings_slack", table(phi=0.2)) == 0.0
    assert np.isnan(measured("readings_slack", table(phi=0.01)))  # no δ is below φ


def test_sizes_at_which_nothing_was_restored_do_not_count():
    found = table(lambda name, m, d, s: 0.5 if m == 50 else 1.0)
    for name in NAMES[1:]:
        found[name] = np.where(found["samples"] == 50, np.nan, found[name])
    assert measured("readings_restored", found) == 0.0


def test_a_refit_below_the_theorem_is_found():
    found = table()
    found["refit"] = np.where(found["fraction"] == 0.9, 0.05, found["refit"])
    assert measured("readings_frozen", found) == pytest.approx(0.05, rel=1e-4)
    found = table()
    found["kept"] = found["kept"] + np.where(found["fraction"] == 0.5, 0.01, 0.0)
    assert measured("readings_frozen", found) == pytest.approx(0.01)


def test_the_figure_shows_shares_of_doing_nothing_and_its_least():
    figure, drawn = draw(table())
    assert len({len(column) for column in drawn.values()}) == 1
    curve = (drawn["quantity"] == "literal") & (drawn["x"] == 0.0)
    np.testing.assert_array_equal(drawn["median"][curve], 1.0)
    assert all(axes.get_xlabel() for axes in figure.axes)
    for axes in figure.axes:
        (idle,) = (line for line in axes.lines if line.get_label() == "doing nothing")
        np.testing.assert_array_equal(idle.get_ydata(), 1.0)


def test_a_figure_without_restored_networks_is_drawn():
    found = table()
    for name in NAMES[1:]:
        found[name] = np.full(len(found[name]), np.nan)
    _, drawn = draw(found)
    assert "best step" not in set(drawn["quantity"].tolist())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dimensions": [60, 40]}, "the value is 40"),
        ({"fractions": [0.5, 1.0]}, "doing nothing"),
        ({"fractions": [0.0, 0.5]}, "the prescribed step"),
    ],
)
def test_what_cannot_be_measured_is_refused(change, said):
    section = {"samples": [4, 50], "dimensions": [60], "fractions": [0.0, 1.0]}

    def fail(*keys, text):
        raise ValueError(text)

    check(section, fail)
    with pytest.raises(ValueError, match=said):
        check(section | change, fail)
