"""The four verbs on files: what is printed and written, and the exit status."""

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audit_users import balanced, trained
from hostile import assert_one_sentence
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from kkt_unlearning import audit
from kkt_unlearning.cli.main import main
from kkt_unlearning.formats import read_model
from kkt_unlearning.kkt.clarke import fit_multipliers

NPZ = ("--data", "D.npz", "--weights", "W.npz")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """D.npz and W.npz of a trained network, in the current folder."""
    monkeypatch.chdir(tmp_path)
    model, X, y, _ = trained(6, scale=3.0)
    np.savez("D.npz", X=X, y=y)
    np.savez("W.npz", W=model.W, u=model.u)
    return tmp_path


def ran(capsys, *words, status=0):
    """What a command printed, which ended with this status; standard error is for errors alone."""
    assert main(words) == status
    printed = capsys.readouterr()
    assert bool(printed.err) == (status == 2)
    return printed.err if status == 2 else printed.out


def record(capsys, *words, status=0):
    return json.loads(ran(capsys, *words, "--json", status=status))


def test_kkt_tells_what_the_library_finds(capsys):
    model, X, y, _ = trained(6, scale=3.0)
    expected, found = audit.kkt(model, X, y), record(capsys, "kkt", *NPZ)
    assert found["network"] == {"kind": "two_layer", "neurons": 6, "features": 120, "bias": False}
    assert found["residuals"]["clarke"]["stationarity"] == expected.clarke.stationarity
    assert found["residuals"]["autograd"]["stationarity"] == expected.autograd.stationarity
    assert found["exact_point"]["distance"] == expected.distance
    assert found["exact_point"]["settled"] is True
    assert found["multipliers"]["exact"] == expected.multipliers["exact"].tolist()
    assert set(found["multipliers"]) == {"exact", "least_squares", "loss_gradient", "orthogonal"}
    assert found["phi"] == expected.phi


def test_of_many_samples_phi_is_a_lower_bound_and_says_so(capsys, monkeypatch):
    exact = record(capsys, "kkt", *NPZ)
    assert exact["phi_of_all_pairs"] is True
    monkeypatch.setattr("kkt_unlearning.datasets.geometry.OPERATIONS", 8)
    found = record(capsys, "kkt", *NPZ)
    assert found["phi_of_all_pairs"] is False
    assert found["phi"] <= exact["phi"] * (1 + 1e-14)  # products of other shapes round otherwise
    assert "(of the longest samples with all others)" in ran(capsys, "kkt", *NPZ)
    ran(capsys, "unlearn", *NPZ, "--forget", "3", "--out", "U.npz")
    text = ran(capsys, "certify", "--data", "D.npz", "--weights", "U.npz", "--forget", "3")
    assert "min ‖x_i‖² is at least " in text


def test_a_residual_that_is_a_bound_says_so(capsys, monkeypatch):
    least = record(capsys, "kkt", *NPZ)
    assert least["clarke_stationarity_is_a_bound"] is False
    assert "is a bound" not in ran(capsys, "kkt", *NPZ)

    def bounded(*arguments, bound, **options):
        fit = fit_multipliers(*arguments, **options)
        return replace(fit, least=np.array(not bound))

    monkeypatch.setattr("kkt_unlearning.audit.nearness.fit_multipliers", bounded)
    assert record(capsys, "kkt", *NPZ)["clarke_stationarity_is_a_bound"] is True
    assert "on the kinks stationarity is a bound" in ran(capsys, "kkt", *NPZ)


def test_kkt_prints_a_table_of_the_samples(capsys):
    text = ran(capsys, "kkt", *NPZ)
    assert "\n\ntwo-layer ReLU network, 6 neurons, 120 features, 8 samples\n" in text
    assert "stationarity" in text and "in the activation cell of the network" in text
    rows = text.split("sample  label")[1].splitlines()[1:]
    assert sorted(int(row.split()[0]) for row in rows) == list(range(8))


def test_each_tells_what_the_library_finds(capsys):
    model, X, y, _ = trained(6, scale=3.0)
    expected = audit.each(model, X, y, start="exact", fraction=0.9)
    found = record(capsys, "each", *NPZ, "--from", "exact", "--step", "0.9", "--table", "T.csv")
    assert (found["from"], found["step"], found["met"]) == ("exact", 0.9, None)
    samples, order = found["samples"], expected.order
    assert samples["sample"] == expected.certificates.samples[order].tolist()
    assert samples["label"] == y[samples["sample"]].tolist()
    assert samples["price"] == expected.certificates.step.price[order].tolist()
    assert samples["price_of_nothing"] == expected.certificates.nothing.price[order].tolist()
    with open("T.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["price"]) for row in rows] == samples["price"]
    assert [int(row["sample"]) for row in rows] == samples["sample"]
    assert list(rows[0]) == list(samples)


def test_each_prints_the_cheapest_first_and_how_many_keep_the_limits(capsys):
    model, X, y, _ = trained(6, scale=3.0)
    expected = audit.each(model, X, y)
    level = float(np.sort(expected.certificates.step.price)[3]) * (1 + 1e-9)
    limits = [f"--max-{name}={level}" for name in ("epsilon", "delta", "tau")]
    text = ran(capsys, "each", *NPZ, *limits)
    rows = [line.split() for line in text.split("\n\n")[2].splitlines()[1:]]
    assert [int(row[0]) for row in rows] == expected.certificates.samples[expected.order].tolist()
    assert "4 of 8 samples can be forgotten by the step, 0 by doing nothing" in text
    assert record(capsys, "each", *NPZ, *limits)["met"] is True
    broken = record(capsys, "each", *NPZ, "--max-epsilon", "0", status=1)
    assert (broken["met"], broken["met_by"]) == (False, [])


def test_each_names_those_that_change_nothing(capsys):
    _, X, y, _ = trained(6)
    np.savez("D.npz", X=np.vstack([X, X[:1], 3 * X[3:4]]), y=np.append(y, y[[0, 3]]))
    text = ran(capsys, "each", *NPZ, "--from", "exact", "--max-epsilon=1", "--max-tau=1")
    assert "3 samples have no multiplier, or copies that take it over: 0, 8, 9\n" in text
    assert "as it is, at a price of at most 0\n" in text
    assert text.endswith("; the 3 others keep it\n")
    found = record(capsys, "each", *NPZ, "--from", "exact", "--table", "T.csv")["samples"]
    assert found["sample"][:3] == [0, 8, 9]
    assert found["moved"] == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    assert found["price"][:3] == pytest.approx([0, 0, 0], abs=1e-9)


def test_each_writes_tables_alone_and_looks_at_networks_that_have_not_forgotten(capsys):
    assert "allowed is a name that ends in .csv" in ran(
        capsys, "each", *NPZ, "--table", "T.txt", status=2
    )
    assert "was read as well" in each_into_its_data(capsys)
    ran(capsys, "unlearn", *NPZ, "--forget", "3", "--out", "U.npz")
    error = ran(capsys, "each", "--data", "D.npz", "--weights", "U.npz", status=2)
    assert "U.npz has forgotten [3] already: look at the network before it." in error


def each_into_its_data(capsys):
    _, X, y, _ = trained(6)
    names = ",".join([*(f"x{k}" for k in range(X.shape[1])), "y"])
    np.savetxt("D.csv", np.column_stack([X, y]), delimiter=",", header=names, comments="")
    words = ("--data", "D.csv", "--weights", "W.npz", "--table", "D.csv")
    return ran(capsys, "each", *words, status=2)


@pytest.mark.parametrize("start", ["trained", "exact"])
@pytest.mark.parametrize("outputs", ["fixed", "trained"])
def test_from_a_trained_network_to_a_certificate(capsys, start, outputs):
    model, X, y, _ = trained(6, scale=3.0)
    if outputs == "trained":
        model, X, y = balanced()
        np.savez("D.npz", X=X, y=y)
        np.savez("W.npz", W=model.W, u=model.u)
    words = ("--forget", "3,5", "--outputs", outputs)
    made = record(capsys, "unlearn", *NPZ, *words, "--from", start, "--out", "U.npz")
    assert made["forget"] == [3, 5]
    expected = audit.unlearn(model, X, y, [3, 5], start=start)
    with open("U.npz", "rb") as file:
        assert np.array_equal(read_model(file, "U.npz").model.W, expected.model.W)
    rest = ("--data", "D.npz", "--weights", "U.npz", "--forget", "3,5")
    found = record(capsys, "certify", *rest)  # the file says which outputs
    certified = audit.certify(expected.model, X, y, [3, 5], step=expected.step)
    assert found["bounded"] is certified.origin.bounded is (outputs == "fixed")
    for end in certified.ends:
        told = found["certificates"][end.name]
        assert told["epsilon"] == pytest.approx(end.epsilon, rel=1e-6, abs=1e-9)
        assert told["tau"] == pytest.approx(end.tau, rel=1e-6, abs=1e-12)


def test_two_outputs_are_a_network_of_fixed_ones_alone(capsys):
    model, _, _, _ = trained(6, scale=3.0)
    two = np.stack([np.ones(6), 1.0 + model.u])
    save_file({"0.weight": model.W, "2.weight": two}, "W.safetensors")
    words = ("--data", "D.npz", "--weights", "W.safetensors")
    found, expected = record(capsys, "kkt", *words), record(capsys, "kkt", *NPZ)
    assert found["exact_point"]["distance"] == pytest.approx(expected["exact_point"]["distance"])
    assert found["network"] == expected["network"]
    text = ran(capsys, "kkt", *words, "--outputs", "trained", status=2)
    assert_one_sentence(text.strip())
    assert "--outputs trained: W.safetensors has two outputs" in text


def test_other_formats_have_their_bounds_from_the_network_before(capsys):
    ran(capsys, "unlearn", *NPZ, "--forget", "3", "--out", "U.safetensors")
    rest = ("--data", "D.npz", "--weights", "U.safetensors", "--forget", "3")
    assert record(capsys, "certify", *rest)["bounded"] is False
    before = (*rest, "--before", "W.npz")
    assert record(capsys, "certify", *before)["bounded"] is True
    assert record(capsys, "certify", *before, "--step", "0.5")["bounded"] is False
    assert record(capsys, "certify", *before, "--from", "exact")["bounded"] is False


@pytest.mark.parametrize("out", ["U.npz", "U.safetensors"])
def test_a_step_from_the_exact_point_is_known_by_the_trained_network(capsys, out):
    how = ("--from", "exact", "--step", "0.5")
    ran(capsys, "unlearn", *NPZ, "--forget", "3", *how, "--out", out)
    rest = ("certify", "--data", "D.npz", "--weights", out, "--forget", "3", "--before", "W.npz")
    assert record(capsys, *rest, *how)["bounded"] is True
    assert record(capsys, *rest)["bounded"] is (out == "U.npz")  # which says how the step was made
    assert "0.5 of the prescribed step from the exact KKT point, so" in ran(capsys, *rest, *how)


@pytest.mark.parametrize("method", ["restored", "downdate"])
def test_what_a_method_leads_to_is_written_and_certified(capsys, method):
    (model, X, y, _), exact = trained(6, scale=3.0), method == "downdate"
    expected = audit.unlearn(model, X, y, [3, 5], method=method)
    words = ("--forget", "3,5", "--method", method)
    assert record(capsys, "unlearn", *NPZ, *words, "--out", "U.npz")["method"] == method
    with open("U.npz", "rb") as file:
        read = read_model(file, "U.npz")
    assert np.array_equal(read.model.W, expected.model.W) and read.removal is None
    assert expected.step.words in ran(capsys, "unlearn", *NPZ, *words, "--out", "V.npz")
    rest = ("certify", "--data", "D.npz", "--weights", "U.npz", "--forget", "3,5")
    limits = ("--max-epsilon", "1e-6", "--max-delta", "1e-6", "--max-tau", "0")
    told = record(capsys, *rest, *limits, status=int(not exact))
    assert told["met_by"] == ("unlearned" if exact else None)
    words = (*words, "--step", "0.5", "--out", "H.npz")
    half = ran(capsys, "unlearn", *NPZ, *words, status=2 * exact)
    assert ("leave it out, in the command --step" in half) is exact


def test_restore_is_short_for_the_method_and_excludes_another(capsys):
    step = ("unlearn", *NPZ, "--forget", "3,5")
    ran(capsys, *step, "--method", "restored", "--out", "U.npz")
    ran(capsys, *step, "--restore", "--out", "V.npz")
    assert Path("U.npz").read_bytes() == Path("V.npz").read_bytes()
    with pytest.raises(SystemExit) as end:
        main([*step, "--restore", "--method", "downdate", "--out", "H.npz"])
    assert end.value.code == 2 and "not allowed with" in capsys.readouterr().err
    assert not Path("H.npz").exists()


def test_who_has_forgotten_does_not_step_again(capsys):
    ran(capsys, "unlearn", *NPZ, "--forget", "3", "--out", "U.npz")
    again = ("unlearn", "--data", "D.npz", "--weights", "U.npz", "--forget", "5", "--out", "V.npz")
    error = ran(capsys, *again, status=2)
    assert "U.npz has forgotten [3] already: forget them and [5] in one step" in error


def test_data_without_the_forgotten_rows_are_told_apart(capsys):
    _, X, y, _ = trained(6)
    ran(capsys, "unlearn", *NPZ, "--forget", "3", "--out", "U.npz")
    np.savez("less.npz", X=np.delete(X, 3, axis=0), y=np.delete(y, 3))
    rest = ("certify", "--data", "less.npz", "--weights", "U.npz", "--forget", "3")
    assert "the data have 7 rows, but the step that led" in ran(capsys, *rest, status=2)


def test_a_network_before_that_does_not_classify_is_named(capsys):
    model, *_ = trained(6)
    np.savez("B.npz", W=-model.W, u=model.u)
    rest = ("certify", *NPZ, "--forget", "3", "--before", "B.npz")
    assert "the network before the step has margin -" in ran(capsys, *rest, status=2)


def test_a_linear_model_has_no_kinks_to_tell_of(capsys):
    model, *_ = trained(None)
    np.savez("L.npz", w=model.W[0])
    text = ran(capsys, "kkt", "--data", "D.npz", "--weights", "L.npz")
    assert "\n\nlinear model of 120 features, 8 samples" in text
    assert not re.search("Clarke|kink|cell", text)


def test_a_reader_who_has_seen_enough_is_no_error(folder):
    words = [sys.executable, "-m", "kkt_unlearning.cli", "kkt", *NPZ]
    program = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    program.stdout.close()
    assert program.stderr.read() == b""
    program.stderr.close()
    assert program.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_an_answer_that_cannot_be_printed_is_no_verdict(folder):
    words = [sys.executable, "-m", "kkt_unlearning.cli", "certify", *NPZ, "--forget", "3"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*words, "--max-tau", "1"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    assert_one_sentence(done.stderr.strip().removeprefix("kkt-unlearning certify: error: "))


def test_the_exit_status_says_whether_the_limits_are_kept(capsys):
    ran(capsys, "unlearn", *NPZ, "--forget", "3", "--out", "U.npz")
    rest = (
        "certify",
        "--data",
        "D.npz",
        "--weights",
        "U.npz",
        "--forget",
        "3",
        "--max-epsilon",
        "0",
    )
    tau = record(capsys, *rest)["certificates"]["exact"]["tau"]
    kept = record(capsys, *rest, "--max-tau", str(2 * tau))
    broken = record(capsys, *rest, "--max-tau", str(tau / 2), status=1)
    assert (kept["met"], kept["met_by"]) == (True, "exact")
    assert (broken["met"], broken["met_by"]) == (False, None)
    text = ran(capsys, *rest, "--max-tau", str(2 * tau))
    assert (
        "(no limit on relative δ): met by an exact KKT point; doing nothing does not meet it"
        in text
    )
    assert "no certificate meets it" in ran(capsys, *rest, "--max-tau", str(tau / 2), status=1)
    alone = ran(capsys, *rest)
    assert "asked for ε ≤ 0 (no limit on relative δ and τ): met by an exact KKT point" in alone
    assert kept["doing_nothing"]["epsilon"] > 0 == kept["doing_nothing"]["tau"]


def by_hand(c):
    """``w = (1, −2, 1)`` on ``y_i e_i``, in units c: tests/audit/test_units.py has its numbers."""
    np.savez("X.npz", X=c * np.eye(3), y=np.array([1.0, -1.0, 1.0]))
    np.savez("w.npz", w=np.array([1.0, -2.0, 1.0]) / c)
    return ("certify", "--data", "X.npz", "--weights", "w.npz", "--forget", "2")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-8.0, 8.0).map(lambda exponent: 10.0**exponent))
def test_a_limit_on_delta_has_no_units(capsys, c):
    rest = (*by_hand(c), "--max-tau", "0", "--max-delta", "0.2", "--max-epsilon")
    epsilon = (1.4**2 + 1.0) ** 0.5 / 6**0.5
    kept = record(capsys, *rest, str(epsilon + 1e-6))
    assert kept["met_by"] == "unlearned"
    assert kept["limits"] == {"epsilon": epsilon + 1e-6, "relative_delta": 0.2, "tau": 0.0}
    end = kept["certificates"]["unlearned"]
    assert end["relative_delta"] == pytest.approx(0.2, rel=1e-9)
    assert end["delta"] * c**2 == pytest.approx(0.6, rel=1e-9)
    assert end["epsilon"] == pytest.approx(epsilon, rel=1e-9)
    assert end["tau"] == 0.0
    assert record(capsys, *rest, str(epsilon - 1e-6), status=1)["met"] is False


@pytest.mark.parametrize(("c", "delta"), [(1e-8, "6e+15"), (1.0, "0.6"), (1e8, "6e-17")])
def test_delta_is_printed_in_its_units_and_without(capsys, c, delta):
    text = ran(capsys, *by_hand(c), "--max-delta=0.2", "--max-epsilon=0.8", "--max-tau=0")
    head, row = (line for line in text.splitlines() if line.startswith(("certificate", "the unl")))
    assert head.split()[-5:] == ["relative", "δ", "bound", "τ", "δ"]
    assert row.split()[-4:] == ["0.2", "–", "0", delta]
    assert "asked for ε ≤ 0.8, relative δ ≤ 0.2, τ ≤ 0: met by the unlearned network" in text


def test_multipliers_are_printed_in_any_unit(capsys):
    model, X, y, _ = trained(6)
    np.savez("X.npz", X=1e8 * X, y=y)
    np.savez("V.npz", W=model.W / 1e8, u=model.u)
    rows = ran(capsys, "kkt", "--data", "X.npz", "--weights", "V.npz").split("sample  label")[1]
    assert all(float(row.split()[3]) > 0 for row in rows.splitlines()[1:])


def test_a_network_that_does_not_separate_is_worse_than_any_limit(capsys):
    model, *_ = trained(6)
    np.savez("U.npz", W=-model.W, u=model.u)
    rest = ("certify", "--data", "D.npz", "--weights", "U.npz", "--forget", "3")
    assert "∞" in ran(capsys, *rest)
    found = record(capsys, *rest, "--max-epsilon", "1", status=1)
    assert found["certificates"]["unlearned"]["epsilon"] is None


def far_away():
    """A network that no KKT point is near: on the kinks of its exact one it does not classify all samples."""
    rng = np.random.default_rng(38)
    X, W, u = (rng.normal(size=size) for size in ((6, 5), (4, 5), 4))
    np.savez("D.npz", X=X, y=np.sign(u @ np.maximum(W @ X.T, 0.0)))
    np.savez("W.npz", W=W, u=u)


APPLIES = (
    r"the theory applies: 1 − cosine of the trained network to its exact KKT point is (\S+) "
    r"\(at most 0.001 is allowed\)\n\n"
)


def test_every_verb_says_first_whether_the_theory_applies(capsys):
    unlearning = ("unlearn", *NPZ, "--forget", "3", "--out", "U.npz")
    certifying = ("certify", "--data", "D.npz", "--weights", "U.npz", "--forget", "3")
    expected = record(capsys, "kkt", *NPZ)["exact_point"]["distance"]
    for words in (("kkt", *NPZ), unlearning, certifying):
        assert float(re.match(APPLIES, ran(capsys, *words))[1]) == pytest.approx(expected, rel=1e-2)
        found = record(capsys, *words)["applies"]
        assert found["holds"] is True
        assert found["value"] == pytest.approx(expected, rel=1e-6)
    alone = ran(capsys, "certify", *NPZ, "--forget", "3")  # as if W.npz were unlearned
    assert re.match(
        r"the theory applies: smallest retained margin over the largest is 0\.\d+ \(above 0 is allowed\)",
        alone,
    )


def test_a_network_far_from_any_kkt_point_is_told_so_first(capsys):
    far_away()
    kkt, unlearn = (
        ran(capsys, *words)
        for words in (
            ("kkt", *NPZ),
            ("unlearn", *NPZ, "--forget", "0", "--allow-idle", "--out", "U.npz"),
        )
    )
    certify = ran(capsys, "certify", "--data", "D.npz", "--weights", "U.npz", "--forget", "0")
    start = "the theory does not apply to this network: 1 − cosine of the trained network to its exact KKT "
    for text in (kkt, unlearn, certify):
        assert text.startswith(
            f"{start}point is 0.563 (at most 0.001 is allowed); training had not arrived"
        )
        assert text.count("training had not arrived") == 1
    assert "it lies in the activation cell of the network\n" not in kkt


def test_a_column_that_does_not_exist_has_its_reason(capsys):
    far_away()
    text = ran(capsys, "kkt", *NPZ)
    assert "Clarke" not in text
    assert "∞" not in text.split("KKT residual")[1].split("nearest exact")[0]
    assert "it does not classify every sample and has no residuals: its smallest margin" in text
    found = record(capsys, "kkt", *NPZ)
    assert found["residuals"]["clarke"]["stationarity"] is None
    assert f"over the largest is {found['moved_margin_over_largest']:.3g}\n" in text


def test_a_step_of_no_effect_is_refused_unless_asked_for(capsys, folder):
    _, X, y, _ = trained(6)
    np.savez("D.npz", X=np.vstack([X, X[3]]), y=np.append(y, y[3]))
    words = ("unlearn", *NPZ, "--forget", "3", "--out", "U.npz")
    error = ran(capsys, *words, status=2)
    assert "forget = [3]: the step changes nothing" in error and "retained, [8];" in error
    assert_one_sentence(error.strip().removeprefix("kkt-unlearning unlearn: error: "))
    assert not (folder / "U.npz").exists()
    assert "retained, and copies of forgotten samples: 8;" in ran(capsys, *words, "--allow-idle")
    certifying = ("certify", "--data", "D.npz", "--weights", "U.npz", "--forget", "3")
    assert "retained, and copies of forgotten samples: 8;" in ran(capsys, *certifying)
    with np.load("U.npz") as after, np.load("W.npz") as before:
        np.testing.assert_allclose(after["W"], before["W"], rtol=0, atol=1e-12 * before["W"].max())


@pytest.mark.parametrize("relative", [1e-3, 0.05, 100.0])
def test_a_bound_stands_beside_what_it_bounds(capsys, relative):
    ran(capsys, "unlearn", *NPZ, "--forget", "3,5", "--out", "U.npz")
    rest = ("certify", "--data", "D.npz", "--weights", "U.npz", "--forget", "3,5")
    found = record(capsys, *rest)["certificates"]
    rows = [line.split() for line in ran(capsys, *rest).splitlines() if " itself " in line]
    epsilon, bound, delta, delta_bound = map(float, rows[0][-6:-2])
    assert (epsilon, bound) == pytest.approx(
        (found["unlearned"]["epsilon"], found["unlearned"]["epsilon_bound"]), rel=1e-2
    )
    assert epsilon <= bound and delta <= delta_bound
    text = ran(capsys, *rest, "--max-delta", str(relative))
    rows = [line.split() for line in text.splitlines() if re.search("itself  |put back .*  ", line)]
    assert [(row[-5], row[-3]) for row in rows[:2]] == [("–", "–")] * 2
    assert (
        f"ε ≤ {bound:.3g} with relative δ ≤ {delta_bound:.3g} (the unlearned network itself)"
        in text
    )
    other = record(capsys, *rest, "--max-delta", str(relative))["certificates"]
    for name in ("unlearned", "restored"):
        assert (found[name]["bounded"], other[name]["bounded"]) == (True, False)
        assert other[name]["epsilon_bound"] == found[name]["epsilon_bound"]


RAW = {"multipliers", "residual_multipliers", "mean_multiplier", "delta", "delta_bound"}


def in_units(value, unit):
    """Numbers of a record, those with the units of λ over ``unit``."""
    if isinstance(value, dict):
        return {
            name: in_units(one, unit) if name not in RAW else scaled(one, unit)
            for name, one in value.items()
        }
    return [in_units(one, unit) for one in value] if isinstance(value, list) else value


def scaled(value, unit):
    if isinstance(value, dict):
        return {name: scaled(one, unit) for name, one in value.items()}
    if isinstance(value, list):
        return [scaled(one, unit) for one in value]
    return value if value is None else value / unit


def assert_same(found, expected):
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        pairs = [(found[name], expected[name]) for name in expected]
    elif isinstance(expected, list):
        pairs = list(zip(found, expected, strict=True))
    elif isinstance(expected, float) and not isinstance(expected, bool):
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)
        return
    else:
        assert found == expected
        return
    for pair in pairs:
        assert_same(*pair)


def of_all_verbs(capsys, c, outputs):
    """Pages and records in units c times as large, in which every margin is the same."""
    if outputs == "trained":
        model, X, y = balanced()
        parts = {"W": model.W / c**0.5, "u": model.u / c**0.5}
    else:
        model, X, y, _ = trained(6 if outputs == "fixed" else None)
        parts = {"W": model.W / c, "u": model.u} if outputs == "fixed" else {"w": model.W[0] / c}
    np.savez("D.npz", X=c * X, y=y)
    np.savez("W.npz", **parts)
    how = ("--outputs", "trained") if outputs == "trained" else ()
    unlearning = ("unlearn", *NPZ, "--forget", "3,5", "--out", "U.npz", *how)
    certifying = ("certify", "--data", "D.npz", "--weights", "U.npz", "--forget", "3,5")
    for words in (("kkt", *NPZ, *how), unlearning, certifying, (*certifying, "--max-delta", "0.1")):
        yield ran(capsys, *words), record(capsys, *words)


@pytest.mark.parametrize("outputs", ["linear", "fixed", "trained"])
@pytest.mark.parametrize("c", [4.0**-13, 4.0**-6, 4.0**6, 4.0**13])
def test_what_verbs_print_has_no_units_but_in_multipliers(capsys, outputs, c):
    """By powers of 4, whose square roots are exact: all digits that are printed are the same."""
    unit = 1 / c if outputs == "trained" else 1 / c**2
    one, other = (list(of_all_verbs(capsys, at, outputs)) for at in (1.0, c))
    for (page, found), (expected_page, expected) in zip(other, one, strict=True):
        assert_same(in_units(found, unit), expected)
        words, known = page.split(), expected_page.split()
        assert len(words) == len(known)
        for word, right in zip(words, known, strict=True):
            if word != right:  # δ, or the mean of λ
                assert float(word.rstrip(",")) / unit == pytest.approx(
                    float(right.rstrip(",")), rel=6e-3
                )


def test_the_surface_is_drawn_where_it_is_asked_for_whatever_configures_matplotlib(capsys, folder):
    """The second time by a process that has not loaded matplotlib yet, and finds settings in its folder."""
    ran(capsys, "unlearn", *NPZ, "--forget", "3", "--out", "U.npz")
    words = ("certify", "--data", "D.npz", "--weights", "U.npz", "--forget", "3", "--plot")
    assert ran(capsys, *words, "P.png").endswith("written: P.png\n")
    plain = (folder / "P.png").read_bytes()
    assert plain.startswith(b"\x89PNG")
    strange = b"text.usetex: True\npath.sketch: 5, 100, 2\nfont.size: big\n"
    for name, content in (("S.png", strange), ("T.png", NO_TEXT)):
        again = drawn(words, name, content)
        assert (again.returncode, again.stderr) == (0, "")
        assert (folder / name).read_bytes() == plain


def test_styles_that_keep_matplotlib_from_loading_are_named(folder):
    style = folder / "settings/stylelib/mine.mplstyle"
    style.parent.mkdir(parents=True)
    style.write_bytes(NO_TEXT)
    refused = drawn(
        ("certify", *NPZ, "--forget", "3", "--plot"), "P.png", b"", MPLCONFIGDIR="settings"
    )
    assert refused.returncode == 2
    assert_one_sentence(refused.stderr.strip())
    assert "--plot: matplotlib does not load" in refused.stderr and "stylelib" in refused.stderr
    assert not (folder / "P.png").exists()


NO_TEXT = "font.family: café\n".encode("latin-1")


def drawn(
    words: tuple[str, ...], name: str, settings: bytes, **variables: str
) -> subprocess.CompletedProcess[str]:
    Path("matplotlibrc").write_bytes(settings)
    command = [sys.executable, "-m", "kkt_unlearning.cli", *words, name]
    environment = os.environ | {"MPLBACKEND": "nonsense"} | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


BAD = {
    "no data": (["kkt", "--data", "none.npz", "--weights", "W.npz"], "none.npz cannot be read"),
    "no weights": (["kkt", "--data", "D.npz", "--weights", "none.npz"], "none.npz cannot be read"),
    "weights for data": (["kkt", "--data", "W.npz", "--weights", "W.npz"], "W.npz"),
    "data for weights": (["kkt", "--data", "D.npz", "--weights", "D.npz"], "D.npz"),
    "another extension": (["kkt", "--data", "D.txt", "--weights", "W.npz"], "D.txt cannot be read"),
    "a row beyond": (
        ["unlearn", *NPZ, "--forget", "8", "--out", "U.npz"],
        "index 8 is out of range",
    ),
    "a row twice": (["unlearn", *NPZ, "--forget", "1,1", "--out", "U.npz"], "an index is repeated"),
    "all rows": (["unlearn", *NPZ, "--forget", "0-7", "--out", "U.npz"], "that is all 8 samples"),
    "out of no kind": (
        ["unlearn", *NPZ, "--forget", "3", "--out", "U.txt"],
        "U.txt has an extension",
    ),
    "out is in": (["unlearn", *NPZ, "--forget", "3", "--out", "W.npz"], "W.npz was read as well"),
    "out nowhere": (["unlearn", *NPZ, "--forget", "3", "--out", "no/U.npz"], "cannot be written"),
    "a step of no network": (
        ["certify", *NPZ, "--forget", "3", "--step", "0.5"],
        "--from and --step are of the step from --before, which is not given",
    ),
    "plot of no kind": (["certify", *NPZ, "--forget", "3", "--plot", "P.pdf"], "ends in .png"),
    "plot is in": (
        ["certify", *NPZ, "--forget", "3", "--plot", "W.png", "--before", "W.png"],
        "W.png",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_and_nothing_is_written(capsys, folder, case):
    words, sentence = BAD[case]
    before = {path: path.read_bytes() for path in folder.iterdir()}
    error = ran(capsys, *words, status=2)
    assert sentence in error
    assert_one_sentence(error.strip().removeprefix(f"kkt-unlearning {words[0]}: error: "))
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_damaged_files_are_one_sentence_or_an_answer(capsys, folder, data):
    name = data.draw(st.sampled_from(["D.npz", "W.npz"]))
    content = bytearray((folder / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    (folder / f"damaged_{name}").write_bytes(content)
    status = main(["kkt", *(word.replace(name, f"damaged_{name}") for word in NPZ), "--json"])
    printed = capsys.readouterr()
    if status == 2:
        assert_one_sentence(printed.err.strip().removeprefix("kkt-unlearning kkt: error: "))
        assert not printed.out
    else:
        assert status == 0
        json.loads(printed.out)


def test_a_network_beyond_memory_is_refused_and_says_how_much_it_needs(capsys, folder):
    from hostile import archive, declared

    (folder / "B.npz").write_bytes(archive({"W.npy": declared((10**6, 10**7))}))
    error = ran(capsys, "kkt", "--data", "D.npz", "--weights", "B.npz", status=2)
    assert "GB of memory" in error


def test_the_command_is_installed_and_tells_its_progress_to_a_terminal_alone(folder):
    command = [str(Path(sys.executable).parent / "kkt-unlearning"), "kkt", *NPZ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert done.stderr == ""
    assert done.stdout.startswith("the theory applies: ")
    main_end, terminal = os.openpty()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal) as run:
        run.communicate()
    os.close(terminal)
    told = os.read(main_end, 4096).decode()
    os.close(main_end)
    assert "s] exact KKT point" in told
