import numpy as np
import pytest
from audit_users import balanced, elsewhere, model_elsewhere, trained

from kkt_unlearning.audit import Limits, Model, certify, each, unlearn
from kkt_unlearning.certificates.each import certify_each
from kkt_unlearning.errors import DataError, NotConvergedError


@pytest.mark.parametrize("width", [None, 6])
@pytest.mark.parametrize("start", ["trained", "exact"])
def test_prices_are_those_of_the_library_at_any_scale(width, start):
    model, X, y, point = trained(width, scale=5.0)
    found = each(model, X, y, start=start)
    W = model.W / point.problem.margins(model.W).min()
    expected = certify_each(point, trained=W if start == "trained" else None)
    assert np.array_equal(found.certificates.samples, expected.samples)
    for name in ("price", "epsilon", "relative_delta", "tau"):
        for one, other in (
            (found.certificates.step, expected.step),
            (found.certificates.nothing, expected.nothing),
        ):
            values = getattr(one, name)
            assert values == pytest.approx(getattr(other, name), rel=1e-6, abs=1e-9)
    assert found.multipliers == pytest.approx(point.multipliers, rel=1e-8)


@pytest.mark.parametrize("start", ["trained", "exact"])
@pytest.mark.parametrize("fraction", [1.0, 0.7])
def test_certify_keeps_what_each_has_promised(start, fraction):
    """At the ε, relative δ and τ of each sample, the certificate of the step that unlearn makes."""
    model, X, y, _ = trained(6)
    found = each(model, X, y, start=start, fraction=fraction)
    one = found.certificates.step
    assert np.isfinite(one.price).sum() >= 4
    for s, r in enumerate(found.certificates.samples):
        if np.isfinite(one.price[s]):
            done = unlearn(model, X, y, [int(r)], start=start, fraction=fraction)
            room = 1 + 1e-6
            asked = Limits(*(room * v[s] for v in (one.epsilon, one.relative_delta, one.tau)))
            certified = certify(
                done.model, X, y, [int(r)], step=done.step, relative_delta=asked.relative_delta
            )
            restored = next(end for end in certified.ends if end.name == "restored")
            assert asked.hold(restored)


def test_the_cheapest_come_first_and_limits_are_kept_by_those_within():
    model, X, y, _ = trained(6)
    found = each(model, X, y)
    prices = found.certificates.step.price[found.order]
    assert (np.diff(prices) >= 0).all()
    middle = prices[3]
    within = found.within(Limits(middle, middle, middle))
    assert set(within) == set(found.certificates.samples[found.order[:4]])
    assert len(found.within(Limits(0.0, 0.0, 0.0))) == 0
    assert set(found.within(Limits())) == set(found.certificates.samples)


def test_arrays_of_other_libraries_do():
    model, X, y, _ = trained(6)
    found = each(model_elsewhere(model), elsewhere(X), elsewhere(y))
    expected = each(model, X, y)
    assert found.certificates.step.price == pytest.approx(expected.certificates.step.price)


def test_what_cannot_be_priced_is_refused():
    model, X, y, _ = trained(6)
    with pytest.raises(NotConvergedError, match="has margin -"):
        each(Model(-model.W, model.u), X, y)
    with pytest.raises(DataError, match="fraction = -1"):
        each(model, X, y, fraction=-1)
    with pytest.raises(DataError, match="start = 'best'"):
        each(model, X, y, start="best")
    with pytest.raises(
        DataError, match="known for fixed output weights alone; unlearn and certify"
    ):
        each(*balanced())


def test_progress_is_told(monkeypatch):
    model, X, y, _ = trained(6)
    monkeypatch.setattr("kkt_unlearning.audit.exact._SECONDS", 0.0)
    told = []
    each(model, X, y, report=told.append)
    assert told[0] == "exact KKT point"
    assert told[-1] == "certificates of each sample: 100 %"
