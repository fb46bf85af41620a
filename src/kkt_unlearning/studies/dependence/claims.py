"""Descent-ascent on dependent samples ("Ascent Fails to Forget") and the prescribed step beside it."""

import numpy as np

from kkt_unlearning.studies.claim import (
    CHECK,
    TABLE_DIGITS,
    Tables,
    Thresholds,
    claim,
    largest,
    other_paper,
)
from kkt_unlearning.studies.dependence.study import HELPS
from kkt_unlearning.studies.summary import groups, select, take

THEIRS = other_paper("2509.26427")
PROVED = "proved in docs/questions/correlation.md"


@claim(
    "Descent on the samples ends where the closed forms of descent-ascent say.",
    CHECK.at(f"closed forms of arXiv {THEIRS.arxiv}, {PROVED}"),
    "largest relative difference of the minimisers, blocks and correlated pairs",
    "at_most",
    "dependence",
    "dependence",
    "dependence.pair",
)
def dependence_closed_forms(tables: Tables, _: Thresholds) -> float:
    names = ("dependence", "dependence.pair")
    return largest(np.concatenate([tables[name]["difference"] for name in names]))


@claim(
    "Descent-ascent on a block goes away from retraining: (w_DA − w_D)(w_D − w_R) ≥ 0.",
    CHECK.at(f"Lemma 3 of arXiv {THEIRS.arxiv}, {PROVED}"),
    "violations among the cases that meet the lemma's condition",
    "at_most",
    "dependence",
    "dependence",
)
def dependence_fails(tables: Tables, _: Thresholds) -> float:
    cases = select(tables["dependence"], lemma_3=True)
    # No minimum is a violation too: the lemma says that there is one.
    return float((~(cases["away"] >= 0)).sum()) if cases["away"].size else float("nan")


@claim(
    "Descent-ascent stays as far from retraining on a block as the bounds say.",
    CHECK.at(f"Lemmas 4 and 5 of arXiv {THEIRS.arxiv}, {PROVED}"),
    "violations of |w_D − w_R| ≤ its bound and |w_R − w_DA| ≥ its bound in all cases",
    "at_most",
    "dependence",
    "dependence",
)
def dependence_bounds(tables: Tables, _: Thresholds) -> float:
    table = tables["dependence"]
    over = ~(table["retrained_distance"] <= table["lemma_4_bound"] * (1 + TABLE_DIGITS))
    under = table["ascended_distance"] < table["lemma_5_bound"] * (1 - TABLE_DIGITS)
    return float(over.sum() + under.sum())


@claim(
    "Descent-ascent on the correlated pair fails: it ends further from retraining, or nowhere.",
    THEIRS.at("Lemma 9"),
    "cases that meet the lemma's condition and come closer all the same",
    "at_most",
    "dependence",
    "dependence.pair",
)
def dependence_harms(tables: Tables, _: Thresholds) -> float:
    cases = select(tables["dependence.pair"], lemma_9=True)
    return float((cases["outcome"] == HELPS).sum()) if cases["outcome"].size else float("nan")


@claim(
    "As the penalty λ goes to 0, descent-ascent loses its minimum on every pair: the "
    "largest α with one falls like a power of λ between 1 − ρ and 1.",
    CHECK.at("docs/questions/correlation.md, proposition 4"),
    "how far the slope of log α in log λ leaves [1 − ρ, 1], at most, neighbouring λ, all pairs",
    "at_most",
    "dependence",
    "dependence.boundary",
)
def dependence_without_penalty(tables: Tables, _: Thresholds) -> float:
    excess = []
    for (rho,), group in groups(tables["dependence.boundary"], "correlation"):
        group = take(group, np.argsort(group["ridge"]))
        slopes = np.diff(np.log(group["last_alpha"])) / np.diff(np.log(group["ridge"]))
        excess += [max(1 - rho - slope, slope - 1, 0.0) for slope in slopes]
    return largest(np.array(excess))


@claim(
    "On equicorrelated samples of one label the prescribed step leads exactly to the "
    "retrained direction, at every correlation.",
    CHECK.at("docs/questions/correlation.md, proposition 2"),
    "largest 1 − cos to the retrained max-margin solution",
    "at_most",
    "dependence",
    "dependence.step",
)
def dependence_direction(tables: Tables, _: Thresholds) -> float:
    return largest(select(tables["dependence.step"], others=0)["cosine_after"])


@claim(
    "The prescribed step changes the distance to the retrained solution by √(e/(1 − e)), "
    "e the share of the forgotten sample in the span of the others.",
    CHECK.at("docs/questions/correlation.md, proposition 1"),
    "largest difference between the change and the formula, relative to 1 + formula",
    "at_most",
    "dependence",
    "dependence.step",
)
def dependence_step_law(tables: Tables, _: Thresholds) -> float:
    table = tables["dependence.step"]
    return largest(np.abs(table["ratio"] - table["predicted"]) / (1 + table["predicted"]))


@claim(
    "On a correlated pair the prescribed step brings the solution closer to retraining up to ρ = 1/√2.",
    CHECK.at("docs/questions/correlation.md, proposition 1"),
    "smallest correlation at which it leads further away",
    "at_least",
    "dependence",
    "dependence.step",
)
def dependence_prescribed_step(tables: Tables, _: Thresholds) -> float:
    cases = select(tables["dependence.step"], points=2)
    harmed = cases["correlation"][cases["ratio"] > 1]
    if not cases["ratio"].size:
        return float("nan")
    return float(harmed.min()) if harmed.size else float("inf")
