"""The tables of membership inference, and of the divergence of margins."""

from kkt_unlearning.studies.columns import (
    CERTIFICATE,
    COUNT,
    DELTA,
    FRACTION,
    MULTIPLIER,
    NAME,
    NUMBER,
    SHARE,
    STEP,
    Column,
    Described,
    given_delta,
)

_POOL = {"seed": Column("pool of samples", NUMBER)}
_MEDIAN = ", median over shadow models"

TABLES = {
    "membership": Described(
        "setting, pool, kind of models, step size, attack and sample",
        {
            **_POOL,
            "models": Column("compared: unlearned, control or retained_point", NAME),
            "fraction": Column("step size; nan where there is no step", FRACTION),
            "attack": Column("which attack", NAME),
            "sample": Column("number of the sample in the pool", NUMBER),
            "auc": Column("area under the ROC curve of the attack", SHARE),
            "auc_nothing": Column("the same if nothing is done; nan where there is no step", SHARE),
            "tpr_1": Column("true positives at 1 % false positives", SHARE),
            "tpr_10": Column("true positives at 10 % false positives", SHARE),
            **{
                name: Column(CERTIFICATE[name].text + _MEDIAN, CERTIFICATE[name].unit)
                for name in ("epsilon_autograd", "epsilon")
            },
            "delta": Column(f"slackness δ at θ̃{_MEDIAN}", MULTIPLIER),
            **{
                name: Column(CERTIFICATE[name].text + _MEDIAN, CERTIFICATE[name].unit)
                for name in ("relative_delta", "tau", "tau_star")
            },
            **{
                name: Column(column.text + _MEDIAN, column.unit)
                for name, column in given_delta(DELTA).items()
            },
            "auc_bounded": Column("AUC of the margin among models with certificates", SHARE),
            "auc_low": Column("least AUC of the margin that the certificates allow", SHARE),
            "auc_high": Column("largest AUC of the margin that they allow", SHARE),
            "shift_bound": Column(f"bound on the shift of the margin{_MEDIAN}", "margin"),
            "spread": Column(
                "standard deviation of the margin in models without the sample", "margin"
            ),
        },
    ),
    "klom": Described(
        "setting, pool, step size, set and forgotten sample",
        {
            **_POOL,
            **STEP,
            "set": Column("whose margins: forget, retain or fresh", NAME),
            "sample": Column("number of the forgotten sample", NUMBER),
            "models": Column("models behind each histogram", COUNT),
            "klom": Column("divergence of margins from models never trained on it", "nats"),
            "klom_nothing": Column("the same if nothing is done", "nats"),
            "noise_mean": Column("mean of what equal laws give", "nats"),
            "noise_p95": Column("95th percentile of it", "nats"),
            "outcome": Column("whether histograms could be compared", NAME),
        },
    ),
}
