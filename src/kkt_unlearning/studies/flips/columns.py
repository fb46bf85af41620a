"""The tables of flipped activations and of surfaces of certificates."""

from kkt_unlearning.studies.columns import (
    CERTIFICATE,
    COSINE,
    COUNT,
    FORGET,
    MEAN,
    MULTIPLIER,
    ORIGINAL,
    RELATIVE,
    SEED,
    SHARE,
    Column,
    Described,
)

TABLES = {
    "flips": Described(
        "setting, replicate and forget set; entries are pairs of a neuron and a retained sample",
        {
            **SEED,
            **FORGET,
            "entries": Column("all entries", COUNT),
            "kinks": Column("on a kink before the step", COUNT),
            "kink_on": Column("left the kink and are active", COUNT),
            "kink_off": Column("left the kink and are inactive", COUNT),
            "off_on": Column("crossed the kink and are active", COUNT),
            "on_off": Column("crossed the kink and are inactive", COUNT),
            "supporting_on": Column("turned active, with u_j y_i > 0", COUNT),
            "opposed_off_on": Column("of off_on those with u_j y_i < 0", COUNT),
            "predicted_off_on": Column("opposed_off_on to leading order in d", COUNT),
            "put_back": Column("flipped ones that θ̃ holds on the kink", COUNT),
            "added": Column("others that θ̃ holds on the kink", COUNT),
            "left": Column("those that θ̃ leaves on another side", COUNT),
            "share": Column("flipped entries among all", SHARE),
            "tau_star": CERTIFICATE["tau_star"],
            **ORIGINAL,
            "tau_star_bound": Column(
                "bound on tau_star without pivots; infinite from 1 on", COSINE
            ),
            "pivots": Column("activation cells left in search of θ*", COUNT),
            "training_step": Column("step size of the training"),
            "turned_in_training": Column(
                "activations off the kinks that differ from those at the initial weights", SHARE
            ),
        },
    ),
    "surface": Described(
        "setting, replicate, forget set, share of δ* and share of τ*",
        {
            **SEED,
            **FORGET,
            "delta_share": Column("δ as a share of δ*", SHARE),
            "tau_share": Column("τ as a share of τ*", SHARE),
            "epsilon": Column("least ε found on the path for this δ and τ", RELATIVE),
            "nothing_epsilon": Column(
                "least ε at θ, if nothing is done, for this relative δ; its τ is 0", RELATIVE
            ),
            "delta": Column("δ allowed", MULTIPLIER),
            "relative_delta": Column("δ allowed", MEAN),
            "tau": Column("τ allowed", COSINE),
            "delta_star": Column("δ*: the δ of the restored network", MULTIPLIER),
            "tau_star": CERTIFICATE["tau_star"],
            "tau_restored": Column("from θ′ to θ̃", COSINE),
        },
    ),
}
