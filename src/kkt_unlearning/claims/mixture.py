"""Generalisation on the Gaussian mixture (Theorem 6.1)."""

from kkt_unlearning.claims.claim import Tables, Thresholds, claim, largest, prescribed
from kkt_unlearning.summary import Table, groups


def _mean_accuracy(table: Table, name: str) -> dict[str, float]:
    """Mean accuracy over all cases, by network."""
    cases = prescribed(table)
    return {
        key: float(group[f"accuracy_{name}"].mean()) for (key,), group in groups(cases, "network")
    }


def _drop(table: Table, reference: str) -> float:
    """How far the unlearned networks fall behind the reference, in the worse of the networks."""
    unlearned, other = _mean_accuracy(table, "unlearned"), _mean_accuracy(table, reference)
    return largest([other[network] - unlearned[network] for network in unlearned])


@claim(
    "The unlearned network generalises on the Gaussian mixture.",
    "Theorem 6.1, section 6",
    "mean accuracy on fresh data, the worse of the networks",
    "at_least",
    "",
    "mixture",
)
def mixture_accuracy(tables: Tables, _: Thresholds) -> float:
    return -largest([-value for value in _mean_accuracy(tables["mixture"], "unlearned").values()])


@claim(
    "Unlearning keeps the accuracy of the original network on the mixture.",
    "Theorem 6.1, section 6",
    "mean accuracy of original less unlearned, the worse of the networks",
    "at_most",
    "",
    "mixture",
)
def mixture_against_original(tables: Tables, _: Thresholds) -> float:
    return _drop(tables["mixture"], "original")


@claim(
    "The unlearned network is as accurate on the mixture as the retrained one.",
    "Theorem 6.1, section 6",
    "mean accuracy of retrained less unlearned, the worse of the networks",
    "at_most",
    "",
    "mixture",
)
def mixture_against_retrained(tables: Tables, _: Thresholds) -> float:
    return _drop(tables["mixture"], "retrained")
