"""The tables of descent-ascent on dependent samples."""

from kkt_unlearning.studies.columns import COSINE, COUNT, NAME, SHARE, TRUTH, Column, Described

_MINIMISERS = {
    "full": "on all samples",
    "retrained": "on the retained samples",
    "descent_ascent": "of descent-ascent",
}
_RIDGE = {"ridge": Column("λ of (λ/2)‖w‖²")}
_ALPHA = {"alpha": Column("forgotten samples for each retained one in the block")}
_PAIR = {
    **_RIDGE,
    "overlap": Column("ε of the pair (1, ε), (ε, 1)"),
    "correlation": Column("cosine of the two samples"),
}

TABLES = {
    "dependence": Described(
        "ridge and α: one block of equal samples",
        {
            **_RIDGE,
            **_ALPHA,
            "regime": Column("minima of the loss: one minimum, local minimum or none", NAME),
            **{
                f"w_{key}": Column(f"minimiser {text}, closed form")
                for key, text in _MINIMISERS.items()
            },
            **{
                f"numeric_{key}": Column(f"the same {text}, by descent")
                for key, text in _MINIMISERS.items()
            },
            "difference": Column("largest difference between both", "relative"),
            "away": Column(
                "(w_DA − w_D)(w_D − w_R): at least 0 where it goes away from retraining"
            ),
            "lemma_3": Column("whether lemma 3 proves that", TRUTH),
            "retrained_distance": Column("|w_D − w_R|"),
            "lemma_4_bound": Column("bound of lemma 4 on it"),
            "ascended_distance": Column("|w_R − w_DA|"),
            "lemma_5_bound": Column("lower bound of lemma 5 on it; 0 says nothing"),
        },
        setting=(),
    ),
    "dependence.pair": Described(
        "ridge, overlap and α: a correlated pair",
        {
            **_PAIR,
            **_ALPHA,
            "outcome": Column("what descent-ascent does: helps, harms, or has no minimum", NAME),
            "ratio": Column("distance to retraining, after over before; nan without a minimum"),
            "difference": Column("between the reduced and the full minimisers", "relative"),
            "lemma_9": Column("whether lemma 9 says that it fails", TRUTH),
        },
        setting=(),
    ),
    "dependence.boundary": Described(
        "ridge and overlap",
        {
            **_PAIR,
            "first_harmful_alpha": Column("least α at which descent-ascent does harm"),
            "last_alpha": Column("α from which it has no minimum"),
            "lemma_9_alpha": Column("least α of lemma 9"),
        },
        setting=(),
    ),
    "dependence.step": Described(
        "size of a correlated group, number of other samples and correlation",
        {
            "points": Column("samples in the group", COUNT),
            "others": Column("samples orthogonal to it", COUNT),
            "correlation": Column("cosine of two samples of the group"),
            "multiplier": Column("λ of the forgotten sample"),
            "explained": Column("part of it within the span of the others", SHARE),
            "distance_before": Column("‖w − w*‖"),
            "distance_after": Column("‖w′ − w*‖"),
            "ratio": Column("after over before"),
            "predicted": Column("√(e/(1 − e)), e the column explained"),
            "cosine_before": Column("from w to w*", COSINE),
            "cosine_after": Column("from w′ to w*", COSINE),
        },
        setting=(),
    ),
}
