rule evaluate:
    # the certificate of every unlearned network beside its bounds, and its distance to retraining
    input:
        trained="results/{experiment}/{point}/{network}/trained.npz",
        points="results/{experiment}/{point}/{network}/kkt.npz",
        unlearned="results/{experiment}/{point}/{network}/unlearned.npz",
        retrained="results/{experiment}/{point}/{network}/retrained.npz",
    output:
        evaluation="results/{experiment}/{point}/{network}/evaluation.csv",
        provenance="results/{experiment}/{point}/{network}/evaluation.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.evaluate.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        settings=study.evaluate,
        section="experiments.{experiment}",
        seed=config["seed"],
        code=code("evaluate"),
    script:
        "../../scripts/evaluate.py"


rule stationarity:
    # the stationarity residual along training, with derivatives 0 or 1 and with Clarke's
    input:
        trained="results/{experiment}/{point}/{network}/trained.npz",
        points="results/{experiment}/{point}/{network}/kkt.npz",
    output:
        stationarity="results/{experiment}/{point}/{network}/stationarity.csv",
        provenance="results/{experiment}/{point}/{network}/stationarity.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.stationarity.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        settings=study.stationarity,
        section="experiments.{experiment}",
        seed=config["seed"],
        code=code("stationarity"),
    script:
        "../../scripts/stationarity.py"
