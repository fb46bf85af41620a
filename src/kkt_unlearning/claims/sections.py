"""The sections of the scorecard: one for each module of claims, in the order in which they are listed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """What the claims of one module are about.

    Attributes:
        title: the question, as a heading.
        page: where its mathematics is, from the root of the project.
    """

    title: str
    page: str


SECTIONS: dict[str, Section] = {
    "linear": Section("The linear model", "docs/theory.md#6-certificates"),
    "two_layer": Section("The two-layer network", "docs/theory.md#6-certificates"),
    "step_size": Section("The size of the step", "docs/theory.md#6-certificates"),
    "batch": Section("Forgetting many points", "docs/questions/batch.md"),
    "flips": Section("Flips and the whole surface", "docs/questions/flips.md"),
    "convergence": Section("Training that has not converged", "docs/questions/convergence.md"),
    "correlation": Section("Correlated data", "docs/questions/correlation.md"),
    "blocks": Section("Correlation in blocks", "docs/questions/correlation.md"),
    "dependence": Section("Descent-ascent on dependent samples", "docs/questions/correlation.md"),
    "mixture": Section("Generalisation on a mixture", "docs/questions/mixture.md"),
    "recovery": Section("A recovery phase and other methods", "docs/questions/recovery.md"),
    "membership": Section("Membership inference", "docs/questions/membership.md"),
    "depth": Section("Deeper networks", "docs/questions/depth.md"),
    "natural": Section("Natural data", "docs/questions/natural.md"),
    "digits": Section("Handwritten digits", "docs/theory.md#8-data-sets"),
    "bounds": Section("The bounds derived here", "docs/theory.md#6-certificates"),
    "multipliers": Section("The multipliers", "docs/theory.md#7-multipliers-four-ways"),
    "kinks": Section("Stationarity and kinks", "docs/theory.md#4-kinks"),
}
