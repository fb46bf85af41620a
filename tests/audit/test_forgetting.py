import numpy as np
import pytest
from audit_users import balanced, elsewhere, model_elsewhere, trained

from kkt_unlearning.audit import Model, certify, unlearn
from kkt_unlearning.errors import DataError, NotConvergedError
from kkt_unlearning.metrics import cosine_distance


@pytest.mark.parametrize("width", [None, 6])
@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
def test_the_step_takes_the_terms_of_the_forgotten_samples_out(width, fraction):
    model, X, y, point = trained(width, scale=5.0)
    found = unlearn(model, X, y, [3, 1], fraction=fraction, allow_idle=True)
    u = np.ones(1) if width is None else model.u
    active = np.ones((1, 8)) if width is None else (model.W @ X.T > 0).astype(float)
    gamma = (y * (u @ (active * (model.W @ X.T)))).min()
    step = sum(point.multipliers[r] * y[r] * np.outer(u * active[:, r], X[r]) for r in (3, 1))
    expected = model.W - fraction * gamma * step
    assert np.allclose(found.model.W, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


def test_the_step_from_the_exact_point_uses_its_own_derivatives():
    model, X, y, point = trained(6, scale=5.0)
    found = unlearn(model, X, y, [3], start="exact")
    term = (point.multipliers[3] * y[3] * model.u * point.clarke[:, 3])[:, None] * X[3]
    scale = point.problem.margins(model.W).min()
    assert np.allclose(found.model.W, scale * (point.W - term), rtol=0, atol=1e-9 * scale)
    assert np.allclose(found.step.before.W, scale * point.W, rtol=0, atol=1e-9 * scale)


def test_the_margins_are_those_of_the_networks():
    model, X, y, _ = trained(6, scale=5.0)
    found = unlearn(model, X, y, [3])
    before, after = (y * (model.u @ np.maximum(W @ X.T, 0)) for W in (model.W, found.model.W))
    assert np.allclose(found.margins_before, before / before.min(), rtol=1e-9)
    assert np.allclose(found.margins_after, after / before.min(), rtol=0, atol=1e-9)
    assert found.margins_after[3] < 0.5 < found.margins_before[3]


def test_how_the_network_came_about_is_kept():
    model, X, y, _ = trained(6)
    found = unlearn(model, X, y, [3, 1], fraction=0.5)
    assert found.step.before is model
    assert (found.step.forget, found.step.start, found.step.fraction) == ((3, 1), "trained", 0.5)


@pytest.mark.parametrize("start", ["trained", "exact"])
@pytest.mark.parametrize("kind", ["fixed", "trained", "bias"])
def test_the_removal_and_the_samples_give_the_network_before_the_step(start, kind):
    model, X, y, _ = trained(6, scale=0.01)
    if kind == "bias":
        model = Model(model.W, model.u, np.full(6, 0.01))
    elif kind == "trained":
        model = Model(model.W, model.u, outputs="trained")
    found = unlearn(model, X, y, [3, 5], start=start)
    step, expected = found.removal.step(found.model, X), found.step.before
    assert np.allclose(step.before.weights, expected.weights, rtol=0, atol=1e-13)
    assert np.allclose(step.before.u, expected.u, rtol=1e-13)
    assert (step.forget, step.start, step.fraction) == ((3, 5), start, 1.0)


def test_the_removal_alone_does_not_hold_the_forgotten_samples():
    """The same network and multipliers, other forgotten samples: the removal is the same."""
    model, X, y, _ = trained(6)
    found = unlearn(model, X, y, [3])
    turned = X @ np.linalg.qr(np.random.default_rng(0).normal(size=(120, 120)))[0]
    moved = Model(model.W @ np.linalg.lstsq(X, turned, rcond=None)[0], model.u)
    other = unlearn(moved, turned, y, [3])
    assert np.abs(turned[3] - X[3]).max() > 0.1
    assert np.allclose(other.removal.coefficients, found.removal.coefficients, rtol=1e-6, atol=1e-9)


def test_a_removal_of_another_network_is_refused():
    model, X, y, _ = trained(6)
    removal = unlearn(model, X, y, [3]).removal
    with pytest.raises(DataError, match=r"allowed is \(4, 1\)"):
        removal.step(Model(model.W[:4], model.u[:4]), X)
    with pytest.raises(
        DataError, match="the data have 3 rows, but the step that led to this network saw 8"
    ):
        removal.step(model, X[:3])


def test_what_the_data_have_outside_is_left_alone():
    """Weights outside the span of the data, such as initial ones, are not touched by the step."""
    model, X, y, _ = trained(6)
    outside = np.random.default_rng(0).normal(size=model.W.shape)
    outside -= outside @ np.linalg.pinv(X) @ X
    plain = unlearn(model, X, y, [3]).model.W
    found = unlearn(Model(model.W + outside, model.u), X, y, [3]).model.W
    assert np.allclose(found - plain, outside, rtol=0, atol=1e-10)


@pytest.mark.parametrize("start", ["trained", "exact"])
@pytest.mark.parametrize("width", [None, 6])
@pytest.mark.parametrize("dimension", [120, 5])
def test_the_downdate_is_certified_by_itself_and_beside_the_network_before(start, width, dimension):
    model, X, y, _ = trained(width, scale=5.0, dimension=dimension if width else 120)
    found = unlearn(model, X, y, [3, 1], start=start, method="downdate")
    assert found.removal is None
    assert found.margins_after[[0, 2, 4, 5, 6, 7]].min() == pytest.approx(1.0, rel=1e-9)
    alone = certify(found.model, X, y, [3, 1])
    assert max(end.epsilon for end in alone.ends) < 1e-6
    assert max(abs(end.relative_delta) for end in alone.ends) < 1e-6
    assert max(abs(end.tau) for end in alone.ends) < 1e-12
    stepped = unlearn(model, X, y, [3, 1], start=start)
    star = certify(stepped.model, X, y, [3, 1], step=stepped.step).ends[-1]
    cosine = float(cosine_distance(found.model.W, stepped.model.W))
    assert cosine == pytest.approx(star.tau, rel=1e-6, abs=1e-9)
    beside = certify(found.model, X, y, [3, 1], step=found.step)
    assert beside.ends[0].epsilon < 1e-6 and not beside.origin.bounded
    assert beside.origin.sentence.startswith("the dual downdate, the exact KKT point")
    assert "for which there are no bounds" in beside.origin.sentence


@pytest.mark.parametrize("start", ["trained", "exact"])
def test_the_restored_network_is_the_certificate_between_the_ends(start):
    model, X, y, _ = trained(6)
    step = unlearn(model, X, y, [3], start=start)
    _, expected, _ = certify(step.model, X, y, [3], step=step.step).ends
    found = unlearn(model, X, y, [3], start=start, method="restored")
    certified = certify(found.model, X, y, [3], step=found.step)
    itself, again, _ = certified.ends
    assert expected.tau > 0 and again.tau == pytest.approx(0.0, abs=1e-12)
    assert itself.epsilon == pytest.approx(again.epsilon, rel=1e-6)
    assert again.epsilon == pytest.approx(expected.epsilon, rel=1e-6)
    assert "put back into its activation cell, for which there are no" in certified.origin.sentence


def test_other_methods_are_of_fixed_output_weights_and_a_downdate_of_the_whole_step():
    for method in ("restored", "downdate"):
        with pytest.raises(DataError, match="allowed is step where output weights are trained"):
            unlearn(*balanced(), [3], method=method)
    model, X, y, _ = trained(6)
    with pytest.raises(DataError, match="allowed is 1 with the method downdate"):
        unlearn(model, X, y, [3], method="downdate", fraction=0.5)
    with pytest.raises(DataError, match="method = 'exact': allowed are step, restored, downdate"):
        unlearn(model, X, y, [3], method="exact")


def test_arrays_of_another_library_come_back_in_it():
    model, X, y, _ = trained(6)
    expected = unlearn(model, X, y, [3])
    found = unlearn(model_elsewhere(model), elsewhere(X), elsewhere(y), [3])
    assert found.model.W.device == elsewhere(X).device
    assert (np.from_dlpack(found.model.W, device="cpu") == expected.model.W).all()


def test_single_precision_stays_single():
    model, X, y, _ = trained(6)
    small = Model(model.W.astype(np.float32), model.u.astype(np.float32))
    found = unlearn(small, X.astype(np.float32), y.astype(np.float32), [3])
    assert found.model.W.dtype == found.multipliers.dtype == np.float32
    expected = unlearn(model, X, y, [3]).model.W
    assert np.allclose(found.model.W, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("forget", "sentence"),
    [
        ([8], "index 8 is out of range; allowed are 0 to 7"),
        ([-1], "index -1 is out of range"),
        ([1, 1], "an index is repeated"),
        (list(range(8)), "that is all 8 samples"),
    ],
)
def test_bad_forget_sets_are_refused(forget, sentence):
    model, X, y, _ = trained(6)
    with pytest.raises(DataError, match=sentence):
        unlearn(model, X, y, forget)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [({"start": "scratch"}, "start = 'scratch'"), ({"fraction": -1.0}, "fraction = -1.0")],
)
def test_bad_steps_are_refused(options, sentence):
    model, X, y, _ = trained(6)
    with pytest.raises(DataError, match=sentence):
        unlearn(model, X, y, [3], **options)


def test_a_network_that_does_not_classify_is_refused():
    model, X, y, _ = trained(None)
    with pytest.raises(NotConvergedError, match="8 of 8 samples"):
        unlearn(Model(-model.W), X, y, [3])


@pytest.mark.parametrize("width", [None, 30])
@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize("dimension", [120, 7])
def test_copies_that_stay_are_told_and_undo_the_step(width, rounded, dimension):
    model, X, y, _ = trained(width, dimension=dimension)
    copy = X[3].astype(np.float32).astype(float) if rounded else X[3]
    X, y = np.vstack([X, copy]), np.append(y, y[3])
    for one, other in ((3, 8), (8, 3)):
        with pytest.raises(DataError, match=rf"forget = \[{one}\]: .* retained, \[{other}\];"):
            unlearn(model, X, y, [one])
        found = unlearn(model, X, y, [one], allow_idle=True)
        assert found.copies == (other,)
        assert np.allclose(found.model.W, model.W, rtol=0, atol=1e-12 * np.abs(model.W).max())
        certified = certify(found.model, X, y, [one], step=found.step, delta=0.1)
        assert certified.copies == (other,)
        alone = certify(model, X, y, [one], delta=0.1)  # as for any network that never saw it
        assert certified.ends[0].epsilon == pytest.approx(alone.ends[0].epsilon, abs=1e-5)


@pytest.mark.parametrize("flag", ["no", 0, None])
def test_a_flag_that_is_none_is_refused(flag):
    model, X, y, _ = trained(None)
    with pytest.raises(DataError, match=r"^allow_idle = .*: allowed are True and False\.$"):
        unlearn(model, X, y, [0], allow_idle=flag)


def test_a_step_that_leaves_nothing_is_refused():
    X, y = np.diag([1.0, 1.0, 5.0]), np.array([1.0, -1.0, 1.0])
    X[2, 0] = 3.0
    model = Model(np.array([1.0, -1.0, 0.0]))
    with pytest.raises(DataError, match="every retained sample has the multiplier 0"):
        unlearn(model, X, y, [0, 1])
    with pytest.raises(DataError, match="does not rest on these"):
        unlearn(model, X, y, [2])
    assert unlearn(model, X, y, [2], allow_idle=True).model.W.tolist() == model.W.tolist()
