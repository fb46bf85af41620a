"""Generalisation on the Gaussian mixture (Theorem 6.1), and what theory predicts of it."""

from collections.abc import Iterator

import numpy as np

from kkt_unlearning.studies.claim import OURS, PAPER, Tables, Thresholds, claim, largest, prescribed
from kkt_unlearning.studies.mixture.prediction import max_margin_accuracy, sign_share
from kkt_unlearning.studies.summary import Table, groups, median, select

REFERENCE = {"dimension": 1000, "separation": 0.0}  # the setting of the claims on accuracy
CONFIDENT = 0.95  # predicted accuracy from which on the phase counts as the one that generalises


def _reference(table: Table) -> Table:
    return select(prescribed(table), **REFERENCE)


def _mean_accuracy(table: Table, name: str) -> dict[str, float]:
    """Mean accuracy over all cases at the reference, by network."""
    by = groups(_reference(table), "network")
    return {key: float(group[f"accuracy_{name}"].mean()) for (key,), group in by}


def _drop(table: Table, reference: str) -> float:
    """How far the unlearned networks fall behind the reference, in the worse of the networks."""
    unlearned, other = _mean_accuracy(table, "unlearned"), _mean_accuracy(table, reference)
    return largest([other[network] - unlearned[network] for network in unlearned])


@claim(
    "The unlearned network generalises on the Gaussian mixture.",
    PAPER.at("Theorem 6.1"),
    "mean accuracy on fresh data at d = 1000, separation 0, the worse of the networks",
    "at_least",
    "mixture",
    "mixture",
)
def mixture_accuracy(tables: Tables, _: Thresholds) -> float:
    return -largest([-value for value in _mean_accuracy(tables["mixture"], "unlearned").values()])


@claim(
    "Unlearning keeps the accuracy of the original network on the mixture.",
    PAPER.at("Theorem 6.1"),
    "mean accuracy of original less unlearned there, the worse of the networks",
    "at_most",
    "mixture",
    "mixture",
)
def mixture_against_original(tables: Tables, _: Thresholds) -> float:
    return _drop(tables["mixture"], "original")


@claim(
    "The unlearned network is as accurate on the mixture as the retrained one.",
    OURS.at("Theorem 6.1, compared with retraining"),
    "mean accuracy of retrained less unlearned there, the worse of the networks",
    "at_most",
    "mixture",
    "mixture",
)
def mixture_against_retrained(tables: Tables, _: Thresholds) -> float:
    return _drop(tables["mixture"], "retrained")


def _cells(table: Table) -> Iterator[tuple[tuple, Table]]:
    return groups(prescribed(table), "dimension", "separation", "network")


@claim(
    "Unlearning keeps the accuracy everywhere in the diagram of dimension and separation.",
    OURS.at("Theorem 6.1, asked over a diagram"),
    "largest median of accuracy of original less unlearned, all cells, both networks",
    "at_most",
    "mixture",
    "mixture",
)
def mixture_phase_loss(tables: Tables, _: Thresholds) -> float:
    by = _cells(tables["mixture"])
    return largest(
        np.array([median(g["accuracy_original"] - g["accuracy_unlearned"]) for _, g in by])
    )


@claim(
    "Where theory predicts that the max-margin classifier generalises, the unlearned networks do.",
    OURS.at("docs/questions/mixture.md, proposition 2"),
    f"least mean accuracy over the cells with a predicted accuracy of at least {CONFIDENT}",
    "at_least",
    "mixture",
    "mixture",
    "mixture.dataset",
)
def mixture_phase(tables: Tables, _: Thresholds) -> float:
    samples = largest(tables["mixture.dataset"]["rank"])
    found = [
        cases["accuracy_unlearned"].mean()
        for (dimension, separation, _), cases in _cells(tables["mixture"])
        if max_margin_accuracy(samples, dimension, separation) >= CONFIDENT
    ]
    return -largest(-np.array(found))


@claim(
    "The accuracy of the linear model is the one predicted for a max-margin classifier.",
    OURS.at("docs/questions/mixture.md, proposition 2"),
    "largest difference of the mean accuracy of the original linear model from it over the cells",
    "at_most",
    "mixture",
    "mixture",
    "mixture.dataset",
)
def mixture_prediction(tables: Tables, _: Thresholds) -> float:
    samples = largest(tables["mixture.dataset"]["rank"])
    found = [
        abs(cases["accuracy_original"].mean() - max_margin_accuracy(samples, dimension, separation))
        for (dimension, separation, network), cases in _cells(tables["mixture"])
        if network == "linear"
    ]
    return largest(np.array(found))


@claim(
    "The sign of an inner product tells whether two samples are of one cluster, as often as predicted.",
    OURS.at("docs/questions/mixture.md, proposition 1"),
    "largest difference of the mean share of such pairs from the formula over the cells",
    "at_most",
    "mixture",
    "mixture.dataset",
)
def mixture_signs(tables: Tables, _: Thresholds) -> float:
    by = groups(tables["mixture.dataset"], "dimension", "separation")
    return largest(np.array([abs(g["sign_agreement"].mean() - sign_share(*key)) for key, g in by]))
